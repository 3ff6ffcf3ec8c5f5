"""Rows on pushes: how far another model's direction moves a model beside its own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.geometry.superposition.drift_rows import BOOTSTRAP, RANGE, Row, ends_of_draws
from probesteer.probes.metrics.intervals import bootstrap_mean, group_resamples

FloatArray = NDArray[np.float64]


def slope_rows(
    methods: Sequence[str],
    slopes: FloatArray,
    groups: NDArray[Any],
    draws: int,
    seed: int,
) -> list[Row]:
    """Rows of one place.

    slopes: [directions, prompts], nats per unit of strength, of the other model: along the first
    model's directions by method, along its own by method, then along random ones. groups:
    [prompts]. `slope`: mean over prompts; `share_of_own`: that of the first model's direction over
    that of the other's own, resampled together. Random ones as their mean and range.
    """
    k, n = len(methods), slopes.shape[1]
    first, own, random = slopes[:k], slopes[k : 2 * k], slopes[2 * k :].mean(axis=1)
    rows: list[Row] = []
    for method, moved, usual in zip(methods, first, own, strict=True):
        for direction, values in (("transferred", moved), ("own", usual)):
            low, high = bootstrap_mean(values, groups, draws, seed)
            key = (method, direction, "slope", float(values.mean()))
            rows.append((*key, float(low), float(high), n, BOOTSTRAP))
        kept = share_of(moved, usual, groups, draws, seed)
        rows.append((method, "transferred", "share_of_own", *kept, n, BOOTSTRAP))
        chance = ends_of_draws(random)
        rows.append((method, "random", "slope", *chance, len(random), RANGE))
    return rows


def share_of(
    values: FloatArray, whole: FloatArray, groups: NDArray[Any], draws: int, seed: int
) -> tuple[float, float, float]:
    """Mean of `values` over that of `whole`, both [n], and a 95% bootstrap interval over groups."""

    def ratio(weights: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore", invalid="ignore"):
            over: FloatArray = (weights @ values) / (weights @ whole)
        return over

    ends = group_resamples(groups, draws, seed).interval(ratio)
    return float(ratio(np.ones(len(values)))), ends.low, ends.high
