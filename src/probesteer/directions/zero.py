"""A place at which nothing tells the labels apart."""

from probesteer.errors import ProbesteerError

# Rounding of a mean in float64, as a share of its norm; real differences are far above it.
ROUNDING = 1e-12


class ZeroDirectionError(ProbesteerError):
    """The rows of both labels are alike on average, so that no direction leads to label 1."""
