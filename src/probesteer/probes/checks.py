"""Checks on what a probe is given, each told in one line."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError


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
