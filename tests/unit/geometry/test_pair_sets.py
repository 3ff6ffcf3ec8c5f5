"""Pairs are formed by the column that names them, and measured into rows."""

import numpy as np
import pandas as pd
import pytest

from probesteer.figures.rows import matching
from probesteer.geometry.superposition import pair_sets
from probesteer.geometry.superposition.arithmetic import analogies, parallelogram
from probesteer.geometry.superposition.arithmetic_rows import (
    COLUMNS,
    FIRST,
    analogy_rows,
    offset_rows,
)
from probesteer.geometry.superposition.pair_sets import PairSet, pair_set

X = np.random.default_rng(0).standard_normal((10, 4)).astype(np.float32)
ROWS = pd.DataFrame(
    {
        "label": [0, 1, 1, 0, 0, 1, 0, 1, 1, 0],
        "pair": ["p", "p", "q", "q", "r", "r", "r", "s", None, None],
        "group": list("aaabbbbccc"),
    }
)


def planted(noise: float, count: int = 24) -> PairSet:
    """Pairs with one offset, each a group."""
    rng = np.random.default_rng(1)
    first = rng.standard_normal((count, 32))
    second = first + 2 * rng.standard_normal(32) + noise * rng.standard_normal((count, 32))
    return PairSet(first, second, np.arange(count), "pair")


def test_members_are_means_of_the_rows_of_a_label() -> None:
    found = pair_set(X, ROWS, seed=0)
    assert found is not None
    # s lacks label 0.
    np.testing.assert_allclose(found.first, np.stack([X[0], X[3], X[[4, 6]].mean(axis=0)]))
    np.testing.assert_allclose(found.second, X[[1, 2, 5]])
    assert found.by == "pair"
    # q lies in the group of its first row.
    assert found.groups.tolist() == [0, 0, 1]


@pytest.mark.parametrize("rows", [ROWS.drop(columns="pair"), ROWS.assign(pair=None)])
def test_groups_stand_in_for_pairs(rows: pd.DataFrame) -> None:
    found = pair_set(X, rows, seed=0)
    assert found is not None
    assert found.by == "group"
    np.testing.assert_allclose(found.first, np.stack([X[0], X[[3, 4, 6]].mean(axis=0), X[9]]))
    assert found.groups.tolist() == [0, 1, 2]


def test_too_few_pairs_are_none() -> None:
    assert pair_set(X[:6], ROWS[:6].drop(columns="pair"), seed=0) is None
    assert pair_set(X, ROWS.assign(label=1), seed=0) is None
    assert pair_set(X, ROWS.assign(group="a").drop(columns="pair"), seed=0) is None


def test_of_too_many_pairs_some_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    many = pd.DataFrame({"label": [0, 1] * 20, "pair": np.repeat(np.arange(20), 2)})
    many["group"] = many["pair"]
    values = np.arange(40.0)[:, None]
    monkeypatch.setattr(pair_sets, "MOST_PAIRS", 6)
    one, again = (pair_set(values, many, seed=0) for _ in range(2))
    assert one is not None
    assert again is not None
    assert len(one.first) == 6
    np.testing.assert_array_equal(one.first, again.first)
    np.testing.assert_array_equal(one.second, one.first + 1)
    np.testing.assert_array_equal(one.groups, one.first[:, 0] / 2)


def test_offsets_of_pairs_and_of_shuffled_ones() -> None:
    pairs = planted(noise=1.0)
    rows = pd.DataFrame(offset_rows(pairs, 200, seed=0), columns=COLUMNS)
    expected = parallelogram(pairs.first, pairs.second, 0, 200)
    own, dealt = (
        matching(rows, method=name, metric="offset_cosine") for name in ("pairs", "shuffled")
    )
    assert own["value"].item() == expected.cosine
    assert dealt["value"].item() == expected.shuffled
    assert own["low"].item() < expected.cosine < own["high"].item()
    assert own["low"].item() > dealt["high"].item()
    assert matching(rows, metric="share_of_draws_as_high")["value"].item() == 1 / 201
    assert set(rows["n"]) == {24}


def test_analogies_of_pairs_and_what_the_offset_adds() -> None:
    pairs = planted(noise=0.1)
    rows = pd.DataFrame(analogy_rows(pairs, 200, seed=0), columns=COLUMNS)
    found = analogies(pairs.first, pairs.second)
    for k in FIRST:
        here = matching(rows, metric=f"top_{k}").set_index("method")
        assert here["value"]["pairs"] == found.top(k) == 1
        assert here["value"]["without_offset"] == pytest.approx(found.top_without_offset(k))
        assert here["value"]["with_inputs"] == pytest.approx(found.top_with_inputs(k))
        gain = 1 - found.top_without_offset(k)
        assert here["value"]["gain_of_offset"] == pytest.approx(gain)
        assert here["high"]["shuffled"] < 0.5
    assert matching(rows, metric="candidates")["value"].item() == 45
