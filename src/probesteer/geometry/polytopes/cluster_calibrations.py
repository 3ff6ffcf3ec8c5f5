"""Clusters of spline codes where it is known which examples belong together."""

import numpy as np

from probesteer.geometry.calibration import Calibration, about, at_least, exactly
from probesteer.geometry.polytopes.clusters import cluster, hamming_shares
from probesteer.geometry.polytopes.planted import hyperplane_net

_TOY = "three clouds between 200 hyperplanes"


def calibrate_clusters(seed: int) -> tuple[Calibration, ...]:
    """Three clouds of 30, far apart and narrow, told by their own labels and by labels by lot."""
    generator = np.random.default_rng(seed)
    labels = np.repeat(np.arange(3), 30)
    X = 10 * np.eye(8)[labels] + generator.standard_normal((90, 8)) / 4
    net = hyperplane_net(generator.standard_normal((200, 8)), 5 * generator.standard_normal(200))
    codes = net(X, np.zeros(90, dtype=np.int64)).codes
    own = cluster(hamming_shares(codes), labels, seed)
    lots = cluster(hamming_shares(codes), generator.permutation(labels), seed)
    return (
        Calibration(
            _TOY, "clusters of codes", at_least(3, "3, or more where a cloud is split"), own.count
        ),
        Calibration(_TOY, "purity of clusters of codes", exactly(1, "1"), own.purity),
        Calibration(
            _TOY,
            "purity of labels by lot over chance",
            about(0, 0.12, "0"),
            lots.purity - lots.chance,
        ),
    )
