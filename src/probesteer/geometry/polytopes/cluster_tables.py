"""Clusters of examples as rows: how pure each clustering is, and who is in which cluster."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.geometry.polytopes.clusters import (
    Clusters,
    cluster,
    cosine_distances,
    hamming_shares,
)
from probesteer.geometry.polytopes.codes import SplineCodes
from probesteer.geometry.polytopes.density import euclidean_matrix
from probesteer.geometry.polytopes.sampling import Sample
from probesteer.geometry.polytopes.tables import Row

MEMBERS = ("network", "method", "example", "cluster")
SOFT = "soft_codes"
_NAN = float("nan")


def find_clusters(
    sample: Sample,
    codes: SplineCodes,
    labels: NDArray[np.int64],
    soft: NDArray[np.float32] | None = None,
) -> dict[str, Clusters]:
    """HDBSCAN on the Hamming distances of codes, and on Euclidean distances and cosines.

    codes: of the sample's examples; labels: [m]. soft: distances of their soft codes, [m, m], in
    units; clustered, too, where given.
    """
    distances = {
        "codes": hamming_shares(codes),
        "euclidean": euclidean_matrix(sample.X),
        "cosine": cosine_distances(sample.X),
    }
    if soft is not None:
        distances[SOFT] = soft.astype(np.float64) / max(1, codes.bits)
    return {method: cluster(between, labels, sample.seed) for method, between in distances.items()}


def cluster_rows(sample: Sample, clusters: Mapping[str, Clusters]) -> list[Row]:
    """Purity, the share clustered, and what labels by lot would give, of each clustering."""
    rows: list[Row] = []
    for method, found in clusters.items():
        measured = {
            "purity": found.purity,
            "purity_by_chance": found.chance,
            "share_clustered": found.share,
            "clusters": float(found.count),
        }
        key = (sample.network, "clusters", method, "none", _NAN)
        rows += [
            (*key, metric, value, _NAN, _NAN, len(found.cluster), "none")
            for metric, value in measured.items()
        ]
    return rows


def cluster_members(sample: Sample, clusters: Mapping[str, Clusters]) -> pd.DataFrame:
    """The cluster of every example by every clustering but that of soft codes, -1 for none.

    Columns MEMBERS; `example` is the example's row in the table of the concept's examples.
    """
    clusters = {method: found for method, found in clusters.items() if method != SOFT}
    nobody = np.zeros(0, dtype=np.int64)
    rows = {
        "network": np.repeat(sample.network, len(clusters) * len(sample.examples)),
        "method": np.repeat(list(clusters), len(sample.examples)),
        "example": np.tile(sample.examples, len(clusters)),
        "cluster": np.concatenate([nobody, *(found.cluster for found in clusters.values())]),
    }
    return pd.DataFrame(rows, columns=list(MEMBERS)).astype({"network": str, "method": str})
