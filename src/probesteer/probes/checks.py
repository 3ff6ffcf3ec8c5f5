"""Checks on what a probe is given, each told in one line."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.places import Place

ReadLayer = Callable[[Place], NDArray[Any]]
"""Gives the activations of a place, [n, d]."""


def read_rows(read_layer: ReadLayer, place: Place, n: int) -> NDArray[np.float32]:
    """The activations of a place, [n, d].

    Raises ProbesteerError for another number of rows than the `n` that are labelled, or for one
    that is not finite.
    """
    X = np.asarray(read_layer(place), dtype=np.float32)
    where = f"activations of {place.site}, layer {place.layer}"
    if X.ndim != 2 or len(X) != n:
        raise ProbesteerError(
            f"{where}: shape {X.shape} where {n} rows are labelled; delete them and read again"
        )
    require_finite(X, where)
    return X


def require_finite(X: NDArray[Any], where: str) -> None:
    """Raise ProbesteerError where a row of X: [n, d] holds NaN or an infinity.

    `where` names the origin of the rows, such as a file or a place; the row is counted from 0.
    """
    # A sum is finite unless a term is not, or it overflows: one cheap pass for the usual case.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(X.sum(dtype=np.float64)):
            return
    bad = np.flatnonzero(~np.isfinite(X).all(axis=1))
    if bad.size:
        raise ProbesteerError(
            f"{where}: row {bad[0]}: activation is NaN or infinite ({bad.size} of {len(X)} rows); "
            "read the activations in float32 or leave the row out"
        )


def require_both_labels(y: NDArray[Any], where: str) -> None:
    """Raise ProbesteerError unless y: [n] holds 0 and 1 and nothing else."""
    found = np.unique(y)
    if not np.array_equal(found, [0, 1]):
        raise ProbesteerError(
            f"{where}: labels are {found.tolist()} where both 0 and 1 are needed; "
            "add examples of the other label, or groups, to this split"
        )
