"""Principal components of rows, from the smaller of their two Gram matrices."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Variances of centred rows along their principal components, the largest first."""

    variances: NDArray[np.float64]  # [rank], positive; divided by n
    basis: NDArray[np.float64]  # [d, rank], orthonormal columns

    def leading(self, share: float, at_least: int = 1) -> NDArray[np.float64]:
        """The fewest components that hold `share` of the variance: [d, k]."""
        held = np.cumsum(self.variances) / self.variances.sum()
        # Rounding must not ask for a component more than there are.
        count = int(np.searchsorted(held, min(share, held[-1]))) + 1
        return self.basis[:, : max(at_least, count)]


def spectrum_of(centred: NDArray[np.float64]) -> Spectrum:
    """Spectrum of rows with mean zero: [n, d]."""
    n, d = centred.shape
    if d <= n:
        return spectrum_of_covariance(centred.T @ centred / n)
    values, left = np.linalg.eigh(centred @ centred.T / n)
    kept = _kept(values, max(n, d))
    values, left = values[kept][::-1], left[:, kept][:, ::-1]
    basis = centred.T @ (left / np.sqrt(values * n))
    # Small components come out of the product slightly askew.
    return Spectrum(values, np.linalg.qr(basis)[0] if basis.size else basis)


def spectrum_of_covariance(covariance: NDArray[np.float64]) -> Spectrum:
    """Spectrum of a covariance: [d, d]."""
    values, vectors = np.linalg.eigh(covariance)
    kept = _kept(values, len(values))
    return Spectrum(values[kept][::-1], vectors[:, kept][:, ::-1])


def _kept(values: NDArray[np.float64], size: int) -> NDArray[np.bool_]:
    """Which eigenvalues are more than rounding."""
    kept: NDArray[np.bool_] = values > size * np.finfo(np.float64).eps * values.max(initial=0.0)
    return kept
