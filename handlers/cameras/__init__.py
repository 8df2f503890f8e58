"""Cameras: watched in groups, each group by one process; what they see goes on, and what ails them is told."""
