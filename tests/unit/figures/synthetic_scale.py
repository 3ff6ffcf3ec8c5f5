"""Rows on the working range of made-up directions, and on scaled activations."""

from collections.abc import Sequence

import numpy as np

from tests.unit.figures.synthetic_truth import (
    FACTORS,
    FINE_STRENGTHS,
    NEUTRAL_LOSS,
    Row,
    Site,
    Truth,
    depths_of,
    neutral_loss,
    pushing,
    saturating,
)


def scale_rows(
    truths: Sequence[Truth],
    places: list[Site],
    pushed: list[Site],
    model: str,
    rng: np.random.Generator,
) -> list[Row]:
    rows: list[Row] = []
    for truth in truths:
        for place, depth in zip(pushed, depths_of(places, pushed), strict=True):
            where = (model, truth.name, *place)
            key: Row = (*where, "add", "difference_of_means", "from_last", "gap")
            for strength in sorted({*FINE_STRENGTHS, 0.0}):
                value = saturating(pushing(truth, depth), strength)
                error = 0.02 * abs(strength) + 0.1 * abs(value)
                loss = neutral_loss(strength, depth)
                ends = (value - error, value + error, 40, "bootstrap 95%")
                rows.append((*key, strength, "logit_difference_change", value, *ends))
                tail = (loss, np.nan, np.nan, 20, "none")
                rows.append((*key, strength, "neutral_loss", *tail))
            key = (*where, "multiply", "none", "all", "factor")
            for factor in FACTORS:
                size = abs(factor - 1) * (1.5 - depth)
                share = round(40 * (1 - np.exp(-1.5 * size))) / 40
                numbers = {
                    "prediction_changed": share,
                    "kl": size**2,
                    "neutral_loss": NEUTRAL_LOSS + 2 * size**2 + rng.normal(0, 0.01),
                }
                for metric, value in numbers.items():
                    tail = (value, np.nan, np.nan, 40, "none")
                    rows.append((*key, factor, metric, *tail))
    return rows


def sensitivity_rows(
    truths: Sequence[Truth], places: list[Site], pushed: list[Site], model: str
) -> list[Row]:
    rows: list[Row] = []
    fine = np.array(sorted({*FINE_STRENGTHS, 0.0}))
    bound = float(fine.max())
    for truth in truths:
        for place, depth in zip(pushed, depths_of(places, pushed), strict=True):
            slope = pushing(truth, depth)
            losses = np.array([neutral_loss(strength, depth) for strength in fine])
            doubled = fine[losses >= 2 * NEUTRAL_LOSS]
            responses = np.array([saturating(slope, strength) for strength in fine])
            numbers = {
                "slope_at_zero": slope,
                "monotone_low": float(fine[responses.argmin()]) if slope else np.nan,
                "monotone_high": float(fine[responses.argmax()]) if slope else np.nan,
                "doubling_negative": float(max(doubled[doubled < 0], default=np.nan)),
                "doubling_positive": float(min(doubled[doubled > 0], default=np.nan)),
            }
            key: Row = (model, truth.name, *place, "add", "difference_of_means", "from_last", "gap")
            for metric, value in numbers.items():
                rows.append((*key, metric, value, np.nan, np.nan, 40, "none", bound))
            key = (model, truth.name, *place, "multiply", "none", "all", "factor")
            for metric, value in {"doubling_below": 0.2, "doubling_above": 2.4}.items():
                rows.append((*key, metric, value, np.nan, np.nan, 40, "none", 4.0))
    return rows
