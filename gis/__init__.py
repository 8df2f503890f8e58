"""Grids, layers and coordinates: geometry in, codes out."""
