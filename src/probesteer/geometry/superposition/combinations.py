"""The four combinations of two concepts' labels: their means, group by group."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from probesteer.probes.metrics.weighting import ratio

FloatArray = NDArray[np.float64]

COMBINATIONS = ((0, 0), (0, 1), (1, 0), (1, 1))
"""Labels of the first and of the second concept; the order of every axis of four."""
# Draws of an interval whose means are held at once.
_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class Crossed:
    """Rows that have the labels of two concepts."""

    X: FloatArray
    """[n, d]."""
    labels: NDArray[np.int64]
    """[n, 2] in {0, 1}."""
    groups: NDArray[np.int64]
    """[n], from 0; what shares a group for either concept."""

    @property
    def combination(self) -> NDArray[np.int64]:
        """[n], of `COMBINATIONS`."""
        combination: NDArray[np.int64] = 2 * self.labels[:, 0] + self.labels[:, 1]
        return combination

    def with_labels_by_lot(self, concept: int, generator: np.random.Generator) -> "Crossed":
        """The same rows, the labels of one concept dealt out anew within each label of the other.

        Each combination keeps its number of rows, and the other concept its labels.
        """
        labels = self.labels.copy()
        for label in (0, 1):
            rows = np.flatnonzero(labels[:, 1 - concept] == label)
            labels[rows, concept] = generator.permutation(labels[rows, concept])
        return Crossed(self.X, labels, self.groups)


@dataclass(frozen=True, eq=False)
class CombinationSums:
    """Sums over the rows of each group and combination."""

    sums: FloatArray
    """[g, 4, d]."""
    counts: FloatArray
    """[g, 4], rows."""

    def products(self, weights: FloatArray, between_groups: bool = False) -> FloatArray:
        """Inner products of the combinations' means, [b, 4, 4]; weights: [b, g], of the groups.

        between_groups: of rows of different groups alone, so that what the rows of one group have
        in common, noise included, takes no part: means of independent noise then have a product of
        0 on average, with themselves too. NaN where no rows are left.
        """
        own = np.einsum("gcd,ged->gce", self.sums, self.sums)
        own_counts = self.counts[:, :, None] * self.counts[:, None]
        parts = []
        for start in range(0, len(weights), _AT_ONCE):
            some = weights[start : start + _AT_ONCE]
            sums = np.tensordot(some, self.sums, axes=1)
            counts = some @ self.counts
            total = np.einsum("bcd,bed->bce", sums, sums)
            pairs = counts[:, :, None] * counts[:, None]
            if between_groups:
                total -= np.tensordot(some**2, own, axes=1)
                pairs -= np.tensordot(some**2, own_counts, axes=1)
            parts.append(ratio(total, pairs))
        return np.concatenate(parts)


def combination_sums(rows: Crossed) -> CombinationSums:
    """The sums of every group and combination."""
    groups = int(rows.groups.max(initial=-1)) + 1
    cell = 4 * rows.groups + rows.combination
    belongs = sparse.csr_matrix(
        (np.ones(len(cell)), (cell, np.arange(len(cell)))), (4 * groups, len(cell))
    )
    sums = np.asarray(belongs @ rows.X).reshape(groups, 4, -1)
    return CombinationSums(sums, np.asarray(belongs.sum(axis=1)).reshape(groups, 4))


def joined(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.int64]:
    """Groups of rows that share a group of either kind, or are linked by rows that do, from 0.

    one, other: [n], the groups that two concepts give the same rows.
    """
    n, (first, second) = (
        len(one),
        (np.unique(each, return_inverse=True)[1] for each in (one, other)),
    )
    links = sparse.csr_matrix(
        (np.ones(n), (first, second)),
        (int(first.max(initial=-1)) + 1, int(second.max(initial=-1)) + 1),
    )
    _, of_first = connected_components(
        sparse.block_array([[None, links], [links.T, None]]), directed=False
    )
    found: NDArray[np.int64] = np.unique(of_first[first], return_inverse=True)[1].astype(np.int64)
    return found
