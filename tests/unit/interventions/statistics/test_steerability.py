"""Tables of planted prompts: slopes, anti-steerable ones, and the rank among random directions."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from probesteer.interventions.statistics.steerability import (
    COLUMNS,
    steerability_table,
    with_adjusted,
)

STRENGTHS = [-4.0, -1.0, 0.0, 1.0, 4.0]
PROMPTS = 20
RANDOM = np.linspace(-1.0, 1.0, 21)  # slopes for each gap


def tables(slope: float = 2.0, other_length: float = 1.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lines for one place: the difference of means, the logistic direction, 21 random ones.

    Every fourth prompt of the difference of means goes the wrong way.
    """
    signs = np.where(np.arange(PROMPTS) % 4 == 0, -1.0, 1.0)
    of_direction = {("difference_of_means", -1): slope * signs, ("logistic", -1): 0.8 + 0 * signs}
    of_direction |= {("random", draw): one + 0 * signs for draw, one in enumerate(RANDOM)}
    rows = [
        (method, draw, strength, prompt, each * strength)
        for (method, draw), slopes in of_direction.items()
        for strength in STRENGTHS
        for prompt, each in enumerate(slopes)
    ]
    prompts = pd.DataFrame(rows, columns=["method", "draw", "strength", "prompt", "value"])
    where: dict[str, Any] = {"model": "m", "concept": "c", "site": "resid_post", "layer": 1}
    prompts = prompts.assign(
        **where,
        positions="from_last",
        unit="gap",
        metric="logit_difference_change",
        group=[f"g{prompt // 2}" for prompt in prompts["prompt"]],
        split=np.where(prompts["prompt"] < 8, "validation", "test"),
    )
    lengths = [
        (method, draw, other_length if method == "logistic" else 1.0)
        for method, draw in of_direction
    ]
    directions = pd.DataFrame(lengths, columns=["method", "draw", "value"])
    return prompts, directions.assign(**where, metric="gap")


def value(table: pd.DataFrame, method: str, metric: str, split: str = "all") -> pd.Series:
    rows = table.query("method == @method and metric == @metric and split == @split")
    assert len(rows) == 1
    return rows.iloc[0]


def test_slopes_spread_and_anti_steerable_prompts_are_those_planted() -> None:
    table = steerability_table(*tables(), slope_range=1.0, draws=200, seed=0)
    assert list(table.columns) == COLUMNS
    for metric, expected in (
        ("prompt_slope", 1.0),
        ("prompt_slope_sd", np.sqrt(3)),
        ("anti_steerable", 0.25),
        ("spearman", 0.5),
    ):
        found = value(table, "difference_of_means", metric)
        assert found["value"] == pytest.approx(expected)
        assert found["low"] <= found["value"] <= found["high"]
        assert (found["n"], found["bound"]) == (PROMPTS, 1.0)
    assert value(table, "difference_of_means", "prompt_slope", "test")["n"] == 12
    assert value(table, "logistic", "prompt_slope_sd")["value"] < 1e-12
    assert value(table, "logistic", "anti_steerable")["high"] == 0


def test_random_directions_have_the_range_of_their_draws() -> None:
    table = steerability_table(*tables(), slope_range=4.0, draws=50, seed=0)
    found = value(table, "random", "prompt_slope")
    np.testing.assert_allclose(found[["value", "low", "high"]].astype(float), [0, -1, 1], atol=1e-9)
    assert (found["n"], found["interval"]) == (21, "range of draws")


def test_other_controls_of_several_draws_have_their_range_and_no_rank() -> None:
    prompts, directions = tables()
    renamed = {"random": "orthogonal"}
    others = prompts.assign(method=prompts["method"].replace(renamed))
    of_others = directions.assign(method=directions["method"].replace(renamed))
    table = steerability_table(others, of_others, slope_range=4.0, draws=50, seed=0)
    assert value(table, "orthogonal", "prompt_slope")["high"] == pytest.approx(1)
    assert not table["metric"].str.contains("p_value").any()
    assert not table.duplicated(["method", "split", "metric"]).any()


def test_a_strength_in_degrees_is_ranked_by_the_norm() -> None:
    prompts, directions = tables(slope=4.0)
    turned = prompts.assign(unit="angle")
    table = steerability_table(
        turned, directions.assign(metric="mean_norm"), slope_range=4.0, draws=50, seed=0
    )
    assert value(table, "difference_of_means", "random_p_value")["value"] == pytest.approx(1 / 22)


def test_p_values_count_the_random_slopes_as_large_in_size() -> None:
    table = steerability_table(*tables(slope=4.0), slope_range=4.0, draws=50, seed=0)
    assert value(table, "difference_of_means", "random_p_value")["value"] == pytest.approx(1 / 22)
    # Six of the random slopes are 0.8 or more in size.
    assert value(table, "logistic", "random_p_value")["value"] == pytest.approx(7 / 22)
    assert value(table, "logistic", "random_p_value")["n"] == 21


@pytest.mark.parametrize(("length", "expected"), [(0.5, 1 / 22), (4.0, 17 / 22)])
def test_directions_are_ranked_at_equal_lengths(length: float, expected: float) -> None:
    table = steerability_table(*tables(other_length=length), slope_range=4.0, draws=50, seed=0)
    # A slope of 0.8 a gap is 1.6 or 0.2 for each unit of length; 16 are 0.2 or more in size.
    found = value(table, "logistic", "random_p_value")["value"]
    if length == 4.0:
        expected = (1 + (np.abs(RANDOM) >= 0.2 - 1e-9).sum()) / 22
    assert found == pytest.approx(expected)


def test_without_random_directions_there_is_no_p_value() -> None:
    prompts, directions = tables()
    alone = prompts[prompts["method"] != "random"]
    table = steerability_table(alone, directions, slope_range=4.0, draws=50, seed=0)
    assert not table["metric"].str.contains("p_value").any()
    pd.testing.assert_frame_equal(with_adjusted(table), table)


def test_p_values_are_adjusted_over_concepts_and_places_within_a_method() -> None:
    tested = pd.DataFrame(
        {
            "model": "m",
            "concept": ["a", "a", "b", "b", "a"],
            "layer": [0, 1, 0, 1, 0],
            "method": ["x", "x", "x", "x", "y"],
            "positions": "all",
            "split": "test",
            "metric": "random_p_value",
            "value": [0.01, 0.04, 0.03, np.nan, 0.5],
        }
    )
    table = with_adjusted(tested)
    found = table[table["metric"] == "adjusted_p_value"]["value"]
    np.testing.assert_allclose(found, [0.03, 0.04, 0.04, np.nan, 0.5])
    assert table.index.tolist() == list(range(len(table)))
