"""Frames in, sightings and evidence out."""
