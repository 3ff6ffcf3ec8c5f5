import numpy as np
import pandas as pd
import pytest

from probesteer.errors import ProbesteerError
from probesteer.figures.rows import (
    by_place,
    checked,
    curve_over,
    curve_over_places,
    first_split,
    matching,
    random_range,
)
from probesteer.places import Place


@pytest.fixture
def rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "model": "m",
            "site": ["resid_post", "resid_pre", "resid_post"],
            "layer": [1, 0, 0],
            "strength": [2.0, -1.0, 0.0],
            "value": [3.0, 1.0, np.nan],
            "low": [2.5, 0.5, np.nan],
            "high": [3.5, 1.5, np.nan],
        }
    )


def test_an_empty_table_is_an_error(rows: pd.DataFrame) -> None:
    with pytest.raises(ProbesteerError, match="steering table: no rows"):
        checked(rows.iloc[:0], ["model"], "steering")


def test_a_missing_column_is_named(rows: pd.DataFrame) -> None:
    with pytest.raises(ProbesteerError, match="probes table: no column 'concept'"):
        checked(rows, ["model", "concept"], "probes")


def test_two_models_in_one_table_are_an_error(rows: pd.DataFrame) -> None:
    two = pd.concat([rows, rows.assign(model="other")])
    with pytest.raises(ProbesteerError, match="rows of 2 models"):
        checked(two, ["model"], "probes")


def test_matching_needs_every_column(rows: pd.DataFrame) -> None:
    assert matching(rows, site="resid_post", layer=1)["value"].tolist() == [3.0]


def test_the_whole_set_of_prompts_comes_before_the_test_half() -> None:
    rows = pd.DataFrame({"split": ["test", "all", "validation"], "value": [1, 2, 3]})
    assert first_split(rows)["value"].tolist() == [2]
    assert first_split(rows[rows["split"] != "all"])["value"].tolist() == [1]
    assert first_split(rows[rows["split"] == "validation"]).empty


def test_a_curve_is_sorted_and_keeps_what_is_unknown(rows: pd.DataFrame) -> None:
    curve = curve_over(rows, "strength")
    np.testing.assert_array_equal(curve.x, [-1.0, 0.0, 2.0])
    np.testing.assert_array_equal(curve.value, [1.0, np.nan, 3.0])
    np.testing.assert_array_equal(curve.low, [0.5, np.nan, 2.5])
    np.testing.assert_array_equal(curve.high, [1.5, np.nan, 3.5])


def test_a_curve_over_places_counts_places_and_drops_strangers(rows: pd.DataFrame) -> None:
    places = [Place("resid_pre", 0), Place("resid_pre", 1), Place("resid_post", 1)]
    curve = curve_over_places(rows, places)
    np.testing.assert_array_equal(curve.x, [0, 2])
    np.testing.assert_array_equal(curve.value, [1.0, 3.0])
    assert [index for index, _ in by_place(rows, places)] == [0, 2]


def test_the_random_range_spans_the_aggregates_of_all_places() -> None:
    rows = pd.DataFrame(
        {
            "draw": [-1, -1, 0],
            "strength": [1.0, 1.0, 1.0],
            "value": [0.0, 0.2, 9.0],
            "low": [-1.0, -0.5, np.nan],
            "high": [1.0, 2.0, np.nan],
        }
    )
    curve = random_range(rows, "strength")
    assert (curve.low.tolist(), curve.high.tolist()) == ([-1.0], [2.0])


def test_without_aggregates_the_draws_give_the_random_range() -> None:
    rows = pd.DataFrame(
        {
            "draw": [0, 1, 2],
            "strength": [1.0, 1.0, 1.0],
            "value": [0.3, -0.4, 0.1],
            "low": np.nan,
            "high": np.nan,
        }
    )
    curve = random_range(rows, "strength")
    assert (curve.low.tolist(), curve.high.tolist()) == ([-0.4], [0.3])
    assert curve.value[0] == pytest.approx(0.0)
