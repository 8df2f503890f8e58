"""Runs cases: process, work, people, time and the case document."""
