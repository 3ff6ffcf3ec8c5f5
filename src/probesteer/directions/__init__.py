"""Directions in raw activation space, with their statistics."""
