"""What every dictionary gives: atoms, and the codes of activations."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Rows = NDArray[np.floating[Any]]


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
