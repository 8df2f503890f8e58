"""Tables, named queries, the unit of work and the schema's migrations."""
