"""Probe that asks the nearest training rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.probes.estimators.interface import FittedProbe, FloatArray, Labels
from probesteer.probes.estimators.standardisation import (
    Standardisation,
    fit_standardisation,
    training_rows,
)

NEIGHBOURS = (1, 3, 5, 9, 17, 33, 65)
"""Numbers of neighbours tried; odd, so that no vote is a tie."""
_ROWS_AT_ONCE = 2048


@dataclass(frozen=True, eq=False)
class NearestNeighbourProbe:
    """Votes of the nearest training rows, by Euclidean distance in standardised features."""

    standardisation: Standardisation
    rows: NDArray[np.float32]
    """[n_train, d], standardised."""
    labels: Labels
    """[n_train]"""
    neighbours: int
    linear: bool = False
    log_odds: bool = True

    def scores(self, X: Any) -> FloatArray:
        """log((votes for 1 + 1) / (votes for 0 + 1)), [n], for X: [n, d] of any float dtype."""
        parts = [np.zeros(0)]
        for start in range(0, len(X), _ROWS_AT_ONCE):
            asked = self.standardisation.apply(X[start : start + _ROWS_AT_ONCE])
            distances = _distances(asked.astype(np.float32), self.rows)
            votes = _votes(distances, self.labels, self.neighbours)[:, -1]
            parts.append(_log_odds(votes, self.neighbours))
        return np.concatenate(parts)


def fit_nearest_neighbours(
    X: NDArray[Any], y: Labels, groups: NDArray[Any], pairs: NDArray[Any] | None, seed: int
) -> FittedProbe:
    """Score = smoothed log-odds of the votes of the k nearest rows (Cover & Hart 1967).

    Distance is Euclidean in standardised features. k is one of `NEIGHBOURS`, that with the
    highest mean log-likelihood of rows held out in whole groups; of equal ones the largest. A
    label gets one vote beforehand (Laplace's rule), so that no row has a likelihood of 0. Pairs
    play no part.
    Raises UnfittableError where no groups can be held out.
    """
    # Imported here: it brings in scikit-learn, which takes a second.
    from probesteer.probes.estimators.folds import training_folds

    rows = training_rows(X, y, "nearest neighbours")
    folds = training_folds(y, groups, seed, "nearest neighbours")
    standardisation = fit_standardisation(rows)
    scaled = standardisation.apply(rows).astype(np.float32)
    distances = _distances(scaled, scaled)
    tried = [k for k in NEIGHBOURS if k <= min(len(fold.fit) for fold in folds)]
    likelihood = np.zeros(len(tried))
    for fold in folds:
        held_out = distances[np.ix_(fold.held_out, fold.fit)]
        votes = _votes(held_out, y[fold.fit], tried[-1])[:, np.array(tried) - 1]
        sign = np.where(y[fold.held_out] == 1, 1.0, -1.0)[:, None]
        likelihood -= np.logaddexp(0.0, -sign * _log_odds(votes, np.array(tried))).sum(axis=0)
    best = int(np.flatnonzero(likelihood >= likelihood.max() - 1e-9 * len(y))[-1])
    return NearestNeighbourProbe(standardisation, scaled, y, tried[best])


def _distances(rows: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Squared distances, [n, m], of rows: [n, d] from others: [m, d], less a constant a row."""
    distances = rows @ others.T
    distances *= -2
    distances += np.einsum("ij,ij->i", others, others)
    return distances


def _votes(distances: NDArray[np.float32], labels: Labels, most: int) -> NDArray[np.int64]:
    """How many of the 1, 2, ... `most` nearest have label 1; [n, most].

    distances: [n, m]; labels: [m]. Of rows equally far the earlier is nearer.
    """
    nearest = np.argpartition(distances, most - 1, axis=1)[:, :most]
    # Of rows as far as the farthest that votes, the partition takes any.
    farthest = np.take_along_axis(distances, nearest, axis=1).max(axis=1, keepdims=True)
    tied = np.count_nonzero(distances <= farthest, axis=1) > most
    nearest[tied] = np.argsort(distances[tied], axis=1, kind="stable")[:, :most]
    nearest.sort(axis=1)
    within = np.argsort(np.take_along_axis(distances, nearest, axis=1), axis=1, kind="stable")
    return np.cumsum(labels[np.take_along_axis(nearest, within, axis=1)], axis=1)


def _log_odds(votes: NDArray[np.int64], of: int | NDArray[np.int64]) -> FloatArray:
    """Log-odds with one vote for each label beforehand."""
    log_odds: FloatArray = np.log(votes + 1.0) - np.log(of - votes + 1.0)
    return log_odds
