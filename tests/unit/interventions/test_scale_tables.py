"""The scale tables of a planted response, number by number."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from probesteer.directions.direction import Direction
from probesteer.interventions.dose_response import DoseGrid, DoseResponse
from probesteer.interventions.scale_tables import curve_table, sensitivity_table
from probesteer.interventions.scaling import ScalingResponse
from probesteer.places import Place
from probesteer.probes import intervals
from probesteer.probes.intervals import bootstrap_mean

PLACE = Place("resid_post", 3)
STRENGTHS, FACTORS = [-4.0, -1.0, 0.0, 1.0, 2.0], [0.0, 0.5, 1.0, 2.0]
GRID = DoseGrid(STRENGTHS, "gap", ["from_last"], 1, 200, 0)
GROUPS = np.array(["a", "b", "b", "c"])
GAIN = np.array([1.0, 2.0, 3.0, 6.0])  # of each prompt
LOSS = np.array([1.0, 3.0])  # of each text


def planted() -> tuple[dict[Place, DoseResponse], dict[Place, ScalingResponse]]:
    """Rises by `GAIN` a gap and turns at -1; the loss doubles at 1.5 and never below 0."""
    change = np.array([-0.5, -1, 0, 1, 2])[:, None] * GAIN
    loss = np.array([1.9, 1, 1, 1.5, 2.5])[:, None] * LOSS
    zeros = np.zeros((1, 5, 4))
    vector = np.array([1, 0], dtype=np.float32)
    direction = Direction(vector, PLACE, "difference_of_means", -1, 1, 1, 1, 1, 0, 9)
    same_top = np.ones((1, 5, 4))
    same_top[0, 4, :3] = 0
    response = DoseResponse(
        [direction], change[None], zeros + 0.25, same_top, loss[None], zeros, zeros
    )
    scaling = ScalingResponse(
        change=np.array([-3.0, -1, 0, 4])[:, None] * GAIN,
        kl=np.array([4.0, 2, 0, 1])[:, None] * np.ones(4),
        prediction_changed=np.array([1.0, 1, 0, 0])[:, None] * np.ones(4),
        neutral_loss=np.array([np.nan, 1.5, 1, 3])[:, None] * LOSS,
    )
    return {PLACE: response}, {PLACE: scaling}


@pytest.fixture(scope="module", autouse=True)
def intervals_of_few_groups() -> Iterator[None]:
    """The planted data are small: have intervals of two groups and more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intervals, "MIN_GROUPS", 2)
        yield


@pytest.fixture(scope="module")
def curves() -> pd.DataFrame:
    return curve_table(*planted(), GRID, FACTORS, GROUPS)


@pytest.fixture(scope="module")
def sensitivity() -> pd.DataFrame:
    return sensitivity_table(*planted(), GRID, FACTORS, GROUPS)


def test_columns(curves: pd.DataFrame, sensitivity: pd.DataFrame) -> None:
    key = ["site", "layer", "operator", "method", "positions", "unit"]
    numbers = ["value", "low", "high", "n", "interval"]
    assert list(curves.columns) == [*key, "strength", "metric", *numbers]
    assert list(sensitivity.columns) == [*key, "metric", *numbers, "bound"]
    for table in (curves, sensitivity):
        assert table[key].drop_duplicates().to_numpy().tolist() == [
            ["resid_post", 3, "add", "difference_of_means", "from_last", "gap"],
            ["resid_post", 3, "multiply", "none", "all", "factor"],
        ]
        assert set(table["interval"]) == {"bootstrap 95%"}


def test_curves_are_means_with_intervals(curves: pd.DataFrame) -> None:
    expected: dict[tuple[str, str], list[float]] = {
        ("add", "logit_difference_change"): [-1.5, -3, 0, 3, 6],
        ("add", "kl"): [0.25] * 5,
        ("add", "prediction_changed"): [0, 0, 0, 0, 0.75],
        ("add", "neutral_loss"): [3.8, 2, 2, 3, 5],
        ("multiply", "logit_difference_change"): [-9, -3, 0, 12],
        ("multiply", "kl"): [4, 2, 0, 1],
        ("multiply", "prediction_changed"): [1, 1, 0, 0],
        ("multiply", "neutral_loss"): [np.nan, 3, 2, 6],
    }
    found = curves.groupby(["operator", "metric"], sort=False)
    assert list(found.groups) == list(expected)
    for (operator, metric), values in expected.items():
        rows = found.get_group((operator, metric))
        assert rows["strength"].tolist() == (STRENGTHS if operator == "add" else FACTORS)
        np.testing.assert_allclose(rows["value"], values)
        assert set(rows["n"]) == {2 if metric == "neutral_loss" else 4}
    rows = found.get_group(("add", "logit_difference_change"))
    low, high = bootstrap_mean(np.array([-0.5, -1, 0, 1, 2])[:, None] * GAIN, GROUPS, 200, 0)
    np.testing.assert_allclose(rows["low"], low)
    np.testing.assert_allclose(rows["high"], high)


def test_what_the_curves_amount_to(sensitivity: pd.DataFrame) -> None:
    nan = np.nan
    low, high = bootstrap_mean(GAIN, GROUPS, 200, 0)
    change = bootstrap_mean(GAIN * 10 / 3, GROUPS, 200, 0)
    expected = [
        ("slope_at_zero", 3.0, low, high, 4, 1.0),
        ("monotone_low", -1.0, -1.0, -1.0, 4, -4.0),
        ("monotone_high", 2.0, 2.0, 2.0, 4, 2.0),
        ("doubling_negative", nan, nan, nan, 2, -4.0),
        ("doubling_positive", 1.5, 1.5, 1.5, 2, 2.0),
        # From 0.5 to 2, the factors around 1: 5 gains over a distance of 1.5.
        ("slope_at_one", 10.0, *change, 4, 0.75),
        # NaN at the factor 0: the model has broken there.
        ("doubling_below", 0.0, 0.0, 0.0, 2, 0.0),
        ("doubling_above", 1.5, 1.5, 1.5, 2, 2.0),
    ]
    assert sensitivity["metric"].tolist() == [row[0] for row in expected]
    found = sensitivity[["value", "low", "high", "n", "bound"]].to_numpy(dtype=float)
    np.testing.assert_allclose(found, np.array([row[1:] for row in expected], dtype=float))
