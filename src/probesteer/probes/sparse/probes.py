"""Logistic probes that read k neurons: how few of them carry a concept.

The selection follows Gurnee et al. 2023 (arXiv 2305.01610). Neurons are ranked by the difference of
the class means in units of the deviation within the classes; the best of them are then thinned out
by adaptive thresholding: a probe on those that are left tells which to keep for the next smaller k.
So neurons that repeat one another give way to those that add something. But of two alike, each has
half the coefficient, and where one neuron is asked for, a third may be kept; so for each k the
first k of the ranking are tried too, and cross-validation chooses. One that the difference of means
ranks below the pool is not found, even where it would help others.

Whether neurons are special is seen against the same search in random orthonormal bases of the same
space, of which one direction is as good as another (Szegedy et al. 2014, arXiv 1312.6199).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.probes.cross_validation import Fold, best_C, held_out_log_likelihoods
from probesteer.probes.logistic import fit_logistic
from probesteer.probes.probe import LogisticProbe
from probesteer.probes.solver.features import SharedFeatures

# The pool holds so many columns for one of the largest size.
POOL = 4
# Columns whose spread is computed at once, in float64.
_COLUMNS = 1_024


@dataclass(frozen=True, eq=False)
class SparseProbe:
    """A probe on some columns of the activations."""

    columns: NDArray[np.int64]
    """[k], those first that counted most in what they were chosen by."""
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
    (for the largest, in that on the pool), or the first k of the ranking where held-out rows are
    more likely by those. C is chosen for each anew.
    """
    wanted = sorted({size for size in sizes if size <= X.shape[1]}, reverse=True)
    if not wanted:
        return {}
    ranking = mean_difference_ranking(X, y)
    columns = ranking[: POOL * wanted[0]]
    probe, _ = fit_cross_validated(X[:, columns], y, folds, C_grid)
    found = {}
    for size in wanted:
        weight = np.abs(probe.coefficient) * X[:, columns].std(axis=0, dtype=np.float64)
        columns = columns[np.argsort(-weight, kind="stable")[:size]]
        probe, likelihood = fit_cross_validated(X[:, columns], y, folds, C_grid)
        if set(columns) != set(ranking[:size]):
            other, of_other = fit_cross_validated(X[:, ranking[:size]], y, folds, C_grid)
            if of_other > likelihood:
                columns, probe = ranking[:size], other
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
) -> tuple[LogisticProbe, float]:
    """The probe on all rows with the C whose folds give held-out rows the highest log-likelihood.

    X: [n, d], y: [n], training rows. Returns the probe and that mean log-likelihood, nats a row.
    """
    features, grid = SharedFeatures(X), sorted(set(C_grid))
    mean = held_out_log_likelihoods(features, y, folds, grid)
    C, _ = best_C(grid, mean)
    return fit_logistic(features, y, C), float(mean[grid.index(C)])
