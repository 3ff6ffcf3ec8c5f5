"""Fits of many problems, in raw activation space."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BatchFits:
    """Fits of p problems with k outputs each, in raw activation space.

    Where k is 1 its axis is left out of all shapes.
    """

    coefficients: FloatArray
    """[p, k, d]; 0 for a feature that is constant."""
    intercepts: FloatArray
    """[p, k]"""
    objectives: FloatArray
    """[p], |w|^2 / 2 + C (weighted sum of the rows' losses), w for standardised features."""
    converged: NDArray[np.bool_]
    """[p]"""
    steps: NDArray[np.int64]
    """[p], Newton steps."""

    def scores(self, X: Any) -> FloatArray:
        """Linear predictors, [p, n] or [p, n, k], for X: [n, d] of numpy or scipy.sparse."""
        flat = self.coefficients.reshape(-1, self.coefficients.shape[-1])
        features = X if sparse.issparse(X) else np.asarray(X, dtype=np.float64)
        product = np.asarray(features @ flat.T).T + self.intercepts.reshape(-1, 1)
        shape = (*self.intercepts.shape, X.shape[0])
        return np.moveaxis(product.reshape(shape), 1, -1) if len(shape) == 3 else product


def joined(parts: "list[BatchFits]") -> BatchFits:
    """The problems of several fits to the same features, one after the other."""
    if len(parts) == 1:
        return parts[0]

    def together(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in parts])

    names = ("coefficients", "intercepts", "objectives", "converged", "steps")
    return BatchFits(*(together(name) for name in names))
