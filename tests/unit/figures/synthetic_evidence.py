"""Rows on the evidence behind made-up probes: further baselines, other probes, code lengths."""

from collections.abc import Sequence

import numpy as np

from tests.unit.figures.synthetic_truth import Row, Site, Truth, depths_of, reading

BINS = 6
LINEAR = {
    "difference_of_means": 0.96,
    "nearest_centroid": 0.95,
    "lda": 0.98,
    "ridge": 0.99,
    "ccs": 0.7,
}
NONLINEAR = {"mlp": 0.02, "nearest_neighbours": -0.05}
"""What each gains over the logistic probe, as a share of the test examples."""

CONTROLS, RESPLITS = 3, 4
_COUNT = 200


def evidence_rows(
    truths: Sequence[Truth], places: list[Site], model: str, rng: np.random.Generator
) -> list[Row]:
    """Further rows of the probes table. An untrained model reads half of what the words tell."""
    rows: list[Row] = []
    for truth in truths:
        untrained = 0.5 + (truth.baseline - 0.5) / 2
        for place, depth in zip(places, depths_of(places, places), strict=True):
            at: Row = (model, truth.name, *place)
            share = reading(truth, depth)
            for split in ("validation", "test"):
                rows += [
                    _estimate(at, "untrained", split, "accuracy", untrained, rng),
                    *_draws(at, "control_task", CONTROLS, split, 0.52 + 0.1 * depth, rng),
                ]
                for method, kept in LINEAR.items():
                    value = 0.5 + kept * (share - 0.5)
                    rows.append(_estimate(at, method, split, "accuracy", value, rng))
                for method, gain in NONLINEAR.items():
                    value = min(1.0, max(0.0, share + gain))
                    rows.append(_estimate(at, method, split, "accuracy", value, rng))
                error = 0.04 * (1.3 - depth)
                ends = (0.5 * error, 2 * error, _COUNT, "bootstrap 95%")
                rows.append((*at, "logistic", -1, split, "calibration_error", error, *ends))
            rows += _draws(at, "resplit", RESPLITS, "test", share - 0.01, rng)
            selectivity = share - (0.52 + 0.1 * depth)
            test: Row = (*at, "logistic", -1, "test")
            ends = (selectivity - 0.05, selectivity + 0.05, _COUNT, "bootstrap 95%")
            rows.append((*test, "selectivity", selectivity, *ends))
            rows.append((*test, "p_value", 0.05 if share < 0.6 else 0.01, *_UNKNOWN))
            for method, gain in NONLINEAR.items():
                ends = (gain - 0.03, gain + 0.03, _COUNT, "bootstrap 95%")
                rows.append((*at, method, -1, "test", "gain_over_linear", gain, *ends))
            compression = 1 / max(0.1, 1 - 1.8 * (share - 0.5))
            lengths = {
                "codelength": _COUNT / compression,
                "uniform_codelength": float(_COUNT),
                "compression": compression,
            }
            rows += [
                (*at, "logistic", -1, "train", metric, value, *_UNKNOWN)
                for metric, value in lengths.items()
            ]
    return rows


_UNKNOWN = (np.nan, np.nan, _COUNT, "none")


def _estimate(
    at: Row, method: str, split: str, metric: str, value: float, rng: np.random.Generator
) -> Row:
    shown = float(np.clip(value + rng.normal(0, 0.01), 0, 1))
    ends = (shown - 0.05, min(1.0, shown + 0.05), _COUNT, "bootstrap 95%")
    return (*at, method, -1, split, metric, shown, *ends)


def _draws(
    at: Row, method: str, count: int, split: str, mean: float, rng: np.random.Generator
) -> list[Row]:
    values = mean + rng.normal(0, 0.02, count)
    rows: list[Row] = [
        (*at, method, draw, split, "accuracy", float(value), np.nan, np.nan, _COUNT, "none")
        for draw, value in enumerate(values)
    ]
    middle, sd = float(values.mean()), float(values.std(ddof=1))
    ends = (middle - sd, middle + sd, count, "standard deviation")
    return [*rows, (*at, method, -1, split, "accuracy", middle, *ends)]


def significance_rows(truths: Sequence[Truth], places: list[Site], model: str) -> list[Row]:
    rows: list[Row] = []
    for truth in truths:
        for place, depth in zip(places, depths_of(places, places), strict=True):
            p = 0.3 if reading(truth, depth) < 0.6 else 0.01
            adjusted = min(1.0, 1.2 * p)
            key = (model, truth.name, *place, "logistic", "test", "accuracy")
            rows.append((*key, p, adjusted, adjusted < 0.05))
    return rows


def calibration_rows(truths: Sequence[Truth], places: list[Site], model: str) -> list[Row]:
    """A probe that is too sure of itself: what is observed lies nearer to a half."""
    rows: list[Row] = []
    for truth in truths:
        for place in places:
            for split in ("validation", "test"):
                for number in range(BINS):
                    predicted = (number + 0.5) / BINS
                    observed = 0.5 + 0.8 * (predicted - 0.5)
                    ends = (max(0.0, observed - 0.12), min(1.0, observed + 0.12))
                    key = (model, truth.name, *place, split, number)
                    rows.append((*key, predicted, observed, *ends, 20 + number))
    return rows
