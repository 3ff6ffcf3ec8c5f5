"""Rows of the table `components`: how clusters of examples stand along directions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probesteer.geometry.components.factors import (
    METHODS,
    Directions,
    Rows,
    fit_directions,
    random_directions,
)
from probesteer.geometry.components.monosemanticity import Monosemanticity, monosemanticity

COLUMNS = (
    *("clusters", "method", "direction", "cluster", "rank", "bin", "metric"),
    *("value", "low", "high", "n", "interval"),
)
Row = tuple[str, str, int, int, int, float, str, float, float, float, int, str]

BIN = 0.1
"""Width of a bin of cosines."""
LOTS = 400
"""Deals of the clusters by lot."""
ALL = -1
"""In place of a direction, or of a cluster: all of them, or none."""
_NAN = float("nan")
_EDGES = np.round(np.arange(-1, 1, BIN), 10)


@dataclass(frozen=True, eq=False)
class Clustered:
    """Examples at one place of the network, and what clusters they are in."""

    X: Rows
    """[n, d]: their activations."""
    cluster: NDArray[np.int64]
    """[n], from 0; -1: in none."""
    by: str
    """What the clusters are of: codes, euclidean or cosine."""

    def of_clusters(
        self, cosines: NDArray[np.float64], draws: int, seed: int
    ) -> Monosemanticity | None:
        """Of those in a cluster; cosines: [n, k]."""
        inside = self.cluster >= 0
        return monosemanticity(cosines[inside], self.cluster[inside], draws, seed)


def ranks(cluster: NDArray[np.int64]) -> dict[int, int]:
    """Of every cluster, from 1 for the largest; 0 for those in none. cluster: [n]."""
    names, sizes = np.unique(cluster[cluster >= 0], return_counts=True)
    order = np.argsort(-sizes, kind="stable")
    return {ALL: 0, **{int(names[at]): rank for rank, at in enumerate(order, start=1)}}


def component_rows(
    fitted: Rows, clustered: list[Clustered], count: int, random_draws: int, seed: int
) -> list[Row]:
    """Of every method and of random directions, at one place.

    fitted: [m, d], the activations that directions are fitted to; `count` directions a method;
    `random_draws` sets of as many random ones. Cosines are counted, in bins, by clusters of codes.
    """
    rows: list[Row] = []
    for method in METHODS:
        directions = fit_directions(fitted, method, count, seed)
        for own in clustered if len(directions.vectors) else []:
            cosines = directions.cosines(own.X)
            if own.by == "codes":
                rows += _counted(own, method, cosines)
            if (found := own.of_clusters(cosines, LOTS, seed)) is not None:
                rows += _measured(own, method, found)
    generator = np.random.default_rng(seed)
    drawn = [random_directions(fitted, count, generator) for _ in range(random_draws)]
    for own in clustered:
        rows += _of_random(own, drawn)
    return rows


def _counted(own: Clustered, method: str, cosines: NDArray[np.float64]) -> list[Row]:
    """How many examples of each cluster, and of those in none, have a cosine in each bin."""
    bins = np.clip(np.searchsorted(_EDGES, cosines, side="right") - 1, 0, len(_EDGES) - 1)
    rows: list[Row] = []
    for cluster, rank in sorted(ranks(own.cluster).items()):
        inside = own.cluster == cluster
        for direction, column in enumerate(bins[inside].T):
            counts = np.bincount(column, minlength=len(_EDGES))
            for at in np.flatnonzero(counts):
                key = (own.by, method, direction, cluster, rank, float(_EDGES[at]), "count")
                rows.append((*key, float(counts[at]), _NAN, _NAN, int(inside.sum()), "none"))
    return rows


def _measured(own: Clustered, method: str, found: Monosemanticity) -> list[Row]:
    """Every direction's share, and their mean beside that of clusters by lot."""
    ranked, rows = ranks(own.cluster), list[Row]()
    for direction, cluster in enumerate(found.cluster):
        key = (own.by, method, direction, int(cluster), ranked[int(cluster)], _NAN)
        for metric, values in (
            *(("share", found.share), ("as_high_by_lot", found.as_high)),
            ("high_end", found.threshold),
        ):
            rows.append((*key, metric, float(values[direction]), _NAN, _NAN, found.top, "none"))
    whole = (own.by, method, ALL, ALL, 0, _NAN)
    mean, drawn = float(found.share.mean()), found.chance.mean(axis=1)
    low, high = (float(end) for end in np.quantile(drawn, (0.025, 0.975)))
    by_lot = ("share_by_lot", float(drawn.mean()), low, high, found.top, "95% of draws")
    return [
        *rows,
        (*whole, "share", mean, _NAN, _NAN, found.top, "none"),
        (*whole, *by_lot),
    ]


def _of_random(own: Clustered, drawn: list[Directions]) -> list[Row]:
    """The mean share of a set of random directions: mean and range over the sets."""
    sets = [own.of_clusters(directions.cosines(own.X), 0, 0) for directions in drawn]
    found = [each for each in sets if each is not None]
    if not found:
        return []
    means = np.array([each.share.mean() for each in found])
    key = (own.by, "random", ALL, ALL, 0, _NAN, "share", float(means.mean()))
    return [(*key, float(means.min()), float(means.max()), found[0].top, "range of draws")]
