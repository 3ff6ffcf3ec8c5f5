"""Interventions on activations and what they do to the model."""
