"""Ridge regression on the labels, its penalty chosen by leaving groups out in closed form."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.probes.estimators.interface import (
    FittedProbe,
    FloatArray,
    Labels,
    UnfittableError,
)
from probesteer.probes.estimators.spectrum import thin_spectrum
from probesteer.probes.estimators.standardisation import fit_standardisation, training_rows

PENALTIES = tuple(10.0 ** (power / 2) for power in range(-8, 9))
"""Penalties tried, as multiples of the mean squared singular value of the standardised rows."""


def fit_ridge(
    X: NDArray[Any], y: Labels, groups: NDArray[Any], pairs: NDArray[Any] | None, seed: int
) -> FittedProbe:
    """Score = prediction of a penalised least squares fit to the targets -1 and 1.

    Features are standardised, the intercept is free (Hoerl & Kennard 1970, Technometrics 12:55).
    The penalty is the one with the smallest squared error on groups that are left out, each in
    turn; of equal ones the largest. Pairs and seed play no part.
    Raises UnfittableError where all rows are of one group.
    """
    rows = training_rows(X, y, "ridge")
    group_of_row = np.unique(groups, return_inverse=True)[1]
    if not group_of_row.any():
        raise UnfittableError(
            "ridge: the training rows are one group, and its penalty is chosen by leaving groups "
            "out; add groups"
        )
    standardisation = fit_standardisation(rows)
    scaled = standardisation.apply(rows)
    left, values = thin_spectrum(scaled)
    targets = np.where(y == 1, 1.0, -1.0)
    if not len(values):  # all features are constant
        return standardisation.linear_probe(
            np.zeros(rows.shape[1]), float(targets.mean()), log_odds=False
        )
    penalties = np.array(PENALTIES) * float(np.mean(values**2))
    errors = left_out_errors(left, values, targets, group_of_row, penalties)
    best = penalties[np.flatnonzero(errors <= errors.min() * (1 + 1e-9))[-1]]
    weights = scaled.T @ (left @ ((left.T @ targets) / (values**2 + best)))
    return standardisation.linear_probe(weights, float(targets.mean()), log_odds=False)


def left_out_errors(
    left: FloatArray,
    values: FloatArray,
    targets: FloatArray,
    group_of_row: NDArray[np.int64],
    penalties: FloatArray,
) -> FloatArray:
    """Mean squared error of rows predicted from the other groups, at each penalty; [penalties].

    left: [n, r] and values: [r] of rows with mean 0; targets: [n]; group_of_row: [n], numbers of
    two groups or more. With H the matrix that maps targets to fitted values, a group's error when
    it is left out is the inverse of (I - H) on its own rows times its residuals: the closed form
    of leaving rows out (Allen 1974, Technometrics 16:125) for blocks of rows.
    """
    n = len(targets)
    fitted_share = values**2 / (values**2 + penalties[:, None])  # [penalties, r]
    projected = left.T @ targets
    residuals = targets - targets.mean() - (fitted_share * projected) @ left.T  # [penalties, n]
    errors = np.zeros(len(penalties))
    for members in _groups_by_size(group_of_row):
        own = left[members]  # [groups of the size, size, r]
        identity = np.eye(members.shape[1])
        for index, share in enumerate(fitted_share):
            rest = identity - 1 / n - (own * share) @ own.transpose(0, 2, 1)
            left_out = np.linalg.solve(rest, residuals[index][members][..., None])
            errors[index] += float(np.sum(left_out**2))
    return errors / n


def _groups_by_size(group_of_row: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The rows of the groups of each size, [groups, size] for one size after the other."""
    order = np.argsort(group_of_row, kind="stable")
    sizes = np.bincount(group_of_row)
    starts = np.cumsum(sizes) - sizes
    return [
        order[starts[sizes == size][:, None] + np.arange(size)] for size in np.unique(sizes) if size
    ]
