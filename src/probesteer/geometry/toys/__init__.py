"""Toy models and synthetic activations in which the truth is known."""
