"""Cosines between the directions of a model's concepts."""

import numpy as np
import pytest

from probesteer.directions.cosines import cosine_table
from probesteer.directions.direction import Direction
from probesteer.places import Place

FIRST, SECOND = Place("resid_post", 0), Place("resid_post", 1)


def direction(place: Place, method: str, angle: float, n: int, draw: int = -1) -> Direction:
    """A direction in the plane at an angle in degrees."""
    radians = np.deg2rad(angle)
    vector = np.array([np.cos(radians), np.sin(radians)], dtype=np.float32)
    return Direction(vector, place, method, draw, 1.0, 1.0, 1.0, 1.0, 0.0, n)


DIRECTIONS = {
    "truth": [
        direction(FIRST, "difference_of_means", 0, 100),
        direction(FIRST, "logistic", 60, 100),
        direction(FIRST, "random", 45, 100, draw=0),
        direction(SECOND, "difference_of_means", 0, 100),
    ],
    "mood": [direction(FIRST, "difference_of_means", 150, 60)],
}


def test_cosines_by_hand() -> None:
    table = cosine_table(DIRECTIONS)
    assert list(table.columns) == [
        "site",
        "layer",
        "concept",
        "method",
        "other_concept",
        "other_method",
        "metric",
        "value",
        "low",
        "high",
        "n",
        "interval",
    ]
    first = table[table["layer"] == 0]
    names = [
        ("truth", "difference_of_means"),
        ("truth", "logistic"),
        ("mood", "difference_of_means"),
    ]
    pivoted = first.pivot(
        index=["concept", "method"], columns=["other_concept", "other_method"], values="value"
    ).loc[names, names]
    half, root = 0.5, 3**0.5 / 2
    expected = [[1, half, -root], [half, 1, 0], [-root, 0, 1]]
    np.testing.assert_allclose(pivoted.to_numpy(), expected, atol=1e-6)


def test_places_are_apart_and_random_directions_left_out() -> None:
    table = cosine_table(DIRECTIONS)
    assert len(table) == 3 * 3 + 1
    assert "random" not in set(table["method"]) | set(table["other_method"])
    alone = table[table["layer"] == 1]
    assert alone["value"].item() == pytest.approx(1, abs=1e-12)
    assert alone["concept"].item() == alone["other_concept"].item() == "truth"


def test_n_is_the_smaller_of_the_two() -> None:
    table = cosine_table(DIRECTIONS)
    across = table[table["concept"] != table["other_concept"]]
    within = table[(table["concept"] == "truth") & (table["other_concept"] == "truth")]
    assert set(across["n"]) == {60}
    assert set(within["n"]) == {100}
    assert set(table["interval"]) == {"none"}
    assert table[["low", "high"]].isna().all(axis=None)


def test_no_directions_give_no_rows() -> None:
    table = cosine_table({"truth": []})
    assert len(table) == 0
    assert "other_concept" in table.columns
