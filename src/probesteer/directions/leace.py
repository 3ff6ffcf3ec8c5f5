"""LEACE: the smallest affine change after which no linear probe reads a concept.

Belrose et al. 2023, "LEACE: Perfect linear concept erasure in closed form", arXiv 2306.03819,
theorem 4.2. With the covariances S_xx and S_xz, W the pseudo-inverse square root of S_xx and P the
orthogonal projection on the columns of W S_xz, x becomes x - W^+ P W (x - mean). P has the rank of
the concept (1 for two labels), so that the change is stored as two thin matrices.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.directions.spectrum import Spectrum, spectrum_of, spectrum_of_covariance
from probesteer.probes.checks import require_finite

Rows = NDArray[np.floating[Any]]

# A correlation of features and targets below which they have nothing in common.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Eraser:
    """x <- x - (x - mean) read' write."""

    mean: NDArray[np.float64]
    """[d], of the rows: it stays where it is."""
    read: NDArray[np.float64]
    """[k, d], what is read of an activation. For two labels it is S_xx^+ S_xz, the direction of
    least squares and of an LDA without shrinkage."""
    write: NDArray[np.float64]
    """[k, d], what is taken away in proportion: the erasing subspace. For two labels it is the
    difference of means."""

    def erased(self, X: Rows) -> NDArray[np.float64]:
        """X: [n, d] without the concept."""
        rows = np.asarray(X, dtype=np.float64)
        clean: NDArray[np.float64] = rows - ((rows - self.mean) @ self.read.T) @ self.write
        return clean


class StreamedLeace:
    """LEACE from rows that come in batches: only sums are kept, [d, d] the largest of them.

    Means and products are merged as in Chan, Golub & LeVeque 1983 (The American Statistician 37).
    """

    def __init__(self, d: int, targets: int) -> None:
        """d: features. targets: columns of Z."""
        self.n_ = 0
        self.mean_ = np.zeros(d)
        self._targets = np.zeros(targets)
        self._xx = np.zeros((d, d))
        self._xz = np.zeros((d, targets))
        self._zz = 0.0

    def partial_fit(self, X: Rows, Z: Rows) -> "StreamedLeace":
        """Take in X: [n, d] and Z: [n, targets], such as one-hot labels.

        Raises ProbesteerError where a row is not finite.
        """
        rows, targets = np.asarray(X, dtype=np.float64), np.asarray(Z, dtype=np.float64)
        require_finite(rows, "LEACE")
        if not len(rows):
            return self
        mean, target = rows.mean(axis=0), targets.mean(axis=0)
        centred, of_targets = rows - mean, targets - target
        total = self.n_ + len(rows)
        step, step_z = mean - self.mean_, target - self._targets
        weight = self.n_ * len(rows) / total
        self._xx += centred.T @ centred + weight * np.outer(step, step)
        self._xz += centred.T @ of_targets + weight * np.outer(step, step_z)
        self._zz += float((of_targets**2).sum() + weight * step_z @ step_z)
        self.mean_ = self.mean_ + step * (len(rows) / total)
        self._targets = self._targets + step_z * (len(rows) / total)
        self.n_ = total
        return self

    @property
    def eraser_(self) -> Eraser:
        """The eraser of all rows so far."""
        found = spectrum_of_covariance(self._xx / self.n_)
        return _eraser(self.mean_, found, self._xz / self.n_, self._zz / self.n_)


def fit_eraser(X: Rows, y: NDArray[Any]) -> Eraser:
    """The eraser of rows X: [n, d]; with fewer rows than features no [d, d] is made.

    y: [n], labels (integers, two or more of them) or a real target, or [n, m] targets.
    Raises ProbesteerError where a row is not finite.
    """
    rows = np.asarray(X, dtype=np.float64)
    require_finite(rows, "LEACE")
    targets = as_targets(y)
    mean = rows.mean(axis=0)
    centred = rows - mean
    apart = targets - targets.mean(axis=0)
    variance = float((apart**2).sum()) / len(rows)
    return _eraser(mean, spectrum_of(centred), centred.T @ apart / len(rows), variance)


def as_targets(y: NDArray[Any]) -> NDArray[np.float64]:
    """Labels as one-hot columns, real targets as they are: [n, m]."""
    if y.ndim == 2:
        return np.asarray(y, dtype=np.float64)
    if np.issubdtype(y.dtype, np.integer):
        return np.asarray(y[:, None] == np.unique(y), dtype=np.float64)
    return np.asarray(y, dtype=np.float64)[:, None]


def _eraser(
    mean: NDArray[np.float64], found: Spectrum, covariance: NDArray[np.float64], variance: float
) -> Eraser:
    """All is computed in the coordinates of the principal components.

    covariance: [d, m], of features and targets. variance: the sum of the targets' own.
    """
    deviations = np.sqrt(found.variances)
    whitened = (found.basis.T @ covariance) / deviations[:, None]
    left, sizes, _ = np.linalg.svd(whitened, full_matrices=False)
    # Singular values are correlations times a target's deviation: below this, rounding.
    concept = left[:, sizes > _ROUNDING * np.sqrt(variance)].T
    read = (concept / deviations) @ found.basis.T
    return Eraser(mean, read, (concept * deviations) @ found.basis.T)
