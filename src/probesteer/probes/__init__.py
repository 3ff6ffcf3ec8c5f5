"""Linear probes: fit, controls, metrics, intervals."""
