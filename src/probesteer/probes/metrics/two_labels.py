"""How well scores separate two labels; every metric takes many sets of row weights at once.

labels: [n] in {0, 1}. scores: [n], finite; those of `METRICS` are read by their sign and order
alone, those of `PROBABILITY_METRICS` are log-odds of label 1. weights: [n] or [b, n], not
negative, such as how often a bootstrap draw holds each row; None means once. The result has the
shape of `weights` without its last axis. A metric that the rows cannot give (no rows, or one
label alone where both are needed) is NaN.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from probesteer.probes.metrics.weighting import (
    equal_mass_bins,
    order_with_ties,
    ratio,
    row_weights,
    weighted_mean,
)

FloatArray = NDArray[np.float64]
Metric = Callable[[NDArray[np.int64], FloatArray, FloatArray | None], FloatArray]

CALIBRATION_BINS = 10


def accuracy(
    labels: NDArray[np.int64], scores: FloatArray, weights: FloatArray | None = None
) -> FloatArray:
    """Share of the rows whose score has the sign of their label (above 0 reads as label 1)."""
    return weighted_mean(_correct(labels, scores), row_weights(len(labels), weights))


def balanced_accuracy(
    labels: NDArray[np.int64], scores: FloatArray, weights: FloatArray | None = None
) -> FloatArray:
    """Mean of the accuracy on the rows of label 0 and that on the rows of label 1."""
    weights = row_weights(len(labels), weights)
    correct = _correct(labels, scores)
    recalls = [
        ratio(weights @ (correct * of_label), weights @ of_label)
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
    weights = row_weights(len(labels), weights)
    if not labels.size:
        return np.full(weights.shape[:-1], np.nan)
    order, tie_starts = order_with_ties(scores)
    ordered = weights[..., order]
    of_label_1 = labels[order] == 1
    positive = np.add.reduceat(np.where(of_label_1, ordered, 0.0), tie_starts, axis=-1)
    negative = np.add.reduceat(np.where(of_label_1, 0.0, ordered), tie_starts, axis=-1)
    below = np.cumsum(negative, axis=-1) - negative
    won = (positive * (below + negative / 2)).sum(axis=-1)
    return ratio(won, positive.sum(axis=-1) * negative.sum(axis=-1))


def f1(
    labels: NDArray[np.int64], scores: FloatArray, weights: FloatArray | None = None
) -> FloatArray:
    """Harmonic mean of precision and recall of label 1; NaN where no row has it or is read so."""
    weights = row_weights(len(labels), weights)
    found, held = (scores > 0).astype(np.float64), (labels == 1).astype(np.float64)
    return ratio(2 * (weights @ (found * held)), weights @ (found + held))


def log_loss(
    labels: NDArray[np.int64], scores: FloatArray, weights: FloatArray | None = None
) -> FloatArray:
    """Bits a row that the labels cost under the probabilities of the scores; guessing costs 1."""
    sign = np.where(labels == 1, 1.0, -1.0)
    bits = np.logaddexp(0.0, -sign * scores) / np.log(2)
    return weighted_mean(bits, row_weights(len(labels), weights))


def calibration_error(
    labels: NDArray[np.int64], scores: FloatArray, weights: FloatArray | None = None
) -> FloatArray:
    """Mean distance, over rows, of the predicted probability of label 1 from its share.

    The expected calibration error (Naeini et al. 2015, AAAI) in `CALIBRATION_BINS` bins of equal
    mass (Nguyen & O'Connor 2015, arXiv 1508.05154): in each, how far the mean probability is from
    the share of label 1. Rows of one score are in one bin. Chance alone makes it positive, the
    more so the fewer rows a bin holds.
    """
    weights = row_weights(len(labels), weights)
    bins = equal_mass_bins(scores, weights, CALIBRATION_BINS)
    excess = weights * (expit(scores) - (labels == 1))
    gaps = sum(
        (np.abs((excess * (bins == number)).sum(axis=-1)) for number in range(CALIBRATION_BINS)),
        start=np.zeros(weights.shape[:-1]),
    )
    return ratio(gaps, weights.sum(axis=-1))


METRICS: dict[str, Metric] = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "auroc": auroc,
    "f1": f1,
}
"""What any score gives that is higher for label 1, and above 0 where it reads as label 1."""

PROBABILITY_METRICS: dict[str, Metric] = {
    "log_loss": log_loss,
    "calibration_error": calibration_error,
}
"""What log-odds alone give."""


def _correct(labels: NDArray[np.int64], scores: FloatArray) -> FloatArray:
    correct: FloatArray = ((scores > 0) == (labels == 1)).astype(np.float64)
    return correct
