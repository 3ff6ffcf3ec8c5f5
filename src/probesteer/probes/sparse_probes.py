"""Logistic probes that read k neurons: how few of them carry a concept.

The selection follows Gurnee et al. 2023 (arXiv 2305.01610). Neurons are ranked by the difference of
the class means in units of the deviation within the classes; the best of them are then thinned out
by adaptive thresholding: a probe on those that are left tells which to keep for the next smaller k.
So neurons that repeat one another give way to those that add something. One that the difference of
means ranks below the pool is not found, even where it would help others.

Whether neurons are special is seen against the same search in random orthonormal bases of the same
space, of which one direction is as good as another (Szegedy et al. 2014, arXiv 1312.6199).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.probes.cross_validation import Fold
from probesteer.probes.probe import LogisticProbe
from probesteer.probes.solver.batch import fit_logistic_batch

# The pool holds so many columns for one of the largest size.
POOL = 4
# Columns whose spread is computed at once, in float64.
_COLUMNS = 1_024
# Log-likelihoods closer than the solver's precision are ties.
_TIE = 1e-9


@dataclass(frozen=True, eq=False)
class SparseProbe:
    """A probe on some columns of the activations."""

    columns: NDArray[np.int64]
    """[k], those that counted most in the probe they were chosen by first."""
    probe: LogisticProbe
    """Fitted to these columns: its coefficient is [k]."""

    def scores(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Log-odds of label 1, [n], for X: [n, d]."""
        return self.probe.scores(X[:, self.columns])


def fit_sparse_probes(
    X: NDArray[np.floating[Any]],
    y: NDArray[np.int64],
    sizes: Sequence[int],
    folds: Sequence[Fold],
    C_grid: Sequence[float],
) -> dict[int, SparseProbe]:
    """Probes on the best k columns, for each k of `sizes` that X has columns for; largest first.

    X: [n, d] and y: [n] in {0, 1}, training rows only; `folds` of them from `grouped_folds`. The
    pool is the best `POOL` times the largest size by `mean_difference_ranking`. A probe's k columns
    are those with the largest coefficients, times the columns' deviations, in the probe one size up
    (for the largest, in that on the pool). C is chosen for each anew.
    """
    wanted = sorted({size for size in sizes if size <= X.shape[1]}, reverse=True)
    if not wanted:
        return {}
    columns = mean_difference_ranking(X, y)[: POOL * wanted[0]]
    probe = fit_cross_validated(X[:, columns], y, folds, C_grid)
    found = {}
    for size in wanted:
        weight = np.abs(probe.coefficient) * X[:, columns].std(axis=0, dtype=np.float64)
        columns = columns[np.argsort(-weight, kind="stable")[:size]]
        probe = fit_cross_validated(X[:, columns], y, folds, C_grid)
        found[size] = SparseProbe(columns, probe)
    return found


def mean_difference_ranking(
    X: NDArray[np.floating[Any]], y: NDArray[np.int64]
) -> NDArray[np.int64]:
    """All columns of X: [n, d], those first whose class means lie furthest apart; [d].

    Apart in units of the deviation within the classes, pooled over both labels of y: [n]. Of ties
    the first column comes first; constant columns come last.
    """
    d = X.shape[1]
    distance = np.zeros(d)
    for start in range(0, d, _COLUMNS):
        some = slice(start, min(d, start + _COLUMNS))
        sides = [np.asarray(X[y == label, some], dtype=np.float64) for label in (0, 1)]
        means = [side.mean(axis=0) for side in sides]
        squares = sum(
            ((side - mean) ** 2).sum(axis=0) for side, mean in zip(sides, means, strict=True)
        )
        apart, within = np.abs(means[1] - means[0]), np.sqrt(squares / len(y))
        with np.errstate(divide="ignore", invalid="ignore"):
            distance[some] = np.where(apart > 0, apart / within, 0.0)
    return np.argsort(-distance, kind="stable")


def fit_cross_validated(
    X: NDArray[np.floating[Any]],
    y: NDArray[np.int64],
    folds: Sequence[Fold],
    C_grid: Sequence[float],
) -> LogisticProbe:
    """The probe on all rows with the C whose folds give held-out rows the highest log-likelihood.

    X: [n, d], y: [n], training rows. Of ties the smallest C, as in `choose_C`. All folds, all C and
    the fits to all rows are one call of the solver.
    """
    grid = sorted(set(C_grid))
    held_out = np.zeros((len(folds), len(y)), dtype=bool)
    for number, fold in enumerate(folds):
        held_out[number, fold.held_out] = True
    kept = np.vstack([~held_out, np.ones((1, len(y)), dtype=bool)])  # the last: all rows
    weights = np.tile(kept, (len(grid), 1)).astype(np.float64)
    targets = np.broadcast_to(y, weights.shape)
    fits = fit_logistic_batch(X, targets, np.repeat(grid, len(kept)), weights)
    by_C = fits.scores(X).reshape(len(grid), len(kept), len(y))
    losses = np.logaddexp(0.0, np.where(y == 1, -1.0, 1.0) * by_C[:, :-1])
    mean = -(losses * held_out).sum(axis=(1, 2)) / held_out.sum()
    best = int(np.flatnonzero(mean >= mean.max() - _TIE)[0])
    whole = best * len(kept) + len(folds)
    return LogisticProbe(
        fits.coefficients[whole],
        float(fits.intercepts[whole]),
        float(grid[best]),
        bool(fits.converged[whole]),
    )
