"""Estimators of a concept's direction: each maps training rows to one vector.

A new method is one function here, or in a file of its own, and one entry in `methods.ESTIMATORS`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.directions.zero import ROUNDING, ZeroDirectionError
from probesteer.errors import ProbesteerError
from probesteer.probes.checks import require_both_labels, require_finite
from probesteer.probes.probe import LogisticProbe

Rows = NDArray[np.floating[Any]]
Labels = NDArray[np.int64]


def difference_of_means(X: Rows, y: Labels) -> NDArray[np.float64]:
    """Mean of the rows of label 1 minus mean of those of label 0, [d], not scaled.

    X: [n, d], y: [n]. The default of the steering literature (Marks & Tegmark 2023,
    arXiv 2310.06824; Im & Li 2025, arXiv 2502.02716).
    Raises ZeroDirectionError where the means are the same, ProbesteerError where a row is not
    finite or a label is missing.
    """
    where = "difference of means"
    require_both_labels(y, where)
    rows = np.asarray(X, dtype=np.float64)
    require_finite(rows, where)
    negative, positive = rows[y == 0].mean(axis=0), rows[y == 1].mean(axis=0)
    difference: NDArray[np.float64] = positive - negative
    if np.linalg.norm(difference) <= ROUNDING * np.linalg.norm(positive):
        raise ZeroDirectionError(f"{where}: both labels have the same mean activation")
    return difference


def logistic_direction(probe: LogisticProbe) -> NDArray[np.float64]:
    """The coefficient of a probe, [d]: the normal of its boundary in raw activation space.

    On the rows of the fit, label 1 lies further along it than label 0 on average: the penalised
    loss is convex, and lower at the fit than at the zero vector.
    Raises ZeroDirectionError where the coefficient is zero.
    """
    if not probe.coefficient.any():
        raise ZeroDirectionError(
            "logistic: the coefficient of the probe is zero, because all features are constant; "
            "read at another position or leave this place out"
        )
    return probe.coefficient


def mean_gradient(gradients: Rows) -> NDArray[np.float64]:
    """The mean of the read-out's gradients over prompts, [d]: the steepest way up, to first order.

    gradients: [prompts, d], of the logit difference with respect to a vector added at the place
    (`interventions.gradients.logit_gradients`).
    Raises ZeroDirectionError where they are zero on average, ProbesteerError where one is not
    finite.
    """
    rows = np.asarray(gradients, dtype=np.float64)
    require_finite(rows, "logit gradient")
    mean: NDArray[np.float64] = rows.mean(axis=0)
    if np.linalg.norm(mean) <= ROUNDING * np.linalg.norm(rows, axis=1).max(initial=0.0):
        raise ZeroDirectionError("logit gradient: nothing at this place changes the read-out")
    return mean


def given_direction(vector: Rows, d: int) -> NDArray[np.float64]:
    """An existing vector, [d], as it is. Raises ProbesteerError where it has another size."""
    if vector.shape != (d,):
        raise ProbesteerError(
            f"given direction: {list(vector.shape)} numbers for activations of {d}; it belongs to "
            "another model"
        )
    return np.asarray(vector, dtype=np.float64)
