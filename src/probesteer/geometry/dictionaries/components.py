"""Principal components, against which a dictionary's reconstruction is held."""

from dataclasses import dataclass

import numpy as np

from probesteer.geometry.dictionaries.dictionary import FloatArray, Rows


@dataclass(frozen=True, eq=False)
class Components:
    """The best that directions at right angles rebuild, if all are active at once."""

    mean: FloatArray
    """[d]."""
    directions: FloatArray
    """[r, d], unit norm, by falling variance."""

    def left(self, X: Rows, count: int) -> FloatArray:
        """Squared length of what the first `count` don't rebuild of X: [n, d]; [n]."""
        centred = np.asarray(X, dtype=np.float64) - self.mean
        rebuilt = centred @ self.directions[:count].T
        left: FloatArray = np.maximum((centred**2).sum(axis=1) - (rebuilt**2).sum(axis=1), 0)
        return left


def fit_components(X: Rows) -> Components:
    """Of X: [n, d] (Pearson 1901)."""
    rows = np.asarray(X, dtype=np.float64)
    mean = rows.mean(axis=0)
    _, directions = np.linalg.eigh((rows - mean).T @ (rows - mean))
    return Components(mean, np.ascontiguousarray(directions.T[::-1]))
