"""Erasers come back from their file as they went in."""

from pathlib import Path

import numpy as np
import pytest

from probesteer.directions.direction import describe
from probesteer.directions.eraser_storage import read_erasers, write_erasers
from probesteer.directions.leace import fit_eraser
from probesteer.directions.storage import write_directions
from probesteer.errors import ProbesteerError
from probesteer.places import EMBEDDING, Place


def test_round_trip_is_exact_also_of_one_that_erases_nothing(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    y = np.arange(30) % 3
    erasers = {
        Place("resid_post", 2): fit_eraser(generator.standard_normal((30, 6)), y),
        EMBEDDING: fit_eraser(np.ones((30, 4)), y),
    }
    path = tmp_path / "erasers.safetensors"
    write_erasers(path, erasers, {"concept": "c"})
    back = read_erasers(path)
    assert list(back) == list(erasers)
    for place, eraser in erasers.items():
        for part in ("mean", "read", "write"):
            one, other = getattr(eraser, part), getattr(back[place], part)
            assert (one.shape, one.tobytes()) == (other.shape, other.tobytes())
    assert back[EMBEDDING].read.shape == (0, 4)


def test_another_file_is_told_in_one_line(tmp_path: Path) -> None:
    y = np.array([0, 1])
    direction = describe(np.array([1.0, 0]), np.eye(2), y, EMBEDDING, "difference_of_means")
    write_directions(tmp_path / "directions", [direction], {})
    with pytest.raises(ProbesteerError, match="directions: holds no erasers"):
        read_erasers(tmp_path / "directions")
