"""What designers edit: diagrams, decision tables, forms, scenarios and the catalogue."""
