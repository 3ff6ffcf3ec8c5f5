"""Paired differences in accuracy: what two probes read of the same rows."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from probesteer.probes.metrics.intervals import GroupResamples

FloatArray = NDArray[np.float64]


class Difference(NamedTuple):
    """A difference and its interval; NaN ends where the groups are too few for one."""

    value: float
    low: float
    high: float


def gain_over_linear(
    labels: NDArray[np.int64],
    scores_nonlinear: FloatArray,
    scores_linear: FloatArray,
    resamples: GroupResamples,
) -> Difference:
    """Accuracy of the first scores minus that of the second, on the same rows.

    labels, both scores: [n]; resamples: of these rows. Every draw holds the same rows for both,
    so that what is hard for both cancels; the interval is the percentile one, 95 %.
    """
    gain = correct(labels, scores_nonlinear) - correct(labels, scores_linear)
    return mean_difference(gain, resamples)


def correct(labels: NDArray[np.int64], scores: FloatArray) -> FloatArray:
    """1 where a score has the sign of its label (above 0 reads as 1), else 0; [..., n]."""
    read: FloatArray = ((scores > 0) == (labels == 1)).astype(np.float64)
    return read


def mean_difference(by_row: FloatArray, resamples: GroupResamples) -> Difference:
    """Mean of the rows' differences, by_row: [n], with its 95 % interval; NaN without rows."""
    if not len(by_row):
        return Difference(float("nan"), float("nan"), float("nan"))
    interval = resamples.interval(lambda weights: weights @ by_row / weights.sum(axis=-1))
    return Difference(float(by_row.mean()), interval.low, interval.high)
