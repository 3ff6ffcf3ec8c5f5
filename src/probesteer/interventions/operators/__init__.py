"""What an intervention does to activations: pure functions of tensors [..., d]."""
