"""Paths and planes: points, and what is met on them in networks set by hand."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from probesteer.geometry.polytopes.journeys import _PATHS_AT_ONCE, survey, travel
from probesteer.geometry.polytopes.passage import Passage
from probesteer.geometry.polytopes.paths import (
    noise_like,
    plane_grid,
    pushes,
    rays,
    segments,
    spherical,
)
from probesteer.geometry.polytopes.planted import hyperplane_net, star_net, tent_net

RNG = np.random.default_rng(0)
STARTS, ENDS = RNG.standard_normal((4, 6)), RNG.standard_normal((4, 6)) * 3
FRACTIONS = np.linspace(0, 1, 9)


def test_rays_pushes_and_segments_are_lines() -> None:
    scaled = rays(STARTS, np.array([0.0, 1.0, 4.0]))
    assert np.array_equal(scaled[:, 1], STARTS)
    assert np.array_equal(scaled[:, 2], 4 * STARTS)
    pushed = pushes(STARTS, ENDS[0], np.array([-2.0, 0.0]))
    assert np.array_equal(pushed[:, 0], STARTS - 2 * ENDS[0])
    assert np.array_equal(pushed[:, 1], STARTS)
    lines = segments(STARTS, ENDS, FRACTIONS)
    assert np.array_equal(lines[:, 0], STARTS)
    assert np.array_equal(lines[:, -1], ENDS)
    np.testing.assert_allclose(lines[:, 4], (STARTS + ENDS) / 2)


def test_spherical_interpolation_turns_evenly() -> None:
    arcs = spherical(STARTS, ENDS, FRACTIONS)
    np.testing.assert_allclose(arcs[:, 0], STARTS, atol=1e-12)
    np.testing.assert_allclose(arcs[:, -1], ENDS, atol=1e-12)
    norms = np.linalg.norm(arcs, axis=2)
    np.testing.assert_allclose(np.diff(norms, n=2, axis=1), 0, atol=1e-12)
    units = arcs / norms[:, :, None]
    angles = np.arccos(np.clip((units[:, 1:] * units[:, :-1]).sum(axis=2), -1, 1))
    np.testing.assert_allclose(angles, angles[:, :1] * np.ones(8), atol=1e-7)
    whole = np.arccos((units[:, 0] * units[:, -1]).sum(axis=1))
    np.testing.assert_allclose(angles.sum(axis=1), whole, atol=1e-6)


def test_spherical_interpolation_of_parallel_activations_is_a_ray() -> None:
    arcs = spherical(STARTS, 3 * STARTS, FRACTIONS)
    np.testing.assert_allclose(arcs, rays(STARTS, 1 + 2 * FRACTIONS), atol=1e-12)


def test_ends_that_no_arc_joins_are_refused() -> None:
    with pytest.raises(ValueError, match="opposite"):
        spherical(STARTS, -2 * STARTS, FRACTIONS)
    with pytest.raises(ValueError, match="norm 0"):
        spherical(STARTS, 0 * STARTS, FRACTIONS)


def test_a_plane_holds_its_three_activations() -> None:
    three = RNG.standard_normal((3, 7))
    grid = plane_grid(three, size=31)
    assert grid.points.shape == (31, 31, 7)
    axis = (three[1] - three[0]) / np.linalg.norm(three[1] - three[0])
    other = grid.points[-1, 0] - grid.points[0, 0]
    other /= np.linalg.norm(other)
    assert abs(axis @ other) < 1e-12
    for corner, activation in zip(grid.corners, three, strict=True):
        np.testing.assert_allclose(
            three[0] + corner[0] * axis + corner[1] * other, activation, atol=1e-12
        )
        assert grid.right[0] < corner[0] < grid.right[-1]
        assert grid.up[0] < corner[1] < grid.up[-1]
    moved = grid.points[3, 5] - three[0]
    np.testing.assert_allclose([moved @ axis, moved @ other], [grid.right[5], grid.up[3]])


@pytest.mark.parametrize("third", [2.0, 0.0, 1.0])
def test_a_line_is_no_plane(third: float) -> None:
    three = np.stack([STARTS[0], STARTS[0] + ENDS[0], STARTS[0] + third * ENDS[0]])
    with pytest.raises(ValueError, match="on a line"):
        plane_grid(three, size=5)


def test_noise_has_the_mean_and_deviation_of_every_unit() -> None:
    X = np.random.default_rng(2).standard_normal((50, 3)) * [1, 5, 0] + [0, 10, 2]
    noise = noise_like(X, 20_000, seed=0)
    np.testing.assert_allclose(noise.mean(axis=0), X.mean(axis=0), atol=0.15)
    np.testing.assert_allclose(noise.std(axis=0), X.std(axis=0), rtol=0.03, atol=1e-12)


def test_crossings_are_counted_where_they_are() -> None:
    net = hyperplane_net(np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), np.array([1.0, 3.0, 9.0]))
    paths = rays(np.array([[2.0, 0.0], [0.0, 2.0], [4.0, 40.0]]), np.array([0.0, 1.0, 2.0]))
    journey = travel(net, paths, np.zeros(3, dtype=np.int64))
    assert journey.crossings.tolist() == [[1, 1], [0, 0], [3, 0]]
    np.testing.assert_allclose(journey.density[0], [0.5, 0.5])
    np.testing.assert_allclose(journey.density[2], [3 / np.hypot(4, 40), 0])
    assert journey.changed_from(0).tolist() == [
        [False, True, True],
        [False] * 3,
        [False, True, True],
    ]
    assert journey.changed_from(2)[0].tolist() == [True, False, False]


def test_many_paths_go_in_parts() -> None:
    net = star_net(5)
    starts = np.random.default_rng(0).standard_normal((_PATHS_AT_ONCE + 3, 2))
    scales, numbers = np.linspace(0, 4, 101), np.arange(len(starts)) + 7
    seen: list[list[int]] = []

    def counted(activations: NDArray[np.floating[Any]], examples: NDArray[np.int64]) -> Passage:
        seen.append(examples[::101].tolist())
        return net(activations, examples)

    together = travel(counted, rays(starts, scales), numbers)
    assert seen == [numbers[:_PATHS_AT_ONCE].tolist(), numbers[_PATHS_AT_ONCE:].tolist()]
    for path, start in enumerate(starts):
        alone = travel(net, rays(start[None], scales), numbers[:1])
        assert np.array_equal(together.crossings[path], alone.crossings[0])
        assert np.array_equal(together.predicted[path], alone.predicted[0])
        assert np.array_equal(together.scores[path], alone.scores[0])


def test_a_path_without_length_has_no_density() -> None:
    journey = travel(tent_net(1), np.zeros((1, 3, 1)), np.zeros(1, dtype=np.int64))
    assert np.isnan(journey.density).all()


def test_cells_of_a_plane_tell_their_density() -> None:
    # One line, x = 0.5, between the columns 2 and 3 of a grid with spacing 0.2.
    net = hyperplane_net(np.array([[1.0, 0.0]]), np.array([0.5]))
    grid = plane_grid(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), size=6, margin=0)
    found = survey(net, grid, example=0)
    expected = np.zeros((5, 5))
    expected[:, 2] = 2 / 0.2 / 4
    np.testing.assert_allclose(found.density, expected)
    assert found.regions == 2
    assert found.region.tolist() == [[0, 0, 0, 1, 1, 1]] * 6
    assert np.array_equal(found.predicted, found.region)
