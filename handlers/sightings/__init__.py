"""Sightings: what becomes of what the cameras saw: a case, an answer of a reviewer, evidence, a measured precision, a training set."""
