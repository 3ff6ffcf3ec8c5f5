"""How close predictions come to a real-valued target; as `metrics`, many weights at once.

targets, predictions: [n]. weights: [n] or [b, n], None meaning once; the result has the shape of
`weights` without its last axis. A metric that the rows cannot give (no rows, or a target that
doesn't vary where it must) is NaN.
"""

from collections.abc import Callable

import numpy as np

from probesteer.probes.metrics.weighting import (
    FloatArray,
    middle_shares,
    ratio,
    row_weights,
    weighted_mean,
)

RealMetric = Callable[[FloatArray, FloatArray, FloatArray | None], FloatArray]


def mean_squared_error(
    targets: FloatArray, predictions: FloatArray, weights: FloatArray | None = None
) -> FloatArray:
    """Mean over rows of the squared error, in the target's unit squared."""
    errors = np.square(predictions - targets)
    return weighted_mean(errors, row_weights(len(targets), weights))


def r2(
    targets: FloatArray, predictions: FloatArray, weights: FloatArray | None = None
) -> FloatArray:
    """Share of the target's variance that the predictions explain; below 0, worse than the mean.

    The mean is that of these rows. NaN where the target doesn't vary.
    """
    weights = row_weights(len(targets), weights)
    left = weights @ np.square(predictions - targets)
    deviation = _deviations(np.broadcast_to(targets, weights.shape), weights)
    explained: FloatArray = 1 - ratio(left, (weights * np.square(deviation)).sum(axis=-1))
    return explained


def spearman(
    targets: FloatArray, predictions: FloatArray, weights: FloatArray | None = None
) -> FloatArray:
    """Correlation of the ranks, ties sharing theirs (Spearman 1904); NaN where either is constant.

    Ranks are those among the weighted rows: a row that counts twice moves the others up by two.
    """
    weights = row_weights(len(targets), weights)
    one = _deviations(middle_shares(targets, weights), weights)
    other = _deviations(middle_shares(predictions, weights), weights)
    spread, other_spread = ((weights * np.square(each)).sum(axis=-1) for each in (one, other))
    together = (weights * one * other).sum(axis=-1)
    return np.clip(ratio(together, np.sqrt(spread * other_spread)), -1, 1)


REAL_METRICS: dict[str, RealMetric] = {
    "r2": r2,
    "spearman": spearman,
    "mean_squared_error": mean_squared_error,
}


def _deviations(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Values less their weighted mean, [..., n]; exactly 0 where the rows that count are equal."""
    if not values.shape[-1]:
        return values
    counted = weights > 0
    low = np.where(counted, values, np.inf).min(axis=-1, keepdims=True)
    high = np.where(counted, values, -np.inf).max(axis=-1, keepdims=True)
    mean = ratio((weights * values).sum(axis=-1), weights.sum(axis=-1))[..., None]
    return np.where(low < high, values - mean, 0.0)
