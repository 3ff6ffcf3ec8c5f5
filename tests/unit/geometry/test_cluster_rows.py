"""Clusters of codes as rows, and where it is known which examples belong together."""

import numpy as np
import pandas as pd

from probesteer.geometry.polytopes.cluster_calibrations import calibrate_clusters
from probesteer.geometry.polytopes.planted import hyperplane_net
from probesteer.geometry.polytopes.tables import COLUMNS, Sample, cluster_rows


def test_clusters_find_what_was_planted() -> None:
    for seed in range(3):
        assert [each.instrument for each in calibrate_clusters(seed) if not each.holds] == []


def test_two_clouds_are_two_pure_clusters_by_every_distance() -> None:
    rng, labels = np.random.default_rng(0), np.repeat([0, 1], 20)
    # Far apart in direction, too, so that cosines tell them.
    X = 9 * np.eye(6)[labels] + rng.standard_normal((40, 6)) / 3
    net = hyperplane_net(rng.standard_normal((150, 6)), 4 * rng.standard_normal(150))
    given = Sample("trained", X, np.arange(40), np.arange(40), 0)
    codes = net(X, given.examples).codes
    rows = pd.DataFrame(cluster_rows(given, codes, labels), columns=COLUMNS)
    for method in ("codes", "euclidean", "cosine"):
        own = rows[rows["method"] == method].set_index("metric")["value"]
        assert own["purity"] == 1
        assert own["clusters"] == 2
        assert own["purity_by_chance"] < 0.8
        assert 0.5 < own["share_clustered"] <= 1
    assert set(rows["path"]) == {"clusters"}
