"""The sensitivity of every direction in all units, so that layers and models compare."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.interventions.statistics.units import (
    ANGLE,
    LENGTHS,
    angle_per_strength,
    as_angles,
    converted,
)

Numbers = NDArray[np.float64]

STRENGTHS = (
    *("monotone_low", "monotone_high", "linear_low", "linear_high"),
    *("saturation_low", "saturation_high", "turning_low", "turning_high"),
    *("doubling_negative", "doubling_positive", "usable_low", "usable_high"),
    *("chosen_strength", "strength_at_cost"),
)
"""Metrics that are strengths."""
SLOPES = ("slope_at_zero", "prompt_slope", "prompt_slope_sd")
"""Metrics that are nats for each unit of strength."""

_WHERE = ["model", "concept", "site", "layer", "operator", "method", "positions", "unit"]
_MEASURED = {"gap": "gap", "sigma": "sigma", "norm": "mean_norm"}
_ENDS = ["value", "low", "high"]


def sensitivity_in_units(
    sensitivity: pd.DataFrame, scale: pd.DataFrame, directions: pd.DataFrame
) -> pd.DataFrame:
    """Strengths and slopes of `sensitivity` in gaps, sigmas, norms and degrees.

    sensitivity, scale: tables of the scale stage; directions: the direction table; of any
    concepts. The angle of a strength is the mean that was measured at it; of slopes only the one at
    zero is given in degrees, as the angle doesn't grow with the strength further out. An operator
    that turns activations at a strength of 0 already has none. Columns as in `sensitivity`.
    """
    pushed = sensitivity[sensitivity["unit"].isin(LENGTHS)]
    angles = scale[scale["metric"] == ANGLE].sort_values("strength")
    parts = []
    for key, rows in pushed.groupby(_WHERE, sort=False):
        named = dict(zip(_WHERE, key, strict=True))
        lengths = {unit: _length(directions, named, _MEASURED[unit]) for unit in LENGTHS}
        parts += [_in_length(rows, lengths, str(named["unit"]), unit) for unit in LENGTHS]
        turned = _matching(angles, named, _WHERE)
        strengths = turned["strength"].to_numpy(dtype=np.float64)
        degrees = turned["value"].to_numpy(dtype=np.float64)
        if len(turned) and degrees[strengths == 0].max(initial=0.0) < 1e-3:
            parts.append(_in_degrees(rows, strengths.tolist(), degrees))
    if not parts:
        return pushed
    return pd.concat(parts, ignore_index=True)[list(sensitivity.columns)]


def _in_length(
    rows: pd.DataFrame, lengths: dict[str, float], given: str, wanted: str
) -> pd.DataFrame:
    strengths = rows[rows["metric"].isin(STRENGTHS)]
    slopes = rows[rows["metric"].isin(SLOPES)]
    one = float(converted(np.array(1.0), lengths, given, wanted))
    per_unit = slopes.assign(
        **{column: slopes[column] / one for column in _ENDS}, bound=slopes["bound"] * one
    )
    changed = strengths.assign(**{column: strengths[column] * one for column in [*_ENDS, "bound"]})
    return pd.concat([per_unit, changed]).assign(unit=wanted)


def _in_degrees(rows: pd.DataFrame, strengths: Sequence[float], degrees: Numbers) -> pd.DataFrame:
    ends = rows[rows["metric"].isin(STRENGTHS)]
    at_zero = rows[rows["metric"] == SLOPES[0]]
    per_strength = angle_per_strength(strengths, degrees)

    def angles(column: pd.Series) -> Numbers:
        return as_angles(column.to_numpy(dtype=np.float64), strengths, degrees)

    per_degree = at_zero.assign(
        **{column: at_zero[column] / per_strength for column in _ENDS},
        bound=at_zero["bound"] * per_strength,
    )
    turned = ends.assign(**{column: angles(ends[column]) for column in [*_ENDS, "bound"]})
    return pd.concat([per_degree, turned]).assign(unit=ANGLE)


def _length(directions: pd.DataFrame, named: dict[str, Any], metric: str) -> float:
    columns = ["model", "concept", "site", "layer", "method"]
    rows = _matching(directions, named, columns)
    found = rows[(rows["metric"] == metric) & (rows["draw"] == -1)]["value"]
    return float(found.iloc[0]) if len(found) else float("nan")


def _matching(table: pd.DataFrame, named: dict[str, Any], columns: Sequence[str]) -> pd.DataFrame:
    keep = np.ones(len(table), dtype=bool)
    for column in columns:
        keep &= (table[column] == named[column]).to_numpy(dtype=bool)
    return table[keep]
