"""Ends of ranges on planted curves."""

import warnings

import numpy as np
import pytest
from numpy.typing import NDArray

from probesteer.interventions.sensitivity import (
    bootstrap_curve,
    doubling_estimates,
    first_crossing,
    monotone_end,
    response_estimates,
)
from probesteer.probes.intervals import MIN_GROUPS

STRENGTHS = [-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0]
NAN, INF = float("nan"), float("inf")
Numbers = NDArray[np.float64]


def planted(*curves: list[float]) -> Numbers:
    return np.array(curves, dtype=np.float64)


def test_monotone_ends() -> None:
    curves = planted(
        [-4, -2, -1, 0, 1, 2, 4],  # rises throughout
        [4, 2, 1, 0, -1, -2, -4],  # falls throughout
        [-1, -2, -1, 0, 1, 2, 1],  # turns at -2 and at 2
        [0, 0, -1, 0, 1, 1, 2],  # flat is not rising
        [NAN, -2, -1, 0, 1, INF, NAN],  # an infinite response still rises, NaN does not
    )
    np.testing.assert_array_equal(monotone_end(STRENGTHS, curves, 1), [4, 0, 2, 1, 2])
    np.testing.assert_array_equal(monotone_end(STRENGTHS, curves, -1), [-4, 0, -2, -1, -2])


def test_crossings_lie_on_the_lines_between_strengths() -> None:
    curves = planted([9, 5, 3, 1, 1.5, 4, 8], [2, 2, 2, 1, 2, 5, 5])
    np.testing.assert_allclose(
        first_crossing(STRENGTHS, curves, planted([2, 2])[0], 0, 1), [1.2, 1]
    )
    np.testing.assert_allclose(
        first_crossing(STRENGTHS, curves, planted([4, 2])[0], 0, -1), [-1.5, -1]
    )


def test_a_level_that_is_not_reached_or_passed_from_the_start_gives_nan() -> None:
    curves = planted([1, 1, 1, 1, 1, 1, 1], [5, 5, 5, 5, 5, 5, 5], [1, 1, 1, 1, 1, 1, 1])
    levels = np.array([2.0, 2.0, NAN])
    for sign in (-1, 1):
        assert np.isnan(first_crossing(STRENGTHS, curves, levels, 0, sign)).all()


@pytest.mark.parametrize("overflow", [NAN, INF])
def test_a_curve_that_overflows_has_crossed(overflow: float) -> None:
    curves = planted([overflow, 1, 1, 1, 1, overflow, 1], [overflow, 3, 1, 1, 1, 1, overflow])
    levels = np.array([2.0, 2.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(first_crossing(STRENGTHS, curves, levels, 0, 1), [2, 4])
        np.testing.assert_allclose(first_crossing(STRENGTHS, curves, levels, 0, -1), [-4, -1.5])


def test_crossings_from_another_start() -> None:
    factors, level = [0.0, 0.5, 1.0, 2.0, 4.0], np.array([3.0])
    curves = planted([9, 5, 1, 2, 6])
    np.testing.assert_allclose(first_crossing(factors, curves, level, 1, 1), [2.5])
    np.testing.assert_allclose(first_crossing(factors, curves, level, 1, -1), [0.75])


def test_a_side_without_strengths_is_not_reached() -> None:
    assert np.isnan(first_crossing([1.0, 2.0], planted([1, 9]), np.array([2.0]), 1, -1)).all()


def test_the_interval_is_the_quantile_of_the_resampled_groups() -> None:
    rng = np.random.default_rng(3)
    slope = rng.normal(2, 1, size=40)
    groups = np.repeat(np.arange(20), 2)
    values = np.array(STRENGTHS)[:, None] * slope

    def top(curves: Numbers) -> Numbers:
        ends: Numbers = curves[:, -1] / STRENGTHS[-1]
        return ends

    estimate = bootstrap_curve(values, groups, top, 1, 2000, 0)
    assert estimate.value == pytest.approx(slope.mean())
    means = slope[::2] / 2 + slope[1::2] / 2
    drawn = np.random.default_rng(9).integers(20, size=(4000, 20))
    expected = np.quantile(means[drawn].mean(axis=1), [0.025, 0.975])
    np.testing.assert_allclose([estimate.low, estimate.high], expected, atol=0.05)
    assert bootstrap_curve(values, groups, top, 1, 2000, 0) == estimate


@pytest.mark.parametrize("groups", [1, MIN_GROUPS - 1])
def test_few_groups_give_a_value_without_an_interval(groups: int) -> None:
    values, group_of_item = np.ones((7, 12)), np.arange(12) % groups
    estimate = bootstrap_curve(values, group_of_item, lambda curves: curves[:, 0], 1, 100, 0)
    assert estimate.value == 1
    assert np.isnan([estimate.low, estimate.high]).all()


@pytest.mark.parametrize("sign", [-1, 1])
def test_draws_that_do_not_reach_it_lie_infinitely_far_out_on_their_side(sign: int) -> None:
    # One of ten items alone makes the curve cross, at 0.5 from the middle; draws without it don't.
    values = np.zeros((7, 10))
    values[:, 0] = [20, 20, 20, 0, 20, 20, 20]

    def crossing(curves: Numbers) -> Numbers:
        return first_crossing(STRENGTHS, curves, np.ones(len(curves)), 0, sign)

    estimate = bootstrap_curve(values, np.arange(10), crossing, sign, 500, 0)
    assert estimate.value == sign * 0.5
    outer, inner = (estimate.low, estimate.high)[::sign][::-1]
    assert np.isnan(outer)
    assert 0 < sign * inner < 0.5


def test_an_overflowing_item_counts_only_in_the_draws_that_hold_it() -> None:
    values = np.ones((7, 10))
    values[-1, 0] = INF
    values[0, 0] = NAN

    def share_finite(curves: Numbers) -> Numbers:
        return np.isfinite(curves[:, 0] + curves[:, -1]).astype(np.float64)

    estimate = bootstrap_curve(values, np.arange(10), share_finite, 1, 500, 0)
    assert (estimate.value, estimate.low, estimate.high) == (0, 0, 1)


def test_response_and_doubling_of_planted_curves() -> None:
    response = np.array([-1.0, -2, -1, 0, 1, 2, 3])[:, None] * np.ones(6)
    found = dict(response_estimates(STRENGTHS, response, np.arange(6), 200, 0))
    assert list(found) == ["monotone_low", "monotone_high"]
    for name, end in (("monotone_low", -2.0), ("monotone_high", 4.0)):
        assert (found[name].value, found[name].low, found[name].high) == (end, end, end)

    loss = np.array([INF, 1.5, 1.2, 1, 1.1, 3, 5])[:, None] * np.array([1.0, 2, 3, 4, 5])
    names = ("doubling_negative", "doubling_positive")
    found_loss = {
        name: (estimate, bound)
        for name, estimate, bound in doubling_estimates(STRENGTHS, loss, 0.0, names, 200, 0)
    }
    negative, bound = found_loss["doubling_negative"]
    assert (negative.value, negative.low, negative.high, bound) == (-4, -4, -4, -4)
    positive, bound = found_loss["doubling_positive"]
    crossing = 1 + 0.9 / 1.9
    np.testing.assert_allclose([positive.value, positive.low, positive.high], crossing, rtol=1e-12)
    assert bound == 4


def test_doubling_that_is_not_reached_carries_the_last_factor_tried() -> None:
    factors, loss = [0.5, 1.0, 3.0], np.array([[1.5], [1.0], [1.9]]) * np.ones(4)
    names = ("doubling_below", "doubling_above")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = list(doubling_estimates(factors, loss, 1.0, names, 100, 0))
    assert [(name, bound) for name, _, bound in found] == [(names[0], 0.5), (names[1], 3.0)]
    for _, estimate, _ in found:
        assert np.isnan([estimate.value, estimate.low, estimate.high]).all()
