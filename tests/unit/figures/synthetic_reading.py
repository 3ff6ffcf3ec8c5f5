"""Rows on reading made-up concepts: probes, directions, cosines."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tests.unit.figures.synthetic_truth import Row, Site, Truth, depths_of, reading


def probe_rows(
    truths: Sequence[Truth],
    places: list[Site],
    draws: int,
    model: str,
    rng: np.random.Generator,
) -> list[Row]:
    rows: list[Row] = []
    count = 200
    for truth in truths:
        for split in ("validation", "test"):
            base = (model, truth.name, "tokens", -1, "bag_of_tokens", -1, split, "accuracy")
            error = _error(truth.baseline, count)
            ends = (truth.baseline - error, min(1.0, truth.baseline + error))
            rows.append((*base, truth.baseline, *ends, count, "bootstrap 95%"))
            for place, depth in zip(places, depths_of(places, places), strict=True):
                share = reading(truth, depth)
                value = float(rng.binomial(count, share)) / count
                error = _error(value, count)
                ends = (max(0.0, value - error), min(1.0, value + error))
                for metric in ("accuracy", "auroc"):
                    key = (model, truth.name, *place, "logistic", -1, split, metric)
                    rows.append((*key, value, *ends, count, "bootstrap 95%"))
                null = rng.normal(0.5, 0.035, draws)
                shuffled = (model, truth.name, *place, "shuffled_labels")
                for draw, drawn in enumerate(null):
                    tail = (drawn, np.nan, np.nan, count, "none")
                    rows.append((*shuffled, draw, split, "accuracy", *tail))
                mean, sd = null.mean(), null.std(ddof=1)
                tail = (mean, mean - sd, mean + sd, count, "standard deviation")
                rows.append((*shuffled, -1, split, "accuracy", *tail))
    return rows


def _error(share: float, count: int) -> float:
    return float(1.96 * np.sqrt(max(share * (1 - share), 0.002) / count))


def direction_rows(
    truths: Sequence[Truth], places: list[Site], model: str, rng: np.random.Generator
) -> list[Row]:
    rows: list[Row] = []
    for truth in truths:
        for place, depth in zip(places, depths_of(places, places), strict=True):
            gap = 0.3 + 6.0 * (reading(truth, depth) - 0.5) + rng.uniform(0, 0.1)
            norm = 4.0 + 20.0 * depth
            numbers = {"gap": gap, "sigma": 1.0, "gap_in_sigmas": gap, "mean_norm": norm}
            for method in ("difference_of_means", "logistic"):
                for metric, value in numbers.items():
                    key = (model, truth.name, *place, method, -1, metric)
                    rows.append((*key, value, np.nan, np.nan, 400, "none"))
    return rows


def cosine_rows(
    truths: Sequence[Truth], places: list[Site], model: str, rng: np.random.Generator
) -> list[Row]:
    methods = ("difference_of_means", "logistic")
    rows: list[Row] = []
    common = rng.normal(size=64)
    means = {t.name: rng.normal(size=64) + rng.uniform(-0.6, 0.6) * common for t in truths}
    for place, depth in zip(places, depths_of(places, places), strict=True):
        vectors: dict[tuple[str, str], NDArray[np.float64]] = {}
        for name, mean in means.items():
            own = mean + depth * common * 0.3
            noise = rng.normal(size=64) * (0.3 + depth)
            for method, vector in zip(methods, (own, own + noise), strict=True):
                vectors[name, method] = vector / np.linalg.norm(vector)
        for one, first in vectors.items():
            for other, second in vectors.items():
                tail = ("cosine", float(first @ second), np.nan, np.nan, 64, "none")
                rows.append((model, *place, *one, *other, *tail))
    return rows
