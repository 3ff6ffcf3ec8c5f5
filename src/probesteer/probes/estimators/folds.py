"""Folds of training rows for estimators that choose something on rows held out."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.probes.cross_validation import Fold, grouped_folds
from probesteer.probes.estimators.interface import Labels, UnfittableError

FOLDS = 5


def training_folds(y: Labels, groups: NDArray[Any], seed: int, estimator: str) -> tuple[Fold, ...]:
    """`FOLDS` folds of whole groups, fewer where the groups or rows of a label are fewer.

    y: [n]; groups: [n]. Raises UnfittableError, which names the estimator, where there are no two.
    """
    most = min(FOLDS, len(np.unique(groups)), int(np.bincount(y, minlength=2).min()))
    if most < 2:
        raise UnfittableError(
            f"{estimator}: one group, or one row of a label, can't be held out; add groups"
        )
    try:
        return grouped_folds(y, groups, most, seed)
    except ProbesteerError as fault:
        raise UnfittableError(f"{estimator}: {fault}") from fault
