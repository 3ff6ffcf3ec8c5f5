"""Features at mean 0 and standard deviation 1, and the way back to raw activations."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.probes.checks import require_both_labels, require_finite
from probesteer.probes.estimators.interface import FloatArray, Labels, LinearProbe


@dataclass(frozen=True, eq=False)
class Standardisation:
    """Mean and scale of each feature, measured on training rows."""

    mean: FloatArray
    """[d]"""
    scale: FloatArray
    """[d], standard deviation; infinite for a constant feature, which thereby becomes 0 wherever
    it is scaled and gets no weight."""

    def apply(self, X: Any) -> FloatArray:
        """X: [n, d] in standardised features, [n, d]."""
        scaled: FloatArray = np.asarray(X, dtype=np.float64) - self.mean
        scaled /= self.scale
        return scaled

    @property
    def varying(self) -> int:
        """How many features aren't constant."""
        return int(np.isfinite(self.scale).sum())

    def linear_probe(self, weights: FloatArray, bias: float, *, log_odds: bool) -> LinearProbe:
        """The probe `scaled @ weights + bias`, weights: [d], for raw activations."""
        coefficient = weights / self.scale
        return LinearProbe(coefficient, float(bias - self.mean @ coefficient), log_odds)


def training_rows(X: Any, y: Labels, where: str) -> FloatArray:
    """X: [n, d] as float64, checked with y: [n]. Raises ProbesteerError; `where` starts it."""
    require_both_labels(y, where)
    rows = np.asarray(X, dtype=np.float64)
    require_finite(rows, where)
    return rows


def fit_standardisation(rows: FloatArray) -> Standardisation:
    """Mean and standard deviation (over n) of the features of rows: [n, d]."""
    constant = np.ptp(rows, axis=0) == 0
    # A mean rounds, so that a constant feature would keep a remainder.
    mean = np.where(constant, rows[0], rows.mean(axis=0))
    deviation = rows.std(axis=0)
    return Standardisation(mean, np.where(constant | (deviation == 0), np.inf, deviation))


def class_means(rows: NDArray[np.float64], y: Labels) -> FloatArray:
    """Means of the rows: [n, d] of label 0 and of label 1, [2, d]."""
    return np.stack([rows[y == label].mean(axis=0) for label in (0, 1)])
