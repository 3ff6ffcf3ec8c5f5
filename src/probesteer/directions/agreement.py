"""How far a direction can be relied on: between resamples of the groups, and between layers."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from probesteer.directions.cosines import cosines_of
from probesteer.directions.direction import Direction
from probesteer.directions.methods import CONTROLS, ESTIMATORS, FOREIGN
from probesteer.directions.training import TrainingRows
from probesteer.directions.zero import ZeroDirectionError
from probesteer.errors import ProbesteerError
from probesteer.places import Place
from probesteer.probes.metrics.intervals import group_resamples

Refit = Callable[[TrainingRows], TrainingRows]

_NUMBERS = ["metric", "value", "low", "high", "n", "interval"]


def resample_table(
    rows: TrainingRows,
    place: Place,
    methods: Sequence[str],
    draws: int,
    seed: Sequence[int],
    refit: Refit | None = None,
) -> pd.DataFrame:
    """Cosines between a direction and those of bootstrap resamples of the groups: a row a method.

    Columns site, layer, method, metric ("resample_cosine"), value, low, high, n, interval. value
    is the mean over the draws, low and high their central 95 %, n the training rows. A resample is
    a new draw of groups (`probes.intervals.group_resamples`); one that lacks a label, or in which a
    method finds no direction, is left out. With fewer than `MIN_GROUPS` groups all are NaN.
    refit: gives resampled rows a probe of their own, which `logistic` needs; methods that don't
    come from the rows are left out.

    Raises ProbesteerError where `rows` have no groups, or `logistic` is asked for without refit.
    """
    if rows.groups is None:
        raise ProbesteerError("agreement between resamples: the training rows have no groups")
    wanted = [method for method in methods if method not in FOREIGN]
    if "logistic" in wanted and refit is None:
        raise ProbesteerError("agreement between resamples: logistic needs a refit")
    resamples = group_resamples(rows.groups, draws, seed)
    whole = {method: _unit(ESTIMATORS[method](rows)) for method in wanted}
    cosines: dict[str, list[float]] = {method: [] for method in wanted}
    for counts in resamples.counts if resamples.enough else ():
        drawn = rows.resampled(counts[resamples.group_of_row])
        if len(np.unique(drawn.y)) < 2:
            continue
        drawn = refit(drawn) if refit is not None and "logistic" in wanted else drawn
        for method in wanted:
            try:
                cosines[method].append(float(_unit(ESTIMATORS[method](drawn)) @ whole[method]))
            except ZeroDirectionError:
                continue
    table = [
        (place.site, place.layer, method, "resample_cosine", *_summary(found), len(rows.y))
        for method, found in cosines.items()
    ]
    names = ["site", "layer", "method", "metric", "value", "low", "high", "n"]
    return pd.DataFrame(table, columns=names).assign(interval="bootstrap 95%")


def layer_table(directions: Sequence[Direction]) -> pd.DataFrame:
    """Cosines between the directions of one method at all layers of a site, controls left out.

    Columns site, layer, method, other_layer, metric ("layer_cosine"), value, low, high, n,
    interval; every ordered pair of layers is a row, so that a method pivots to a full matrix. n is
    the smaller number of training rows. Layers of different width aren't compared.
    """
    lines: dict[tuple[str, str, int], list[Direction]] = {}
    for one in directions:
        if one.method not in CONTROLS:
            key = (one.place.site, one.method, len(one.vector))
            lines.setdefault(key, []).append(one)
    nan = float("nan")
    table = []
    for (site, method, _), line in lines.items():
        cosines = cosines_of(line)
        for i, one in enumerate(line):
            for j, other in enumerate(line):
                pair = (site, one.place.layer, method, other.place.layer, "layer_cosine")
                n = min(one.n, other.n)
                table.append((*pair, float(cosines[i, j]), nan, nan, n, "none"))
    return pd.DataFrame(table, columns=["site", "layer", "method", "other_layer", *_NUMBERS])


def _summary(cosines: Sequence[float]) -> tuple[float, float, float]:
    """Mean, and the ends of the central 95 %."""
    if not cosines:
        return float("nan"), float("nan"), float("nan")
    low, high = np.quantile(cosines, [0.025, 0.975])
    return float(np.mean(cosines)), float(low), float(high)


def _unit(vector: np.ndarray) -> np.ndarray:
    unit: np.ndarray = vector / np.linalg.norm(vector)
    return unit
