"""The methods by name: what each needs of the training rows, and the vector that it gives."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.directions.estimators import (
    difference_of_means,
    given_direction,
    logistic_direction,
    mean_gradient,
)
from probesteer.directions.lda import lda_direction
from probesteer.directions.leace import fit_eraser
from probesteer.directions.pairs import paired_difference, pca_of_differences
from probesteer.directions.training import TrainingRows
from probesteer.directions.zero import ZeroDirectionError
from probesteer.errors import ProbesteerError

Estimator = Callable[[TrainingRows], NDArray[np.float64]]


def logistic(rows: TrainingRows) -> NDArray[np.float64]:
    """The coefficient of the place's own probe."""
    return logistic_direction(_needed(rows.probe, "logistic", "the place's probe"))


def leace(rows: TrainingRows) -> NDArray[np.float64]:
    """What LEACE reads to erase the concept: S_xx^+ S_xz, [d].

    The subspace that it writes to is the difference of means, and so no method of its own.
    Raises what `difference_of_means` does.
    """
    difference = difference_of_means(rows.X, rows.y)
    read = fit_eraser(rows.X, rows.y).read
    if not len(read):
        raise ZeroDirectionError("LEACE: there is nothing to erase")
    found: NDArray[np.float64] = read[0]
    return found if found @ difference >= 0 else -found


def logit_gradient(rows: TrainingRows) -> NDArray[np.float64]:
    """The mean gradient of the logit difference."""
    return mean_gradient(_needed(rows.gradients, "logit_gradient", "gradients of the read-out"))


def file(rows: TrainingRows) -> NDArray[np.float64]:
    """A vector that exists already."""
    return given_direction(_needed(rows.given, "file", "a vector from a file"), rows.X.shape[1])


def _needed(value: Any, method: str, what: str) -> Any:
    if value is None:
        raise ProbesteerError(f"directions.methods: {method} needs {what}; give it or leave it out")
    return value


ESTIMATORS: dict[str, Estimator] = {
    "difference_of_means": lambda rows: difference_of_means(rows.X, rows.y),
    "paired_difference": paired_difference,
    "logistic": logistic,
    "lda": lambda rows: lda_direction(rows.X, rows.y),
    "pca_of_differences": pca_of_differences,
    "leace": leace,
    "logit_gradient": logit_gradient,
    "file": file,
}

FOREIGN = ("logit_gradient", "file")
"""Not from the labels of the rows: these keep their sign, and push as far as the difference of
means does, as their own gap may be small or negative."""

CONTROLS = ("random", "orthogonal", "shuffled")
"""Methods that give several directions, to compare the others with."""
