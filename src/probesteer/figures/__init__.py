"""Figures: each takes a tidy table and returns a matplotlib figure."""
