"""The city's own tables, on the engine's metadata and migrations."""
