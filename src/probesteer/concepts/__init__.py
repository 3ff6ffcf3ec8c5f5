"""Labelled texts: read, validate, split by group, find the reading positions."""
