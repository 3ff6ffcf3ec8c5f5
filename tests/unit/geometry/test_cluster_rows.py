"""Clusters of codes as rows, and where it is known which examples belong together."""

import numpy as np
import pandas as pd

from probesteer.geometry.polytopes.cluster_calibrations import calibrate_clusters
from probesteer.geometry.polytopes.cluster_tables import (
    MEMBERS,
    SOFT,
    cluster_members,
    cluster_rows,
    find_clusters,
)
from probesteer.geometry.polytopes.codes import pack_codes
from probesteer.geometry.polytopes.hamming import soft_hamming_matrix
from probesteer.geometry.polytopes.planted import hyperplane_net
from probesteer.geometry.polytopes.sampling import Sample
from probesteer.geometry.polytopes.tables import COLUMNS


def test_clusters_find_what_was_planted() -> None:
    for seed in range(3):
        assert [each.instrument for each in calibrate_clusters(seed) if not each.holds] == []


def test_two_clouds_are_two_pure_clusters_by_every_distance() -> None:
    rng, labels = np.random.default_rng(0), np.repeat([0, 1], 20)
    # Far apart in direction, too, so that cosines tell them.
    X = 9 * np.eye(6)[labels] + rng.standard_normal((40, 6)) / 3
    net = hyperplane_net(rng.standard_normal((150, 6)), 4 * rng.standard_normal(150))
    # The examples stand in other rows of the concept's table than here.
    given = Sample("trained", X, np.arange(40)[::-1] + 5, np.arange(40), 0)
    found = find_clusters(given, net(X, given.examples).codes, labels)
    rows = pd.DataFrame(cluster_rows(given, found), columns=COLUMNS)
    members = cluster_members(given, found)
    assert list(members) == list(MEMBERS)
    assert members["example"].dtype == members["cluster"].dtype == np.int64
    for method in ("codes", "euclidean", "cosine"):
        own = rows[rows["method"] == method].set_index("metric")["value"]
        assert own["purity"] == 1
        assert own["clusters"] == 2
        assert own["purity_by_chance"] < 0.8
        assert 0.5 < own["share_clustered"] <= 1
        inside = members[(members["method"] == method) & (members["cluster"] >= 0)]
        assert len(inside) == round(own["share_clustered"] * 40)
        # Examples 44 to 25 have the label 0, those from 24 to 5 the label 1.
        by_label = inside.groupby(inside["example"] >= 25)["cluster"]
        assert by_label.nunique().tolist() == [1, 1]
        assert inside["cluster"].nunique() == 2
    assert set(rows["path"]) == {"clusters"}


def test_soft_codes_are_clustered_beside_the_others_and_told_in_no_list_of_members() -> None:
    rng, labels = np.random.default_rng(0), np.repeat([0, 1], 20)
    active = rng.random((40, 90)) < 0.1 + 0.8 * labels[:, None]
    given = Sample("trained", rng.standard_normal((40, 3)), np.arange(40), np.arange(40), 0)
    soft = soft_hamming_matrix(active.astype(np.float32))
    found = find_clusters(given, pack_codes(active), labels, soft)
    assert found["codes"].count == 2
    assert np.array_equal(found[SOFT].cluster, found["codes"].cluster)
    assert set(cluster_members(given, found)["method"]) == {"codes", "euclidean", "cosine"}
    assert SOFT in {row[2] for row in cluster_rows(given, found)}


def test_nothing_clustered_is_a_table_without_rows() -> None:
    given = Sample("trained", np.zeros((3, 2)), np.arange(3), np.arange(3), 0)
    members = cluster_members(given, {})
    assert list(members) == list(MEMBERS)
    assert members.empty
