"""Strengths in other units, on a push whose length and angle are known."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from probesteer.interventions.statistics.unit_tables import sensitivity_in_units
from probesteer.interventions.statistics.units import angle_per_strength, as_angles, converted

STRENGTHS = [-2.0, -1.0, 0.0, 1.0, 2.0]
# A push of 1 gap is 3 long, of an activation of length 6 that is orthogonal to it.
ANGLES = np.degrees(np.arctan(np.abs(STRENGTHS) * np.array(3.0) / 6))
LENGTHS = {"gap": 3.0, "sigma": 0.5, "norm": 6.0}
WHERE: dict[str, Any] = {
    "model": "m",
    "concept": "c",
    "site": "resid_post",
    "layer": 0,
    "method": "difference_of_means",
}
PUSH: dict[str, Any] = {**WHERE, "operator": "add", "positions": "from_last", "unit": "gap"}


def test_a_push_is_as_long_in_every_unit() -> None:
    strengths = np.array([-1.0, 2.0])
    np.testing.assert_allclose(converted(strengths, LENGTHS, "gap", "sigma"), [-6, 12])
    np.testing.assert_allclose(converted(strengths, LENGTHS, "norm", "gap"), [-2, 4])
    without = converted(strengths, {**LENGTHS, "sigma": 0.0}, "gap", "sigma")
    np.testing.assert_array_equal(without, [np.nan, np.nan], strict=True)


def test_angles_are_read_between_the_strengths_and_not_beyond() -> None:
    found = as_angles(np.array([1.0, -2.0, 0.5, 3.0, np.nan]), STRENGTHS, ANGLES)
    expected = [ANGLES[3], -ANGLES[0], ANGLES[3] / 2, np.nan, np.nan]
    np.testing.assert_allclose(found, expected)
    assert angle_per_strength(STRENGTHS, ANGLES) == pytest.approx(ANGLES[3])


def tables() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    rows = [
        ("usable_high", 1.0, 0.5, 2.0, 2.0),
        ("doubling_positive", np.nan, np.nan, np.nan, 2.0),
        ("slope_at_zero", 6.0, 3.0, 9.0, 1.0),
        ("anti_steerable", 0.1, 0.0, 0.2, 2.0),
    ]
    sensitivity = pd.DataFrame(rows, columns=["metric", "value", "low", "high", "bound"])
    scale = pd.DataFrame({"strength": STRENGTHS, "value": ANGLES}).assign(metric="angle", **PUSH)
    measured = {"gap": 3.0, "sigma": 0.5, "mean_norm": 6.0}
    directions = pd.DataFrame(list(measured.items()), columns=["metric", "value"])
    return sensitivity.assign(**PUSH), scale, directions.assign(**WHERE, draw=-1)


def test_the_table_has_strengths_and_slopes_in_every_unit() -> None:
    found = sensitivity_in_units(*tables())
    strengths = found[found["metric"] == "usable_high"].set_index("unit")
    slopes = found[found["metric"] == "slope_at_zero"].set_index("unit")
    columns = ["value", "low", "high", "bound"]
    for unit, times in (("gap", 1.0), ("sigma", 6.0), ("norm", 0.5)):
        expected = np.array([1.0, 0.5, 2.0, 2.0]) * times
        np.testing.assert_allclose(strengths.loc[unit, columns].astype(float), expected)
        expected = np.array([6.0, 3.0, 9.0, times**2]) / times
        np.testing.assert_allclose(slopes.loc[unit, columns].astype(float), expected)
    expected = np.array([ANGLES[3], ANGLES[3] / 2, ANGLES[4], ANGLES[4]])
    np.testing.assert_allclose(strengths.loc["angle", columns].astype(float), expected)
    assert slopes["value"].to_dict()["angle"] == pytest.approx(6 / ANGLES[3])
    assert set(found["metric"]) == {"usable_high", "doubling_positive", "slope_at_zero"}
    assert found[found["metric"] == "doubling_positive"]["value"].isna().all()


def test_an_operator_that_turns_at_0_has_no_angle() -> None:
    sensitivity, scale, directions = tables()
    found = sensitivity_in_units(sensitivity, scale.assign(value=30.0), directions)
    assert set(found["unit"]) == {"gap", "sigma", "norm"}


def test_factors_have_no_other_unit() -> None:
    sensitivity, scale, directions = tables()
    factors = sensitivity.assign(unit="factor")
    assert sensitivity_in_units(factors, scale, directions).empty
