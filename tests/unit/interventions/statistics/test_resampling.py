"""Mean curves of resampled groups, and the intervals of what is read from them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from probesteer.interventions.statistics.curves import first_crossing
from probesteer.interventions.statistics.resampling import Estimate, estimate_of, mean_curves
from probesteer.probes.metrics.intervals import MIN_GROUPS

STRENGTHS = [-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0]
NAN, INF = float("nan"), float("inf")
Numbers = NDArray[np.float64]


def test_the_interval_is_the_quantile_of_the_resampled_groups() -> None:
    rng = np.random.default_rng(3)
    slope = rng.normal(2, 1, size=40)
    groups = np.repeat(np.arange(20), 2)
    values = np.array(STRENGTHS)[:, None] * slope
    curves = mean_curves(values, groups, 2000, 0)
    np.testing.assert_allclose(curves[0], values.mean(axis=1))
    estimate = estimate_of(curves[:, -1] / STRENGTHS[-1])
    assert estimate.value == pytest.approx(slope.mean())
    means = slope[::2] / 2 + slope[1::2] / 2
    drawn = np.random.default_rng(9).integers(20, size=(4000, 20))
    expected = np.quantile(means[drawn].mean(axis=1), [0.025, 0.975])
    np.testing.assert_allclose([estimate.low, estimate.high], expected, atol=0.05)
    np.testing.assert_array_equal(mean_curves(values, groups, 2000, 0), curves)


def test_draws_are_means_over_the_rows_of_the_groups_drawn() -> None:
    values, groups = np.array([[1.0, 2, 3, 10, 20, 30]]), np.array(list("aabcde"))
    drawn = mean_curves(values, groups, 50, 7)[1:, 0]
    counts = np.random.default_rng(7).multinomial(5, np.full(5, 0.2), size=50)
    sums, sizes = np.array([3.0, 3, 10, 20, 30]), np.array([2, 1, 1, 1, 1])
    np.testing.assert_allclose(drawn, counts @ sums / (counts @ sizes))


@pytest.mark.parametrize("groups", [1, MIN_GROUPS - 1])
def test_few_groups_give_a_value_without_an_interval(groups: int) -> None:
    curves = mean_curves(np.ones((7, 12)), np.arange(12) % groups, 100, 0)
    assert curves.shape == (1, 7)
    estimate = estimate_of(curves[:, 0])
    assert estimate.value == 1
    assert np.isnan([estimate.low, estimate.high]).all()


@pytest.mark.parametrize("sign", [-1, 1])
def test_draws_that_do_not_reach_it_lie_infinitely_far_out_on_their_side(sign: int) -> None:
    # One of ten items alone makes the curve cross, at 0.5 from the middle; draws without it don't.
    values = np.zeros((7, 10))
    values[:, 0] = [20, 20, 20, 0, 20, 20, 20]
    curves = mean_curves(values, np.arange(10), 500, 0)
    estimate = estimate_of(first_crossing(STRENGTHS, curves, np.ones(501), 0, sign), sign)
    assert estimate.value == sign * 0.5
    outer, inner = (estimate.low, estimate.high)[::sign][::-1]
    assert np.isnan(outer)
    assert 0 < sign * inner < 0.5


def test_without_a_side_draws_without_a_value_are_left_out() -> None:
    assert estimate_of(np.array([5.0, 1, NAN, 3, 2])) == Estimate(5.0, 1.0, 3.0)
    nothing = estimate_of(np.array([5.0, NAN, NAN]))
    assert nothing.value == 5
    assert np.isnan([nothing.low, nothing.high]).all()


def test_an_overflowing_item_counts_only_in_the_draws_that_hold_it() -> None:
    values = np.ones((7, 10))
    values[-1, 0] = INF
    values[0, 0] = NAN
    curves = mean_curves(values, np.arange(10), 500, 0)
    assert np.isnan(curves[0, [0, -1]]).all()
    held = np.isnan(curves[1:, 0])
    np.testing.assert_array_equal(held, np.isnan(curves[1:, -1]))
    # A draw of ten lacks an item with a chance of 0.9^10.
    assert 1 - held.mean() == pytest.approx(0.9**10, abs=0.05)
    np.testing.assert_allclose(curves[1:][~held], 1)
    np.testing.assert_allclose(curves[:, 1:-1], 1)
