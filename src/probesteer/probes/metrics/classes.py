"""How well scores tell more than two classes apart; as `metrics`, many weights at once.

labels: [n] in 0 … k - 1. scores: [n, k], log-probabilities of the classes up to a constant a row
(logits). weights: [n] or [b, n], None meaning once; the result has the shape of `weights` without
its last axis. A mean over classes ("macro") takes those that have rows, and is NaN unless two of
them do; without rows every metric is NaN.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from probesteer.probes.metrics.two_labels import auroc
from probesteer.probes.metrics.weighting import FloatArray, ratio, row_weights, weighted_mean

ClassMetric = Callable[[NDArray[np.int64], FloatArray, FloatArray | None], FloatArray]


def class_accuracy(
    labels: NDArray[np.int64], scores: FloatArray, weights: FloatArray | None = None
) -> FloatArray:
    """Share of the rows whose own class scores highest; of equal scores the first class counts."""
    correct = (_predicted(scores) == labels).astype(np.float64)
    return weighted_mean(correct, row_weights(len(labels), weights))


def class_balanced_accuracy(
    labels: NDArray[np.int64], scores: FloatArray, weights: FloatArray | None = None
) -> FloatArray:
    """Mean over classes of the accuracy on the rows of the class."""
    weights = row_weights(len(labels), weights)
    held, found = _one_hot(labels, scores.shape[1]), _one_hot(_predicted(scores), scores.shape[1])
    rows = weights @ held
    return _over_classes(ratio(weights @ (held * found), rows), rows)


def class_f1(
    labels: NDArray[np.int64], scores: FloatArray, weights: FloatArray | None = None
) -> FloatArray:
    """Mean over classes of the harmonic mean of precision and recall of the class."""
    weights = row_weights(len(labels), weights)
    held, found = _one_hot(labels, scores.shape[1]), _one_hot(_predicted(scores), scores.shape[1])
    return _over_classes(
        ratio(2 * (weights @ (held * found)), weights @ (held + found)), weights @ held
    )


def class_auroc(
    labels: NDArray[np.int64], scores: FloatArray, weights: FloatArray | None = None
) -> FloatArray:
    """Mean over classes of the AUROC of the class against all others, by its log-odds.

    Log-odds order rows as probabilities do, and still tell those apart that round to 0 or 1.
    """
    weights = row_weights(len(labels), weights)
    classes = range(scores.shape[1])
    areas = []
    for label in classes:
        # The difference first, so that a row's constant leaves no rounding that breaks ties.
        others = np.delete(scores, label, axis=1) - scores[:, [label]]
        log_odds = -logsumexp(others, axis=1)
        areas.append(auroc((labels == label).astype(np.int64), log_odds, weights))
    return _over_classes(np.stack(areas, axis=-1), weights @ _one_hot(labels, len(classes)))


def class_log_loss(
    labels: NDArray[np.int64], scores: FloatArray, weights: FloatArray | None = None
) -> FloatArray:
    """Bits a row that the labels cost under the probabilities; guessing costs log2(k)."""
    own = scores[np.arange(len(labels)), labels]
    bits = logsumexp(scores - own[:, None], axis=1) / np.log(2)
    return weighted_mean(bits, row_weights(len(labels), weights))


CLASS_METRICS: dict[str, ClassMetric] = {
    "accuracy": class_accuracy,
    "balanced_accuracy": class_balanced_accuracy,
    "auroc": class_auroc,
    "f1": class_f1,
    "log_loss": class_log_loss,
}


def _predicted(scores: FloatArray) -> NDArray[np.int64]:
    predicted: NDArray[np.int64] = np.argmax(scores, axis=1)
    return predicted


def _one_hot(labels: NDArray[np.int64], classes: int) -> FloatArray:
    """[n, classes], 1 at the class of each row."""
    held: FloatArray = (labels[:, None] == np.arange(classes)).astype(np.float64)
    return held


def _over_classes(values: FloatArray, rows: FloatArray) -> FloatArray:
    """Mean of values: [..., k] over the classes whose weight, rows: [..., k], is not 0."""
    held = rows > 0
    mean = ratio(np.where(held, values, 0.0).sum(axis=-1), held.sum(axis=-1).astype(np.float64))
    return np.where(held.sum(axis=-1) > 1, mean, np.nan)
