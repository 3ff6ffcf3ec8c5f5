"""Geometry of activations: polytopes, superposition, neurons, dictionaries, and toy models."""
