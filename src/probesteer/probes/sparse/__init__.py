"""Probes of few neurons: the best k, against as many random directions."""
