"""How well scores separate two labels; every metric takes many sets of row weights at once.

labels: [n] in {0, 1}. scores: [n], log-odds of label 1. weights: [n] or [b, n], not negative,
such as how often a bootstrap draw holds each row; None means once. The result has the shape of
`weights` without its last axis. A metric that the rows cannot give (no rows, or one label alone
where both are needed) is NaN.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Metric = Callable[[NDArray[np.int64], FloatArray, FloatArray | None], FloatArray]


def accuracy(
    labels: NDArray[np.int64], scores: FloatArray, weights: FloatArray | None = None
) -> FloatArray:
    """Share of the rows whose score has the sign of their label (above 0 reads as label 1)."""
    weights = _once_each(labels, weights)
    return _ratio(weights @ _correct(labels, scores), weights.sum(axis=-1))


def balanced_accuracy(
    labels: NDArray[np.int64], scores: FloatArray, weights: FloatArray | None = None
) -> FloatArray:
    """Mean of the accuracy on the rows of label 0 and that on the rows of label 1."""
    weights = _once_each(labels, weights)
    correct = _correct(labels, scores)
    recalls = [
        _ratio(weights @ (correct * of_label), weights @ of_label)
        for of_label in ((labels == 0).astype(np.float64), (labels == 1).astype(np.float64))
    ]
    mean: FloatArray = (recalls[0] + recalls[1]) / 2
    return mean


def auroc(
    labels: NDArray[np.int64], scores: FloatArray, weights: FloatArray | None = None
) -> FloatArray:
    """Chance that a row of label 1 scores above a row of label 0, ties counting half.

    The area under the ROC curve as the Mann-Whitney statistic (Hanley & McNeil 1982).
    """
    weights = _once_each(labels, weights)
    if not labels.size:
        return np.full(weights.shape[:-1], np.nan)
    order = np.argsort(scores, kind="stable")
    tie_starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))
    ordered = weights[..., order]
    of_label_1 = labels[order] == 1
    positive = np.add.reduceat(np.where(of_label_1, ordered, 0.0), tie_starts, axis=-1)
    negative = np.add.reduceat(np.where(of_label_1, 0.0, ordered), tie_starts, axis=-1)
    below = np.cumsum(negative, axis=-1) - negative
    won = (positive * (below + negative / 2)).sum(axis=-1)
    return _ratio(won, positive.sum(axis=-1) * negative.sum(axis=-1))


METRICS: dict[str, Metric] = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "auroc": auroc,
}


def _once_each(labels: NDArray[np.int64], weights: FloatArray | None) -> FloatArray:
    if weights is None:
        return np.ones(len(labels))
    return np.asarray(weights, dtype=np.float64)


def _correct(labels: NDArray[np.int64], scores: FloatArray) -> FloatArray:
    correct: FloatArray = ((scores > 0) == (labels == 1)).astype(np.float64)
    return correct


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, np.divide(part, whole), np.nan)
