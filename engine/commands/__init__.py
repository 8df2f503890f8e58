"""The engine's own subcommands of ``gridcase``."""
