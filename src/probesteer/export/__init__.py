"""Directions for use elsewhere: files that other programs load, and a model that is steered."""
