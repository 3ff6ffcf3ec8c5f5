"""The scale tables of a planted response, number by number."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from probesteer.directions.direction import Direction
from probesteer.interventions.dose_response import DoseGrid, DoseResponse
from probesteer.interventions.normalisation import LaterChange
from probesteer.interventions.operator_response import OperatorResponse
from probesteer.interventions.operators.doses import stacked_edit
from probesteer.interventions.scale_tables import (
    ScaleMeasurement,
    curve_table,
    sensitivity_table,
)
from probesteer.interventions.scaling import ScalingResponse
from probesteer.interventions.sensitivity import Thresholds
from probesteer.interventions.statistics.distribution import fit_distribution
from probesteer.places import Place
from probesteer.probes.metrics import intervals
from probesteer.probes.metrics.intervals import bootstrap_mean

PLACE = Place("resid_post", 3)
STRENGTHS, FACTORS = [-4.0, -1.0, 0.0, 1.0, 2.0], [0.0, 0.5, 1.0, 2.0]
GRID = DoseGrid(STRENGTHS, "gap", ["from_last"], 1, 200, 0)
GROUPS = np.array(["a", "b", "b", "c"])
GAIN = np.array([1.0, 2.0, 3.0, 6.0])  # of each prompt
LOSS = np.array([1.0, 3.0])  # of each text
CORNERS = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])  # unit covariance


def planted(distributions: bool = False) -> ScaleMeasurement:
    """Rises by `GAIN` a gap and turns at -1; the loss doubles at 1.5 and never below 0."""
    change = np.array([-0.5, -1, 0, 1, 2])[:, None] * GAIN
    loss = np.array([1.9, 1, 1, 1.5, 2.5])[:, None] * LOSS
    zeros = np.zeros((1, 5, 4))
    vector = np.array([1, 0], dtype=np.float32)
    direction = Direction(vector, PLACE, "difference_of_means", -1, 1, 1, 1, 1, 0, 9)
    same_top = np.ones((1, 5, 4))
    same_top[0, 4, :3] = 0
    response = DoseResponse(
        [direction], change[None], zeros + 0.25, same_top, loss[None], zeros + 9, zeros + 1
    )
    scaling = ScalingResponse(
        change=np.array([-3.0, -1, 0, 4])[:, None] * GAIN,
        kl=np.array([4.0, 2, 0, 1])[:, None] * np.ones(4),
        prediction_changed=np.array([1.0, 1, 0, 0])[:, None] * np.ones(4),
        neutral_loss=np.array([np.nan, 1.5, 1, 3])[:, None] * LOSS,
    )
    found = OperatorResponse(
        response,
        stacked_edit("add", [direction], STRENGTHS, "gap"),
        np.zeros((4, 2), dtype=np.float32),
        LOSS,
    )
    known = fit_distribution(CORNERS, 2 * CORNERS, np.arange(4)) if distributions else None
    return ScaleMeasurement(
        {"add": {PLACE: found}},
        {PLACE: scaling},
        FACTORS,
        GRID,
        GROUPS,
        np.array(["validation", "test", "test", "validation"]),
        distributions={} if known is None else {PLACE: known},
    )


@pytest.fixture(scope="module", autouse=True)
def intervals_of_few_groups() -> Iterator[None]:
    """The planted data are small: have intervals of two groups and more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intervals, "MIN_GROUPS", 2)
        yield


@pytest.fixture(scope="module")
def curves() -> pd.DataFrame:
    return curve_table(planted())


@pytest.fixture(scope="module")
def sensitivity() -> pd.DataFrame:
    return sensitivity_table(planted(), Thresholds(2.0, 0.2, 0.1))


def test_columns(curves: pd.DataFrame, sensitivity: pd.DataFrame) -> None:
    key = ["site", "layer", "operator", "method", "positions", "unit"]
    numbers = ["value", "low", "high", "n", "interval"]
    assert list(curves.columns) == [*key, "strength", "metric", *numbers]
    assert list(sensitivity.columns) == [*key, "split", "metric", *numbers, "bound"]
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
        ("add", "angle"): [9] * 5,
        ("add", "norm_ratio"): [1] * 5,
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
    of_scaling = bootstrap_mean(GAIN * 10 / 3, GROUPS, 200, 0)
    expected = {
        "slope_at_zero": (3.0, low, high, 4, 1.0),
        "monotone_low": (-1.0, -1.0, -1.0, 4, -4.0),
        "monotone_high": (2.0, 2.0, 2.0, 4, 2.0),
        # The vertex of the parabola through -0.5, -1 and 0 at -4, -1 and 0.
        "turning_low": (-31 / 14, -31 / 14, -31 / 14, 4, -4.0),
        "doubling_negative": (nan, nan, nan, 2, -4.0),
        "doubling_positive": (1.5, 1.5, 1.5, 2, 2.0),
        "usable_low": (-31 / 14, -31 / 14, -31 / 14, 4, -4.0),
        "usable_high": (1.5, 1.5, 1.5, 4, 2.0),
        # From 0.5 to 2, the factors around 1: 5 gains over a distance of 1.5.
        "slope_at_one": (10.0, *of_scaling, 4, 0.75),
        # NaN at the factor 0: the model has broken there.
        "doubling_below": (0.0, 0.0, 0.0, 2, 0.0),
        "doubling_above": (1.5, 1.5, 1.5, 2, 2.0),
    }
    assert not sensitivity.duplicated(["operator", "metric"]).any()
    found = sensitivity.set_index("metric")[["value", "low", "high", "n", "bound"]]
    for metric, numbers in expected.items():
        # Nearest draws stand where `bootstrap_mean` interpolates.
        close = 0.1 if metric.startswith("slope") else 1e-9
        row = found.loc[metric].to_numpy(dtype=float)
        np.testing.assert_allclose(row, np.array(numbers, dtype=float), rtol=close, err_msg=metric)
    splits = dict(zip(sensitivity["metric"], sensitivity["split"], strict=True))
    assert splits["chosen_strength"] == "validation"
    assert splits["effect_at_chosen"] == splits["effect_at_cost"] == "test"
    assert splits["usable_high"] == "all"


def test_pushed_activations_are_held_against_the_cached_ones() -> None:
    table = curve_table(planted(distributions=True)).query("operator == 'add'")
    values = {name: rows["value"].to_numpy() for name, rows in table.groupby("metric", sort=False)}
    # Prompts start at the mean, with unit covariance; unseen ones at (±2, ±2), pushed along x.
    np.testing.assert_allclose(values["mahalanobis"], np.abs(STRENGTHS), atol=1e-9)
    np.testing.assert_array_equal(values["percentile"], [100, 0, 0, 0, 0])
    expected = [
        np.mean([np.hypot(2 + strength, 2), np.hypot(strength - 2, 2)]) for strength in STRENGTHS
    ]
    np.testing.assert_allclose(values["cached_mahalanobis"], expected)
    assert values["cached_percentile"][[0, -1]].tolist() == [50.0, 50.0]
    counts = table.groupby("metric")["n"].first()
    assert counts["cached_mahalanobis"] == 4


def test_later_blocks_stand_beside_the_factors() -> None:
    zeros = np.zeros((4, 4))
    change = np.abs(np.array(FACTORS) - 1)[:, None] * np.ones(4)
    later = LaterChange(change, change / 4, change / 2, zeros, zeros, zeros, zeros)
    table = curve_table(replace(planted(), later={PLACE: later}))
    rows = table[table["metric"] == "normalised_share"]
    assert set(rows["operator"]) == {"multiply"}
    np.testing.assert_allclose(rows["value"], [0.75, 0.75, np.nan, 0.75])
    changed = table[table["metric"] == "next_input_change"]["value"]
    np.testing.assert_allclose(changed, [1, 0.5, 0, 1])
