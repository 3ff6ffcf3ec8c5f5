"""Rows on what made-up responses amount to: slopes of prompts, distances, later blocks."""

from collections.abc import Sequence

import numpy as np

from tests.unit.figures.synthetic_truth import (
    FACTORS,
    FINE_STRENGTHS,
    Row,
    Site,
    Truth,
    depths_of,
    pushing,
    reading,
)

STEERABILITY = (
    "model concept site layer positions unit method split metric value low high n interval bound"
)
DECODABLE = "model concept site layer unit metric value low high n interval bound"


def steerability_rows(
    truths: Sequence[Truth], places: list[Site], pushed: list[Site], model: str
) -> list[Row]:
    """Slopes of prompts spread by a fifth; half of them go the wrong way where nothing steers."""
    rows: list[Row] = []
    for truth in truths:
        for place, depth in zip(pushed, depths_of(places, pushed), strict=True):
            for method, share in (("difference_of_means", 1.0), ("logistic", 0.6)):
                slope = share * pushing(truth, depth)
                numbers = {
                    "prompt_slope": (slope, slope - 0.1, slope + 0.1),
                    "prompt_slope_sd": (0.2 * abs(slope), np.nan, np.nan),
                    "anti_steerable": (0.5 if slope < 0.1 else 0.05, 0.0, 0.6),
                    "spearman": (0.9, 0.8, 1.0),
                    "random_p_value": (0.05, np.nan, np.nan),
                    "adjusted_p_value": (0.06, np.nan, np.nan),
                }
                for split in ("all", "test"):
                    key: Row = (model, truth.name, *place, "from_last", "gap", method, split)
                    for metric, ends in numbers.items():
                        rows.append((*key, metric, *ends, 40, "bootstrap 95%", 2.0))
    return rows


def decodable_rows(
    truths: Sequence[Truth], places: list[Site], pushed: list[Site], model: str
) -> list[Row]:
    """What is read with more depth steers more, where the concept steers at all."""
    rows: list[Row] = []
    for truth in truths:
        for place, depth in zip(pushed, depths_of(places, pushed), strict=True):
            selectivity = reading(truth, depth) - (0.52 + 0.1 * depth)
            effect = 0.5 * pushing(truth, depth)
            numbers = {
                "selectivity": (selectivity, np.nan, ""),
                "transfer": (0.5 + selectivity / 2, np.nan, ""),
                "effect_at_cost": (effect, 0.1, "gap"),
                "strength_at_cost": (0.5, 64.0, "gap"),
                "usable_low": (-2.0, -64.0, "gap"),
                "usable_high": (2.0, 64.0, "gap"),
                "adjusted_p_value": (0.06, np.nan, "gap"),
            }
            for metric, (value, bound, unit) in numbers.items():
                ends = (value - 0.05, value + 0.05, 40, "bootstrap 95%", bound)
                rows.append((model, truth.name, *place, unit, metric, value, *ends))
    return rows


def distance_rows(
    truths: Sequence[Truth], places: list[Site], pushed: list[Site], model: str
) -> list[Row]:
    """Further rows of the scale table: KL and distance of pushes, later blocks of factors."""
    rows: list[Row] = []
    for truth in truths:
        for place in pushed:
            where = (model, truth.name, *place)
            key: Row = (*where, "add", "difference_of_means", "from_last", "gap")
            for strength in sorted({*FINE_STRENGTHS, 0.0}):
                nearer = 100 - 50 * float(np.exp(-((strength / 6) ** 2)))
                for metric, value in {"kl": strength**2 / 50, "cached_percentile": nearer}.items():
                    ends = (0.95 * value, 1.05 * value, 40, "bootstrap 95%")
                    rows.append((*key, strength, metric, value, *ends))
            if place == places[-1]:
                continue
            key = (*where, "multiply", "none", "all", "factor")
            for factor in FACTORS:
                size = abs(factor - 1)
                for metric, share in (
                    ("next_input_change", 1.0),
                    ("next_attention_change", 0.0),
                    ("next_block_change", 0.1),
                ):
                    rows.append((*key, factor, metric, share * size, np.nan, np.nan, 40, "none"))
    return rows
