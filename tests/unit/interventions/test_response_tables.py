"""The steering tables of responses that are given, number by number."""

import warnings
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from probesteer.directions.direction import Direction
from probesteer.interventions.dose_response import DoseGrid, DoseResponse
from probesteer.interventions.response_tables import dose_response_table, prompt_table
from probesteer.places import EMBEDDING, Place
from probesteer.probes.metrics import intervals
from probesteer.probes.metrics.intervals import bootstrap_mean

GRID = DoseGrid(
    strengths=[-2.0, -1.0, 0.0, 0.5],
    unit="gap",
    positions=["from_last", "all"],
    batch_tokens=1,
    bootstrap_draws=300,
    seed=4,
)
GROUPS = np.array(["a", "a", "b", "c", "c"])
SPLITS = np.array(["validation", "validation", "test", "test", "test"])
PLACES = [EMBEDDING, Place("resid_post", 0)]
METHODS = [("difference_of_means", -1), ("random", 0), ("random", 1), ("random", 2)]
KEY = ["site", "layer", "method", "draw", "positions", "unit", "strength"]


def response(place: Place, seed: int) -> DoseResponse:
    rng = np.random.default_rng(seed)
    vector = np.array([1, 0], dtype=np.float32)

    def drawn(items: int, at_zero: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        values = rng.standard_normal((len(METHODS), len(GRID.strengths), items))
        values[:, 2] = at_zero
        return values

    return DoseResponse(
        directions=[Direction(vector, place, m, k, 1, 1, 1, 1, 0, 9) for m, k in METHODS],
        change=drawn(5, 0),
        kl=drawn(5, 0),
        same_top=drawn(5, 1),
        neutral_loss=drawn(3, 2.5),
        angle=drawn(5, 0),
        norm_ratio=drawn(5, 1),
    )


MEASURED = {
    positions: {place: response(place, 10 * i + j) for j, place in enumerate(PLACES)}
    for i, positions in enumerate(GRID.positions)
}


@pytest.fixture(scope="module", autouse=True)
def intervals_of_few_groups() -> Iterator[None]:
    """The planted data are small: have intervals of two groups and more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intervals, "MIN_GROUPS", 2)
        yield


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return dose_response_table(MEASURED, GRID, GROUPS, SPLITS)


def rows_at(table: pd.DataFrame, **wanted: object) -> pd.DataFrame:
    for column, value in wanted.items():
        table = table[table[column] == value]
    return table


def test_columns_and_order(table: pd.DataFrame) -> None:
    assert list(table.columns) == [
        *KEY,
        *["split", "metric", "value", "low", "high", "n", "interval"],
    ]
    assert set(table["unit"]) == {"gap"}
    keys = table[[*KEY, "split", "metric"]]
    assert not keys.duplicated().any()
    # change: 4 strengths and slope: 1, in three splits; five metrics at 4 strengths.
    each = 3 * (4 + 1) + 5 * 4
    assert len(table) == 2 * 2 * (len(METHODS) + 1) * each
    bands = (table["method"] == "random") & (table["draw"] == -1)
    assert bands.sum() == 2 * 2 * each
    assert bands.is_monotonic_increasing, "the bands come last"


def test_values_are_means_with_intervals_over_groups(table: pd.DataFrame) -> None:
    given = MEASURED["all"][PLACES[1]]
    fields = {
        "logit_difference_change": given.change,
        "kl": given.kl,
        "top1_agreement": given.same_top,
        "angle": given.angle,
        "norm_ratio": given.norm_ratio,
    }
    at = rows_at(table, positions="all", site="resid_post", layer=0, split="all")
    for metric, values in fields.items():
        for d, (method, draw) in enumerate(METHODS):
            found = rows_at(at, metric=metric, method=method, draw=draw)
            assert found["strength"].tolist() == GRID.strengths
            np.testing.assert_allclose(found["value"], values[d].mean(axis=1), rtol=1e-12)
            low, high = bootstrap_mean(values[d], GROUPS, 300, 4)
            np.testing.assert_allclose(found["low"], low, rtol=1e-12, atol=1e-15)
            np.testing.assert_allclose(found["high"], high, rtol=1e-12, atol=1e-15)
            assert set(found["n"]) == {5}
            assert set(found["interval"]) == {"bootstrap 95%"}


def test_neutral_losses_are_resampled_by_text(table: pd.DataFrame) -> None:
    given = MEASURED["from_last"][EMBEDDING].neutral_loss[0]
    found = rows_at(
        table, positions="from_last", site="resid_pre", metric="neutral_loss", draw=-1
    ).query("method == 'difference_of_means'")
    low, high = bootstrap_mean(given, np.arange(3), 300, 4)
    np.testing.assert_allclose(found["value"], given.mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(found["low"], low, rtol=1e-12)
    np.testing.assert_allclose(found["high"], high, rtol=1e-12)
    assert set(found["n"]) == {3}


@pytest.mark.parametrize(("split", "taken"), [("validation", [0, 1]), ("test", [2, 3, 4])])
def test_split_rows_use_only_their_prompts(
    split: str, taken: list[int], table: pd.DataFrame
) -> None:
    change = MEASURED["from_last"][EMBEDDING].change[0][:, taken]
    found = rows_at(table, positions="from_last", site="resid_pre", split=split).query(
        "method == 'difference_of_means'"
    )
    assert set(found["metric"]) == {"logit_difference_change", "slope"}
    assert set(found["n"]) == {len(taken)}
    changes = rows_at(found, metric="logit_difference_change")
    np.testing.assert_allclose(changes["value"], change.mean(axis=1), rtol=1e-12)
    low, high = bootstrap_mean(change, GROUPS[taken], 300, 4)
    np.testing.assert_allclose(changes["low"], low, rtol=1e-12)
    np.testing.assert_allclose(changes["high"], high, rtol=1e-12)
    (slope,) = rows_at(found, metric="slope").itertuples()
    assert slope.strength == 0.75
    assert slope.value == pytest.approx((change[3] - change[1]).mean() / 1.5)


def test_strength_zero_is_exact(table: pd.DataFrame) -> None:
    at_zero = rows_at(table, strength=0.0)
    expected = {
        "logit_difference_change": 0,
        "kl": 0,
        "top1_agreement": 1,
        "neutral_loss": 2.5,
        "angle": 0,
        "norm_ratio": 1,
    }
    assert set(at_zero["metric"]) == set(expected)
    np.testing.assert_array_equal(at_zero["value"], at_zero["metric"].map(expected))
    some = at_zero["low"].notna()
    np.testing.assert_array_equal(at_zero["low"][some], at_zero["value"][some])
    np.testing.assert_array_equal(at_zero["high"][some], at_zero["value"][some])


def test_the_random_band_is_mean_and_range_of_the_draws(table: pd.DataFrame) -> None:
    random = rows_at(table, method="random")
    keys = ["site", "layer", "positions", "strength", "split", "metric"]
    draws = random[random["draw"] >= 0].groupby(keys)["value"].agg(["mean", "min", "max"])
    bands = rows_at(random, draw=-1).set_index(keys).loc[draws.index]
    np.testing.assert_allclose(bands["value"], draws["mean"], rtol=1e-12, atol=1e-15)
    np.testing.assert_array_equal(bands["low"], draws["min"])
    np.testing.assert_array_equal(bands["high"], draws["max"])
    assert set(bands["n"]) == {3}
    assert set(bands["interval"]) == {"range of draws"}


def test_a_split_without_prompts_has_no_rows_and_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = dose_response_table(MEASURED, GRID, GROUPS, np.full(5, "test"))
    assert set(table["split"]) == {"all", "test"}


def test_without_random_directions_there_is_no_band() -> None:
    place = Place("resid_post", 0)
    whole = response(place, 0)
    alone = DoseResponse(
        whole.directions[:1],
        *(
            getattr(whole, name)[:1]
            for name in ("change", "kl", "same_top", "neutral_loss", "angle", "norm_ratio")
        ),
    )
    table = dose_response_table({"all": {place: alone}}, GRID, GROUPS, SPLITS)
    assert set(table["method"]) == {"difference_of_means"}


def test_prompt_rows_hold_each_change_at_its_keys() -> None:
    numbers = [3, 4, 7, 8, 9]
    asked = pd.DataFrame({"group": GROUPS, "split": SPLITS}, index=numbers)
    table = prompt_table(MEASURED, GRID, asked)
    assert list(table.columns) == [*KEY, "prompt", "group", "split", "metric", "value"]
    assert set(table["metric"]) == {"logit_difference_change"}
    expected = [
        (
            *(place.site, place.layer, method, draw, positions, strength),
            *(numbers[p], GROUPS[p], SPLITS[p], value),
        )
        for positions, places in MEASURED.items()
        for place, given in places.items()
        for (method, draw), changes in zip(METHODS, given.change, strict=True)
        for strength, at in zip(GRID.strengths, changes, strict=True)
        for p, value in enumerate(at)
    ]
    columns = table[[*KEY[:5], "strength", "prompt", "group", "split", "value"]].itertuples(
        index=False, name=None
    )
    assert list(columns) == expected
