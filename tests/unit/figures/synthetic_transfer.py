"""Rows on made-up probes tried elsewhere: on other concepts, tokens and few neurons."""

from collections.abc import Sequence

import numpy as np

from tests.unit.figures.synthetic_truth import Row, Site, Truth, depths_of, reading

SIZES = (1, 2, 4, 8, 16)
BASES = 3
OFFSETS = (-3, -2, -1, 0)
WIDTH = 64
"""Neurons of a layer, all of which the dense probe reads."""


def transfer_rows(truths: Sequence[Truth], places: list[Site], model: str) -> list[Row]:
    """Within the family of all concepts but the last; each reads the next best of all others."""
    rows: list[Row] = []
    family = list(truths)[:-1] if len(truths) > 2 else list(truths)
    for one, fitted in enumerate(family if len(family) > 1 else []):
        for other, tested in enumerate(family):
            for place, depth in zip(places, depths_of(places, places), strict=True):
                for method, kept in (("logistic", 1.0), ("difference_of_means", 0.9)):
                    share = min(reading(fitted, depth), reading(tested, depth))
                    near = 1.0 if one == other else 0.8 if (other - one) == 1 else 0.1
                    value = 0.5 + kept * near * (share - 0.5)
                    ends = (max(0.0, value - 0.06), min(1.0, value + 0.06), 90, "bootstrap 95%")
                    key = (model, fitted.name, tested.name, *place, method, "auroc")
                    rows.append((*key, value, *ends))
    return rows


def sparse_rows(
    truths: Sequence[Truth], layers: int, model: str, rng: np.random.Generator
) -> list[Row]:
    rows: list[Row] = []
    for truth in truths:
        for layer in range(layers):
            dense = reading(truth, (layer + 1) / layers)
            for split in ("validation", "test"):
                for metric in ("accuracy", "auroc"):
                    at: Row = (model, truth.name, "mlp_act", layer)
                    tail = (split, metric, dense, dense - 0.05, dense + 0.05, 200, "bootstrap 95%")
                    rows.append((*at, "dense", WIDTH, -1, *tail))
                    for size in SIZES:
                        value = 0.5 + (dense - 0.5) * float(1 - np.exp(-size / 2))
                        ends = (value - 0.05, value + 0.05, 200, "bootstrap 95%")
                        rows.append((*at, "neurons", size, -1, split, metric, value, *ends))
                        mean = 0.5 + (dense - 0.5) * float(1 - np.exp(-size / 12))
                        values = mean + rng.normal(0, 0.01, BASES)
                        for draw, drawn in enumerate(values):
                            ends = (np.nan, np.nan, 200, "none")
                            key = (*at, "random_basis", size, draw, split, metric)
                            rows.append((*key, float(drawn), *ends))
                        middle, sd = float(values.mean()), float(values.std(ddof=1))
                        ends = (middle - sd, middle + sd, BASES, "standard deviation")
                        key = (*at, "random_basis", size, -1, split, metric)
                        rows.append((*key, middle, *ends))
    return rows


def position_rows(truths: Sequence[Truth], places: list[Site], model: str) -> list[Row]:
    """What is read at the last token fades over the ones before it."""
    rows: list[Row] = []
    for truth in truths:
        for place, depth in zip(places, depths_of(places, places), strict=True):
            for offset in OFFSETS:
                value = 0.5 + (reading(truth, depth) - 0.5) * (1 + offset / 4)
                ends = (value - 0.06, min(1.0, value + 0.06), 200, "bootstrap 95%")
                for split in ("validation", "test"):
                    key = (model, truth.name, *place, offset, "logistic", -1, split, "accuracy")
                    rows.append((*key, value, *ends))
                null = (model, truth.name, *place, offset, "shuffled_labels", -1, "test")
                rows.append((*null, "accuracy", 0.5, 0.46, 0.54, 20, "standard deviation"))
    return rows
