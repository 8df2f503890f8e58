"""Service tasks and the rules that turn a lane and a place into ``role @ unit``."""
