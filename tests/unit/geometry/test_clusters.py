"""Clusters of codes and of activations, where they are known."""

import numpy as np
import pytest

from probesteer.geometry.polytopes.clusters import (
    cluster,
    cosine_distances,
    hamming_shares,
    purity,
)
from probesteer.geometry.polytopes.codes import pack_codes

LABELS = np.repeat(["b", "a", "c"], 30)


def test_planted_clusters_of_codes_are_found() -> None:
    rng = np.random.default_rng(0)
    centres = rng.random((3, 300)) < 0.5
    active = np.repeat(centres, 30, axis=0) ^ (rng.random((90, 300)) < 0.05)
    found = cluster(hamming_shares(pack_codes(active)), LABELS, seed=0)
    assert found.count == 3
    assert found.purity == 1
    assert found.share > 0.95
    assert found.chance < 0.6


def test_labels_without_clusters_are_read_at_chance() -> None:
    rng = np.random.default_rng(0)
    active = rng.random((90, 300)) < 0.5
    active[::2] = active[0] ^ (rng.random((45, 300)) < 0.05)
    active[1::2] = active[1] ^ (rng.random((45, 300)) < 0.05)
    found = cluster(hamming_shares(pack_codes(active)), LABELS, seed=0)
    assert found.count == 2
    assert abs(found.purity - found.chance) < 0.1


def test_purity_counts_the_commonest_label() -> None:
    found = np.array([0, 0, 0, 1, 1, -1, -1])
    assert purity(found, np.array([2, 2, 1, 0, 0, 3, 3])) == pytest.approx(4 / 5)
    assert np.isnan(purity(np.full(3, -1), np.zeros(3, dtype=np.int64)))


def test_cosine_distances_are_one_less_the_cosine() -> None:
    X = np.random.default_rng(0).standard_normal((6, 4))
    X[1] = 7 * X[0]
    X[2] = 0
    distances = cosine_distances(X)
    units = X[3:] / np.linalg.norm(X[3:], axis=1, keepdims=True)
    np.testing.assert_allclose(distances[3:, 3:], 1 - units @ units.T, atol=1e-12)
    assert distances[0, 1] == 0
    assert distances[2].tolist() == [1, 1, 0, 1, 1, 1]
    assert np.array_equal(distances, distances.T)
