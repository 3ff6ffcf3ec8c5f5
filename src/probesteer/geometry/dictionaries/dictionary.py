"""What every dictionary gives: atoms, and the codes of activations."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Rows = NDArray[np.floating[Any]]

_MEDIAN_ROUNDS = 100
_MEDIAN_ROWS = 10_000


class Dictionary(Protocol):
    """A fitted dictionary: activations are about codes @ atoms + offset."""

    @property
    def atoms(self) -> FloatArray:
        """[k, d], unit norm."""

    @property
    def offset(self) -> FloatArray:
        """[d], what is taken off activations first."""

    def encode(self, X: Rows) -> FloatArray:
        """Codes of X: [n, d] -> [n, k], in units of activations, most of them 0."""


def rebuild(dictionary: Dictionary, codes: Rows) -> FloatArray:
    """Activations from codes: [n, k] -> [n, d]."""
    rebuilt: FloatArray = np.asarray(codes, dtype=np.float64) @ dictionary.atoms + dictionary.offset
    return rebuilt


def sample_of(X: Rows) -> FloatArray:
    """Evenly spaced rows of X: [n, d], 10,000 to 20,000 of many: enough for centre and scale."""
    return np.asarray(X[:: max(1, len(X) // _MEDIAN_ROWS)], dtype=np.float64)


def geometric_median(rows: FloatArray) -> FloatArray:
    """The point with the smallest sum of distances to rows: [n, d]; [d].

    Weiszfeld 1937. Codes that can't be negative need the place where nothing is active for their
    origin. With sparse features the median is near it, and the mean is not (Bricken et al. 2023).
    """
    median: FloatArray = rows.mean(axis=0)
    smallest = 1e-9 * float(np.linalg.norm(rows - median, axis=1).mean())
    for _ in range(_MEDIAN_ROUNDS):
        distance = np.linalg.norm(rows - median, axis=1)
        # A row that is the median itself would have an infinite weight.
        weights = 1 / np.maximum(distance, max(smallest, 1e-300))
        median = weights @ rows / weights.sum()
    return median
