"""Rows on polytopes, of networks whose boundaries are counted by hand."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from probesteer.figures.rows import matching
from probesteer.geometry.polytopes.density import compare_densities, pair_densities
from probesteer.geometry.polytopes.planted import hyperplane_net, star_net
from probesteer.geometry.polytopes.sampling import Sample
from probesteer.geometry.polytopes.tables import (
    COLUMNS,
    DRAWS,
    Row,
    density_rows,
    push_rows,
    ray_rows,
)


def sample(X: NDArray[np.float64], groups: list[str]) -> Sample:
    return Sample("trained", X, np.arange(len(X)), np.array(groups), 0)


def framed(rows: list[Row]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


def test_a_ray_through_the_star_crosses_its_lines_where_they_are() -> None:
    # Five lines touch the unit circle: along the first axis one lies at 1, two at 3.236.
    six = sample(np.repeat([[1.0, 0.0]], 6, axis=0), list("abcdef"))
    rows = framed(ray_rows(star_net(5), six, [0, 1.5, 1, 0.5, 3, 4], noise=False))
    crossed = matching(rows, metric="crossings")
    assert crossed["strength"].tolist() == [0.25, 0.75, 1.25, 2.25, 3.5]
    # One boundary in a step of half a factor is two a factor; at 1 itself the line is touched.
    assert crossed["value"].tolist() == [0, 0, 2, 0, 2]
    assert crossed["low"].tolist() == crossed["high"].tolist() == crossed["value"].tolist()
    changed = matching(rows, metric="prediction_changed")
    assert changed["strength"].tolist() == [0, 0.5, 1, 1.5, 3, 4]
    assert changed["value"].tolist()[:4] == [0, 0, 0, 1]
    assert set(rows["method"]) == {"activations"}
    assert set(rows["unit"]) == {"factor"}


def test_a_push_crosses_boundaries_per_unit_of_strength() -> None:
    # Boundaries at 1, 2, 3 on a line; a strength of 1 goes 2 far.
    net = hyperplane_net(np.ones((3, 1)), np.array([1.0, 2.0, 3.0]))
    start = sample(np.zeros((4, 1)), list("aabb"))
    rows = framed(push_rows(net, start, np.array([2.0]), [-1, 0, 0.6, 1.6], "sigma", "m"))
    crossed = matching(rows, metric="crossings")
    np.testing.assert_allclose(crossed["strength"], [-0.5, 0.3, 1.1])
    np.testing.assert_allclose(crossed["value"], [0, 1 / 0.6, 2])
    assert set(rows["unit"]) == {"sigma"}
    # Two groups are too few for an interval.
    assert set(rows["interval"]) == {"none"}


def test_a_map_is_pushed_at_every_token() -> None:
    # Two tokens of two numbers, each with a boundary that a push of its own number passes.
    net = hyperplane_net(np.eye(4), np.array([0.5, 5.0, 0.5, 5.0]))
    start = sample(np.zeros((5, 4)), list("abcde"))
    rows = framed(push_rows(net, start, np.array([1.0, 10.0]), [0, 1], "gap", "m"))
    assert matching(rows, metric="crossings")["value"].tolist() == [4.0]
    with pytest.raises(ValueError, match="a push of 3 of activations of 4"):
        push_rows(net, start, np.ones(3), [0, 1], "gap", "m")


def test_noise_has_the_mean_and_the_spread_of_the_activations() -> None:
    X = np.repeat([[3.0]], 5, axis=0)
    net = hyperplane_net(np.ones((1, 1)), np.array([4.5]))
    still = sample(X, list("abcde"))
    real, noise = (framed(ray_rows(net, still, [1, 2], noise=flag)) for flag in (False, True))
    # Activations that don't vary give noise that doesn't.
    assert real["value"].tolist() == noise["value"].tolist()
    assert set(noise["method"]) == {"noise"}


def test_densities_are_those_of_the_comparison() -> None:
    X = np.random.default_rng(0).standard_normal((12, 3))
    net = hyperplane_net(np.random.default_rng(1).standard_normal((9, 3)), np.zeros(9))
    labels = np.arange(12) % 2
    given = sample(X, [str(row // 2) for row in range(12)])
    codes = net(X, given.examples).codes
    pairs = pair_densities(codes, X)
    rows = framed(density_rows(given, pairs, labels)).set_index("metric")
    found = compare_densities(pairs, labels, 0, given.groups, DRAWS)
    assert rows.loc["density_within", "value"] == found.within
    assert rows.loc["density_between", "high"] == found.between_interval.high
    assert rows.loc["density_difference", "value"] == found.difference
    assert rows.loc["welch_t", "value"] == found.welch_t
    assert int(rows["n"].iloc[:2].sum()) == 66


@pytest.mark.parametrize("count", [2, 5])
def test_the_first_of_a_sample(count: int) -> None:
    part = sample(np.arange(6.0)[:, None], list("abcdef")).first(count)
    assert part.X[:, 0].tolist() == part.examples.tolist() == list(range(count))
    assert part.groups.tolist() == list("abcdef")[:count]
