"""Clusters of spline codes, or of activations, against labels that the clustering didn't see."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import HDBSCAN

from probesteer.geometry.polytopes.codes import SplineCodes
from probesteer.geometry.polytopes.density import euclidean_matrix
from probesteer.geometry.polytopes.hamming import hamming_matrix

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Clusters:
    """n examples in clusters, or in none."""

    cluster: NDArray[np.int64]
    """[n], counted from 0; -1 for those in none."""
    purity: float
    """Share of the clustered examples that have the commonest label of their cluster (Zhao &
    Karypis 2001); NaN where none are clustered. Says nothing about the others: see `share`."""
    share: float
    """Share of all examples that are in a cluster."""
    chance: float
    """Purity of the same cluster sizes with labels dealt out at random, in expectation over
    draws; small clusters are pure by chance alone."""

    @property
    def count(self) -> int:
        """How many clusters there are."""
        return int(self.cluster.max(initial=-1)) + 1


def hamming_shares(codes: SplineCodes) -> FloatArray:
    """Share of the units in which two codes differ: [n, n]."""
    return hamming_matrix(codes) / max(1, codes.bits)


def cosine_distances(X: NDArray[np.floating[Any]]) -> FloatArray:
    """1 - cosine of all pairs of X: [n, d]; [n, n]. A zero row is at 1 from all others."""
    rows = np.asarray(X, dtype=np.float64)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    units = rows / np.where(norms > 0, norms, 1)
    # From the chord: exactly 0 for parallel rows, which 1 - cosine would miss by rounding.
    distances: FloatArray = euclidean_matrix(units) ** 2 / 2
    empty = norms[:, 0] == 0
    distances[empty] = distances[:, empty] = 1
    np.fill_diagonal(distances, 0)
    return distances


def cluster(
    distances: FloatArray, labels: NDArray[Any], seed: int, least: int = 5, draws: int = 20
) -> Clusters:
    """HDBSCAN (Campello et al. 2013) on distances: [n, n], with clusters of at least `least`.

    labels: [n]. `draws` shuffles of the labels give the purity by chance.
    """
    # scikit-learn wants exact symmetry and a zero diagonal.
    symmetric = (distances + distances.T) / 2
    np.fill_diagonal(symmetric, 0)
    model = HDBSCAN(min_cluster_size=least, metric="precomputed", copy=True)
    found = model.fit_predict(symmetric).astype(np.int64)
    _, coded = np.unique(labels, return_inverse=True)
    generator = np.random.default_rng(seed)
    shuffled = [purity(found, generator.permutation(coded)) for _ in range(draws)]
    return Clusters(
        cluster=found,
        purity=purity(found, coded),
        share=float(np.mean(found >= 0)),
        chance=float(np.mean(shuffled)),
    )


def purity(found: NDArray[np.int64], labels: NDArray[np.int64]) -> float:
    """Share of examples in a cluster that have its commonest label.

    found: [n], clusters from 0, or -1; labels: [n], from 0.
    """
    inside = found >= 0
    if not inside.any():
        return float("nan")
    table = np.zeros((found.max() + 1, labels.max() + 1), dtype=np.int64)
    np.add.at(table, (found[inside], labels[inside]), 1)
    return float(table.max(axis=1).sum() / inside.sum())
