"""Directions that factorisations of activations give, against clusters of examples."""
