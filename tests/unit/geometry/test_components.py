"""Directions of PCA and NMF, and how far each means one cluster."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import NMF

from probesteer.geometry.components.calibrations import calibrate_components
from probesteer.geometry.components.central import central_examples
from probesteer.geometry.components.factors import (
    METHODS,
    fit_directions,
    of_both_signs,
    random_directions,
)
from probesteer.geometry.components.monosemanticity import monosemanticity
from probesteer.geometry.components.tables import COLUMNS, Clustered, component_rows, ranks

RANDOM = np.random.default_rng(0)
CLUSTER = np.array([*[4] * 30, *[0] * 20, *[2] * 25, *[-1] * 5])
X = 4 * np.eye(6)[CLUSTER] + RANDOM.standard_normal((80, 6))


def rows(*clustered: Clustered) -> pd.DataFrame:
    return pd.DataFrame(component_rows(X, list(clustered), 3, 4, 0), columns=COLUMNS)


def test_principal_components_are_eigenvectors_turned_to_the_longer_tail() -> None:
    skewed = RANDOM.exponential(size=(300, 5)) * [5, 4, 3, 2, 1]
    found = fit_directions(-skewed, "pca", 3, 0)
    centred = skewed - skewed.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    np.testing.assert_allclose(np.abs(found.vectors @ vectors[:, :-4:-1]), np.eye(3), atol=1e-8)
    # The tails of -skewed are negative along every axis.
    assert (found.vectors[np.arange(3), np.arange(3)] < -0.8).all()


def test_factors_of_what_is_not_negative_are_those_of_scikit_learn() -> None:
    positive = np.abs(X)
    model = NMF(3, init="nndsvda", max_iter=1_000, tol=1e-3, random_state=5)
    weights = model.fit_transform(positive)
    sizes = np.linalg.norm(model.components_, axis=1)
    order = np.argsort(-sizes * np.linalg.norm(weights, axis=0))
    expected = (model.components_ / sizes[:, None])[order]
    np.testing.assert_array_equal(fit_directions(positive, "nmf", 3, 5).vectors, expected)
    assert not of_both_signs(positive)


def test_factors_of_both_signs_rebuild_with_weights_that_are_not_negative() -> None:
    weights = RANDOM.random((200, 3)) * (RANDOM.random((200, 3)) < 0.3)
    planted = RANDOM.standard_normal((3, 10))
    signed = weights @ planted
    found = fit_directions(signed, "nmf", 6, 0)
    assert of_both_signs(signed)
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1)
    assert (found.vectors < 0).any()
    # All lie in the plane of what was planted.
    outside = found.vectors - found.vectors @ np.linalg.pinv(planted) @ planted
    assert np.abs(outside).max() < 0.15


@pytest.mark.parametrize("method", METHODS)
def test_no_more_directions_than_there_is_variation(method: str) -> None:
    flat = np.outer(RANDOM.standard_normal(20), np.ones(4))
    assert fit_directions(flat, method, 3, 0).vectors.shape == (1, 4)
    same = np.ones((20, 4))
    found = fit_directions(same, method, 3, 0)
    assert found.vectors.shape == (0, 4)
    assert found.cosines(same).shape == (20, 0)


def test_cosines_are_of_what_deviates_from_the_mean() -> None:
    found = random_directions(X, 4, np.random.default_rng(1))
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1)
    moved = X[:3] - X.mean(axis=0)
    expected = [[row @ vector / np.sqrt(row @ row) for vector in found.vectors] for row in moved]
    np.testing.assert_allclose(found.cosines(X[:3]), expected)
    np.testing.assert_array_equal(found.cosines(X.mean(axis=0)[None]), 0)
    projections = (X - X.mean(axis=0)) @ found.vectors.T
    assert ((projections**3).sum(axis=0) > 0).all()


def test_the_high_end_is_counted_cluster_by_cluster() -> None:
    inside = CLUSTER >= 0
    cosines = RANDOM.standard_normal((inside.sum(), 5))
    found = monosemanticity(cosines, CLUSTER[inside], 50, 3)
    assert found is not None
    assert found.top == 8  # a tenth of 75, rounded up
    for at, column in enumerate(cosines.T):
        high = sorted(range(75), key=lambda row: -column[row])[:8]
        counts = Counter(CLUSTER[inside][high].tolist())
        assert found.share[at] == max(counts.values()) / 8
        assert counts[found.cluster[at]] == max(counts.values())
        assert found.threshold[at] == column[high[-1]]
    assert found.chance.shape == (50, 5)
    reached = [(1 + sum(found.chance[:, at] >= share)) / 51 for at, share in enumerate(found.share)]
    np.testing.assert_allclose(found.as_high, reached)


def test_clusters_by_lot_give_what_is_expected_of_them() -> None:
    # Of two clusters of 10, 2 of 20 are drawn: both of one cluster in 9 of 19 draws.
    found = monosemanticity(np.arange(20.0)[:, None], np.repeat([0, 1], 10), 4_000, 0)
    assert found is not None
    assert found.chance.mean() == pytest.approx(9 / 19 + 10 / 19 / 2, abs=0.02)


@pytest.mark.parametrize(
    "clusters", [np.repeat([0, 1], [10, 9]), np.zeros(40, dtype=np.int64), np.zeros(0, dtype=int)]
)
def test_few_examples_or_one_cluster_have_no_high_end(clusters: np.ndarray) -> None:
    assert monosemanticity(np.zeros((len(clusters), 2)), clusters, 10, 0) is None


def test_clusters_are_ranked_by_size() -> None:
    assert ranks(CLUSTER) == {-1: 0, 4: 1, 2: 2, 0: 3}
    assert ranks(np.array([-1, -1])) == {-1: 0}


@pytest.mark.parametrize("method", METHODS)
def test_every_example_is_in_one_bin_of_each_direction(method: str) -> None:
    found = rows(Clustered(X, CLUSTER, "codes"))
    counts = found[(found["metric"] == "count") & (found["method"] == method)]
    cosines = fit_directions(X, method, 3, 0).cosines(X)
    for direction in range(3):
        own = counts[counts["direction"] == direction]
        assert own["value"].sum() == 80
        for cluster, size in ((4, 30), (2, 25), (0, 20), (-1, 5)):
            here = own[own["cluster"] == cluster].set_index("bin")["value"]
            column = cosines[cluster == CLUSTER, direction]
            # Whole tenths, so that no bin starts a hair beside its name.
            expected = Counter((np.floor(column * 10) / 10).round(1).tolist())
            assert here.to_dict() == expected
            assert here.sum() == size


def test_directions_and_random_ones_beside_clusters_by_lot() -> None:
    found = rows(Clustered(X, CLUSTER, "codes"), Clustered(X, CLUSTER, "cosine"))
    shares = found[found["metric"] == "share"]
    for by in ("codes", "cosine"):
        for method in METHODS:
            own = shares[(shares["clusters"] == by) & (shares["method"] == method)]
            each, mean = own[own["direction"] >= 0], own[own["direction"] == -1]
            assert len(each) == 3
            assert mean["value"].item() == pytest.approx(each["value"].mean())
        drawn = shares[(shares["clusters"] == by) & (shares["method"] == "random")].iloc[0]
        assert drawn["low"] <= drawn["value"] <= drawn["high"]
        assert drawn["interval"] == "range of draws"
    by_lot = found[found["metric"] == "share_by_lot"]
    assert len(by_lot) == 4
    assert (by_lot["low"] < by_lot["high"]).all()
    # Bins are of clusters of codes alone.
    assert set(found.loc[found["metric"] == "count", "clusters"]) == {"codes"}


def test_the_examples_nearest_to_a_clusters_mean() -> None:
    labels = ["yes" if row % 3 else "no" for row in range(80)]
    examples = np.arange(80) + 100
    found = central_examples(X, CLUSTER, examples, labels, [f"text {row}" for row in range(80)])
    assert found.groupby("rank")["cluster"].unique().explode().tolist() == [4, 2, 0]
    for _, own in found.groupby("cluster"):
        inside = np.flatnonzero(own["cluster"].iloc[0] == CLUSTER)
        middle = X[inside].mean(axis=0)
        nearest = sorted(inside, key=lambda row: np.sum((X[row] - middle) ** 2))[:5]
        assert own["example"].tolist() == [row + 100 for row in nearest]
        assert own["text"].tolist() == [f"text {row}" for row in nearest]
        yes = sum(labels[row] == "yes" for row in inside)
        assert own["labels"].unique().tolist() == [f"yes: {yes}, no: {len(inside) - yes}"]
        np.testing.assert_allclose(own["purity"], yes / len(inside))


def test_ten_clusters_are_enough_to_read() -> None:
    many = np.repeat(np.arange(14), np.arange(14) + 2)
    found = central_examples(
        np.zeros((len(many), 2)), many, many, ["a"] * len(many), ["b"] * len(many)
    )
    assert sorted(found["cluster"].unique()) == list(range(4, 14))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_what_was_planted_is_found(seed: int) -> None:
    assert [each for each in calibrate_components(seed) if not each.holds] == []
