"""The polytope instruments find what was planted, and miss what wasn't."""

import numpy as np
import pytest

from probesteer.geometry.calibration import (
    Calibration,
    Expected,
    about,
    at_least,
    at_most,
    exactly,
)
from probesteer.geometry.calibrations import calibrate_wired
from probesteer.geometry.polytopes.calibrations import calibrate_polytopes
from probesteer.geometry.polytopes.journeys import survey
from probesteer.geometry.polytopes.look import INSTRUMENTS
from probesteer.geometry.polytopes.path_calibrations import calibrate_paths
from probesteer.geometry.polytopes.paths import plane_grid
from probesteer.geometry.polytopes.planted import star_net, tent_net


def test_every_truth_is_found() -> None:
    measured = [*calibrate_polytopes(), *calibrate_paths()]
    assert len(measured) == 10 + 7
    assert [each for each in measured if not each.holds] == []


def test_every_part_asks_for_instruments_that_are_tried() -> None:
    tried = {each.instrument for each in calibrate_wired(0)}
    for part, needed in INSTRUMENTS.items():
        assert needed and tried.issuperset(needed), part


@pytest.mark.parametrize("lines", [3, 5, 7])
def test_lines_in_general_position_cut_the_plane_as_steiner_counted(lines: int) -> None:
    reach = 1.2 / np.cos(np.pi * (lines - 1) / 2 / lines)
    corners = np.array([[-reach, -reach], [reach * 1.01, -reach], [-reach, reach]])
    found = survey(star_net(lines), plane_grid(corners, 401, margin=0.05), example=0)
    assert found.regions == 1 + lines + lines * (lines - 1) // 2


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_the_tent_map_is_one(depth: int) -> None:
    x = np.linspace(0, 1, 501)[:, None]
    expected = x[:, 0]
    for _ in range(depth):
        expected = 1 - np.abs(1 - 2 * expected)
    scores = tent_net(depth)(x, np.zeros(501, dtype=np.int64)).scores[:, 0]
    np.testing.assert_allclose(scores, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("expected", "measured", "holds"),
    [
        (exactly(3, ""), 3, True),
        (exactly(3, ""), 4, False),
        (about(1, 0.1, ""), 1.05, True),
        (about(1, 0.1, ""), 0.85, False),
        (at_least(2, ""), 2, True),
        (at_least(2, ""), 1.9, False),
        (at_most(2, ""), 2.1, False),
        (at_most(2, ""), float("nan"), False),
    ],
)
def test_a_measurement_holds_inside_its_interval(
    expected: Expected, measured: float, holds: bool
) -> None:
    assert Calibration("toy", "instrument", expected, measured).holds is holds
