"""How far an activation lies from those that the model makes by itself: Mahalanobis distance.

The covariance is shrunk towards a multiple of the identity, so that there may be fewer rows than
features (Ledoit & Wolf 2004, Journal of Multivariate Analysis 88).
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.directions.lda import ledoit_wolf_share
from probesteer.directions.spectrum import Spectrum, spectrum_of

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ActivationDistribution:
    """Mean and shrunk covariance of activations, and how far from it unseen ones lie."""

    mean: Numbers  # [d]
    spectrum: Spectrum
    share: float  # how far the covariance is shrunk, 0 to 1
    average: float  # mean variance of a feature, towards which it is
    unseen: NDArray[np.floating[Any]]  # [m, d], activations that it was not fitted to
    groups: NDArray[Any]  # [m], theirs
    typical: Numbers  # [m], ascending: their distances

    def distances(self, X: NDArray[np.floating[Any]]) -> Numbers:
        """Mahalanobis distance from the mean; X: [..., d] -> [...].

        NaN where nothing varies; infinite off the rows' span if the covariance is not shrunk.
        """
        if self.average == 0:
            return np.full(X.shape[:-1], np.nan)
        centred = X.astype(np.float64) - self.mean
        variances = (1 - self.share) * self.spectrum.variances + self.share * self.average
        inside = (centred @ self.spectrum.basis) ** 2
        outside = np.maximum((centred**2).sum(axis=-1) - inside.sum(axis=-1), 0.0)
        if self.spectrum.basis.shape[1] == len(self.mean):
            outside = np.zeros_like(outside)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            beside = np.where(outside > 0, outside / (self.share * self.average), 0.0)
            found: Numbers = np.sqrt((inside / variances).sum(axis=-1) + beside)
        return found

    def percentiles(self, distances: Numbers) -> Numbers:
        """Share of the unseen activations that lie nearer, in percent; [...] -> [...].

        NaN for a distance that is unknown, or without unseen activations.
        """
        count = len(self.typical)
        if not count:
            return np.full(distances.shape, np.nan)
        nearer = np.searchsorted(self.typical, distances, side="left")
        return np.where(np.isnan(distances), np.nan, 100 * nearer / count)


def fit_distribution(
    fitted: NDArray[np.floating[Any]], unseen: NDArray[np.floating[Any]], groups: NDArray[Any]
) -> ActivationDistribution:
    """fitted: [n, d], the rows of the mean and the covariance; unseen: [m, d]; groups: [m]."""
    rows = fitted.astype(np.float64)
    mean = rows.mean(axis=0)
    centred = rows - mean
    found = ActivationDistribution(
        mean=mean,
        spectrum=spectrum_of(centred),
        share=ledoit_wolf_share(centred),
        average=float((centred**2).mean()),
        unseen=unseen,
        groups=groups,
        typical=np.empty(0),
    )
    return replace(found, typical=np.sort(found.distances(unseen)))
