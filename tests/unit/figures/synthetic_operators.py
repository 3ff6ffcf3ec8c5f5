"""Rows on operators beside adding, and on how far directions agree."""

from collections.abc import Sequence

import numpy as np

from tests.unit.figures.synthetic_truth import Row, Site, Truth, depths_of, pushing, saturating

AGREEMENT = "model concept site layer method other_layer metric value low high n interval"
OPERATORS = (
    "model concept site layer operator method draw positions unit strength split metric value low "
    "high n interval"
)
DOSES = {
    "clamp": ("gap", (-2.0, 0.0, 2.0)),
    "rotate": ("angle", (-45.0, 0.0, 45.0)),
    "ablate": ("share", (0.0, 1.0)),
    "erase": ("share", (0.0, 1.0)),
    "scale": ("share", (-0.5, 0.0, 1.0)),
}
METHODS = ("difference_of_means", "logistic", "lda", "leace")


def effect(operator: str, strength: float, slope: float) -> float:
    """What an operator does to the logit difference."""
    scale = 15.0 if operator == "rotate" else 1.0
    return saturating(slope, strength / scale) - (0.5 if operator == "clamp" else 0.0)


def operator_rows(
    truths: Sequence[Truth], places: list[Site], pushed: list[Site], model: str
) -> list[Row]:
    rows: list[Row] = []
    for truth in truths:
        for place, depth in zip(pushed, depths_of(places, pushed), strict=True):
            for operator, (unit, strengths) in DOSES.items():
                method = {"erase": "leace", "scale": "none"}.get(operator, METHODS[0])
                key = (model, truth.name, *place, operator, method, -1, "from_last", unit)
                for strength in strengths:
                    value = effect(operator, strength, pushing(truth, depth))
                    kl = 0.03 * value**2
                    for split in ("all", "test"):
                        tail = (value, value - 0.2, value + 0.2, 20, "bootstrap 95%")
                        rows.append((*key, strength, split, "logit_difference_change", *tail))
                        kept = (1 - abs(strength) / 90, 0.0, 1.0, 20, "bootstrap 95%")
                        rows.append((*key, strength, split, "logit_difference_kept", *kept))
                    rows.append((*key, strength, "all", "kl", kl, kl, kl, 20, "bootstrap 95%"))
    return rows


def agreement_rows(truths: Sequence[Truth], places: list[Site], model: str) -> list[Row]:
    rows: list[Row] = []
    nan = float("nan")
    for truth in truths:
        for number, method in enumerate(METHODS):
            for place, depth in zip(places, depths_of(places, places), strict=True):
                key = (model, truth.name, *place, method)
                value = resampled(number, depth)
                tail = (value, value - 0.1, min(1.0, value + 0.1), 64, "bootstrap 95%")
                rows.append((*key, place[1], "resample_cosine", *tail))
                for other in (other for other in places if other[0] == place[0]):
                    cosine = between(place[1], other[1])
                    rows.append((*key, other[1], "layer_cosine", cosine, nan, nan, 64, "none"))
    return rows


def resampled(number: int, depth: float) -> float:
    """Mean cosine with resamples of the method of a number."""
    return 0.95 - 0.1 * number - 0.2 * depth


def between(one: int, other: int) -> float:
    """Cosine between two layers."""
    return float(np.cos(0.4 * (one - other)))
