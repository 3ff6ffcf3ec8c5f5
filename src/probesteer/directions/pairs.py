"""Differences within pairs: what is left when all that the two rows of a pair share is gone."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import linalg, sparse

from probesteer.directions.training import TrainingRows
from probesteer.directions.zero import ROUNDING, ZeroDirectionError
from probesteer.errors import ProbesteerError
from probesteer.probes.checks import require_both_labels, require_finite


def pair_differences(rows: TrainingRows) -> NDArray[np.float64]:
    """Mean of the rows of label 1 minus mean of those of label 0 of each pair: [pairs, d].

    Where no pair has both labels, a group with both is taken for a pair: what differs between
    groups (topic, template) is gone then too.
    Raises ProbesteerError where neither has both labels, or a row is not finite.
    """
    require_both_labels(rows.y, "paired differences")
    X = np.asarray(rows.X, dtype=np.float64)
    require_finite(X, "paired differences")
    for names in (rows.pairs, rows.groups):
        weights = None if names is None else _contrasts(names, rows.y)
        if weights is not None and weights.shape[0]:
            differences: NDArray[np.float64] = weights @ X
            return differences
    raise ProbesteerError(
        "paired differences: no pair and no group has examples of both labels; add a column "
        "`pair` to the examples, or leave paired_difference and pca_of_differences out"
    )


def paired_difference(rows: TrainingRows) -> NDArray[np.float64]:
    """Mean of the differences within pairs, every pair with the same weight: [d], not scaled.

    Raises ZeroDirectionError where they cancel out, and what `pair_differences` does.
    """
    differences = pair_differences(rows)
    mean: NDArray[np.float64] = differences.mean(axis=0)
    if np.linalg.norm(mean) <= ROUNDING * _scale(rows, differences):
        raise ZeroDirectionError("paired difference: the differences of the pairs cancel out")
    return mean


def pca_of_differences(rows: TrainingRows) -> NDArray[np.float64]:
    """First principal component of the differences within pairs, not centred: [d], unit norm.

    Centring would take away their mean, which is the concept (compare Zou et al. 2023, arXiv
    2310.01405, who centre). The sign is that of their mean.
    Raises ZeroDirectionError where all differences are zero, and what `pair_differences` does.
    """
    differences = pair_differences(rows)
    if np.linalg.norm(differences, axis=1).max() <= ROUNDING * _scale(rows, differences):
        raise ZeroDirectionError("PCA of differences: the rows of every pair are alike")
    component = _first_component(differences)
    return component if differences.mean(axis=0) @ component >= 0 else -component


def _contrasts(names: NDArray[Any], y: NDArray[np.int64]) -> sparse.csr_matrix:
    """[pairs, n]: 1 / n_1 for the rows of label 1, -1 / n_0 for the others of a pair."""
    codes, _ = pd.factorize(np.asarray(names, dtype=object))
    named = codes >= 0
    counts = np.zeros((codes.max(initial=-1) + 1, 2))
    np.add.at(counts, (codes[named], y[named]), 1)
    both = counts.min(axis=1) > 0
    used = named.copy()
    used[named] = both[codes[named]]
    place = np.cumsum(both) - 1
    pair, label = place[codes[used]], y[used]
    weights = np.where(label == 1, 1.0, -1.0) / counts[codes[used], label]
    columns = np.flatnonzero(used)
    return sparse.csr_matrix((weights, (pair, columns)), shape=(int(both.sum()), len(y)))


def _first_component(D: NDArray[np.float64]) -> NDArray[np.float64]:
    """The right singular vector of D: [m, d] with the largest singular value: [d]."""
    wide = D.shape[1] > D.shape[0]
    gram = D @ D.T if wide else D.T @ D
    last = len(gram) - 1
    vector = linalg.eigh(gram, subset_by_index=[last, last])[1][:, 0]
    found: NDArray[np.float64] = D.T @ vector if wide else vector
    return found / np.linalg.norm(found)


def _scale(rows: TrainingRows, differences: NDArray[np.float64]) -> float:
    """The size that rounding goes by."""
    sizes = np.linalg.norm(np.asarray(rows.X, dtype=np.float64), axis=1).max()
    return float(sizes + np.abs(differences).max())
