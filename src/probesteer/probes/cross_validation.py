"""Choose the penalty of a probe by cross-validation that keeps groups together.

The criterion is the mean log-likelihood of the held-out rows. It is a proper score, it does not
saturate where every C ranks the rows perfectly, and it exists for a fold that holds one label.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from probesteer.errors import ProbesteerError
from probesteer.probes.solver.features import SharedFeatures
from probesteer.probes.tasks import BINARY, Task

# Log-likelihoods closer than the solvers' precision are ties.
_TIE = 1e-9
# Nats a held-out row by which an end of the grid must win before a wider one is advised.
EDGE_GAIN = 0.01


@dataclass(frozen=True, eq=False)
class Fold:
    """Rows to fit and rows held out, as indices into the rows that were given."""

    fit: NDArray[np.int64]
    held_out: NDArray[np.int64]


def grouped_folds(
    y: NDArray[np.int64], groups: NDArray[Any], folds: int, seed: int
) -> tuple[Fold, ...]:
    """Split rows into `folds` folds: no group in two, labels as even as the groups allow.

    y: [n], labels from 0 (of real numbers: their contrast); groups: [n]. Pass training rows only.
    Raises ProbesteerError where there are too few groups, or rows of a label, for the folds.
    """
    group_numbers = np.unique(groups, return_inverse=True)[1]
    n_groups = int(group_numbers.max(initial=-1)) + 1
    fewest = int(np.bincount(y, minlength=2).min())
    if min(n_groups, fewest) < folds:
        raise ProbesteerError(
            f"train split: {n_groups} groups and {fewest} rows of the rarer label cannot fill "
            f"{folds} folds; add examples or set fewer folds"
        )
    labels = max(2, len(np.unique(y)))
    splitter = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed)
    made = []
    for fit, held_out in splitter.split(np.zeros((len(y), 1)), y, group_numbers):
        if len(np.unique(y[fit])) < labels:
            raise ProbesteerError(
                f"train split: one of {folds} folds holds every row of a label; add groups of "
                f"{'both labels' if labels == 2 else 'every label'} or set other folds"
            )
        # With groups of very uneven size a fold can be left without rows.
        if len(held_out):
            made.append(Fold(fit, held_out))
    return tuple(made)


def choose_C(
    X: Any,
    y: NDArray[Any],
    folds: Sequence[Fold],
    C_grid: Sequence[float],
    task: Task = BINARY,
) -> tuple[float, bool]:
    """The C with the highest mean held-out log-likelihood; of ties, the smallest.

    X: [n, d] dense or sparse, or `SharedFeatures`, and y: [n], the targets of the task, training
    rows only; `folds` from `grouped_folds`. The mean is over rows, not over folds. Returns C, and
    whether one beyond the grid may be better: it lies at an end and beats its neighbour by more
    than `EDGE_GAIN`.
    """
    grid = sorted(set(C_grid))
    return best_C(grid, held_out_log_likelihoods(X, y, folds, grid, task))


def best_C(grid: Sequence[float], mean: NDArray[np.float64]) -> tuple[float, bool]:
    """What `choose_C` returns, from an ascending grid and the mean log-likelihood at each C."""
    best = int(np.flatnonzero(mean >= mean.max() - _TIE)[0])
    neighbour = {0: 1, len(grid) - 1: len(grid) - 2}.get(best, best) if len(grid) > 1 else best
    return grid[best], bool(mean[best] - mean[neighbour] > EDGE_GAIN)


def held_out_log_likelihoods(
    X: Any,
    y: NDArray[Any],
    folds: Sequence[Fold],
    grid: Sequence[float],
    task: Task = BINARY,
) -> NDArray[np.float64]:
    """Mean log-likelihood of the held-out rows of all folds, nats a row, at each C: [len(grid)].

    All folds and penalties are fitted at once. They share the standardisation, which is over all
    rows given: it knows no labels.
    """
    features = X if isinstance(X, SharedFeatures) else SharedFeatures(X)
    fitted_on = np.zeros((len(folds), len(y)))
    for mask, fold in zip(fitted_on, folds, strict=True):
        mask[fold.fit] = 1
    penalties = np.tile(np.asarray(grid, dtype=np.float64), len(folds))
    masks = np.repeat(fitted_on, len(grid), axis=0)
    fits = task.fit(features, np.tile(y, (len(masks), 1)), penalties, masks)
    losses = task.losses(y, fits.scores(features.X))
    total = np.zeros(len(grid))
    for number, fold in enumerate(folds):
        of_fold = losses[number * len(grid) : (number + 1) * len(grid)]
        total += of_fold[:, fold.held_out].sum(axis=1)
    return task.log_likelihood(total / sum(len(fold.held_out) for fold in folds))
