"""Pairs of activations that a concept's examples name: one member of label 0, one of label 1."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

Rows = NDArray[np.floating[Any]]

MOST_PAIRS = 128
"""More are drawn from: questions grow with their square."""


@dataclass(frozen=True, eq=False)
class PairSet:
    """p pairs; a member is the mean of its rows."""

    first: NDArray[np.float64]
    """[p, d], of label 0."""
    second: NDArray[np.float64]
    """[p, d], of label 1."""
    groups: NDArray[np.int64]
    """[p], the group of examples that a pair belongs to."""
    by: str
    """The column that names them: pair, or group where no pair has both labels."""


def pair_set(X: Rows, rows: pd.DataFrame, seed: int) -> PairSet | None:
    """The pairs of X: [n, d], whose rows are described by `rows`: label, group, pair.

    Of more than `MOST_PAIRS`, as many are drawn. None where there are fewer than 3, or all lie in
    one group.
    """
    for by in ("pair", "group"):
        if by not in rows:
            continue
        found = _pairs_by(X, rows, by, seed)
        if found is not None and len(found.first) >= 3 and len(np.unique(found.groups)) > 1:
            return found
    return None


def _pairs_by(X: Rows, rows: pd.DataFrame, by: str, seed: int) -> PairSet | None:
    codes, names = pd.factorize(rows[by])
    labels = rows["label"].to_numpy(dtype=np.int64)
    counts = np.zeros((len(names), 2))
    named = codes >= 0
    np.add.at(counts, (codes[named], labels[named]), 1)
    whole = np.flatnonzero(counts.min(axis=1, initial=np.inf) > 0)
    if not len(whole):
        return None
    if len(whole) > MOST_PAIRS:
        drawn = np.random.default_rng([seed, 2]).choice(whole, MOST_PAIRS, replace=False)
        whole = np.sort(drawn)
    groups = pd.factorize(rows["group"])[0]
    first_row = pd.Series(np.arange(len(codes))).groupby(codes).first()
    sides = []
    for label in (0, 1):
        own = np.flatnonzero(named & (labels == label))
        weights = sparse.csr_matrix(
            (1 / counts[codes[own], label], (codes[own], own)), (len(names), len(codes))
        )
        sides.append(np.asarray(weights[whole] @ np.asarray(X, dtype=np.float64)))
    return PairSet(sides[0], sides[1], groups[first_row[whole].to_numpy()], by)
