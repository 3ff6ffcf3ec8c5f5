"""Estimators of a concept's direction: each maps training rows to one vector.

A new method is one function here, or in a file of its own, and one entry in `ESTIMATORS`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.probes.checks import require_both_labels, require_finite
from probesteer.probes.probe import LogisticProbe

Rows = NDArray[np.floating[Any]]
Labels = NDArray[np.int64]
Estimator = Callable[[Rows, Labels, LogisticProbe], NDArray[np.float64]]

# Rounding of a mean in float64, as a share of its norm; real differences are far above it.
_ROUNDING = 1e-12


class ZeroDirectionError(ProbesteerError):
    """The rows of both labels are alike on average, so that no direction leads to label 1."""


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
    if np.linalg.norm(difference) <= _ROUNDING * np.linalg.norm(positive):
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


ESTIMATORS: dict[str, Estimator] = {
    "difference_of_means": lambda X, y, probe: difference_of_means(X, y),
    "logistic": lambda X, y, probe: logistic_direction(probe),
}
