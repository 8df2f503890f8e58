"""The map of the operators: live cases, layers as tiles, what is responsible at a place, and the editing of responsibility grids."""
