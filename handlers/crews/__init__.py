"""Crews: who of a unit goes to which case, in which order, and when they will be there."""
