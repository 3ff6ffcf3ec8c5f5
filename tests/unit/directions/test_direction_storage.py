"""Directions come back from their file as they went in, and become rows."""

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from probesteer.directions.direction import Direction
from probesteer.directions.storage import directions_table, read_directions, write_directions
from probesteer.errors import ProbesteerError
from probesteer.places import Place


def direction(place: Place, method: str, draw: int, seed: int) -> Direction:
    generator = np.random.default_rng(seed)
    vector = generator.standard_normal(8)
    unit = (vector / np.linalg.norm(vector)).astype(np.float32)
    gap, sigma, gap_in_sigmas, mean_norm, offset = generator.standard_normal(5).tolist()
    return Direction(unit, place, method, draw, gap, sigma, gap_in_sigmas, mean_norm, offset, n=40)


def some_directions() -> list[Direction]:
    late, early = Place("resid_post", 10), Place("resid_pre", 0)
    return [
        direction(late, "difference_of_means", -1, 0),
        direction(early, "logistic", -1, 1),
        direction(early, "random", 0, 2),
        replace(direction(early, "random", 1, 3), gap_in_sigmas=float("nan")),
    ]


def test_round_trip_is_exact_and_keeps_the_order(tmp_path: Path) -> None:
    written = some_directions()
    write_directions(tmp_path / "directions.safetensors", written, {"concept": "c"})
    back = read_directions(tmp_path / "directions.safetensors")
    assert len(back) == len(written)
    for one, two in zip(written, back, strict=True):
        assert two.vector.dtype == np.float32
        assert two.vector.tobytes() == one.vector.tobytes()
        for each in fields(Direction):
            if each.name != "vector":
                np.testing.assert_equal(getattr(two, each.name), getattr(one, each.name))


def test_equal_directions_give_equal_bytes_with_their_provenance(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_directions(tmp_path / name, some_directions(), {"concept": "c", "seed": 0})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    with safe_open(tmp_path / "one", framework="numpy") as opened:
        metadata = opened.metadata()
        assert sorted(opened.keys()) == [
            "resid_post.010.difference_of_means",
            "resid_pre.000.logistic",
            "resid_pre.000.random.0",
            "resid_pre.000.random.1",
        ]
    assert json.loads(metadata["probesteer"])["provenance"] == {"concept": "c", "seed": 0}


def test_no_directions_are_a_file_too(tmp_path: Path) -> None:
    write_directions(tmp_path / "none", [], {})
    assert read_directions(tmp_path / "none") == []


def test_two_directions_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ProbesteerError, match="two directions share place, method and draw"):
        write_directions(tmp_path / "twice", some_directions()[:1] * 2, {})
    assert list(tmp_path.iterdir()) == []


def test_a_missing_or_foreign_file_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ProbesteerError, match=r"absent: missing"):
        read_directions(tmp_path / "absent")
    (tmp_path / "foreign").write_bytes(b"not safetensors")
    with pytest.raises(ProbesteerError, match=r"foreign: not a whole safetensors file"):
        read_directions(tmp_path / "foreign")


def test_a_row_for_each_metric() -> None:
    directions = some_directions()
    table = directions_table(directions)
    expected = [
        "site",
        "layer",
        "method",
        "draw",
        "metric",
        "value",
        "low",
        "high",
        "n",
        "interval",
    ]
    assert list(table.columns) == expected
    assert len(table) == 4 * 5
    assert list(table["metric"][:5]) == ["gap", "sigma", "gap_in_sigmas", "mean_norm", "offset"]
    first = table.iloc[0]
    assert (first["site"], first["layer"], first["method"]) == (
        "resid_post",
        10,
        "difference_of_means",
    )
    assert first["value"] == directions[0].gap
    assert set(table["interval"]) == {"none"}
    assert table[["low", "high"]].isna().all(axis=None)
    assert table["value"].isna().sum() == 1
    assert list(directions_table([]).columns) == expected
