"""Scenarios: what a diagram should do, written so that a designer can read it, and tried out on the real engine."""
