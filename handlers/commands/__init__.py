"""The subcommands of ``gridcase`` that know the city."""
