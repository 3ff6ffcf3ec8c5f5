"""Marks on curves whose shape is known."""

import warnings

import numpy as np
import pytest
from numpy.typing import NDArray

from probesteer.interventions.statistics.curves import (
    first_crossing,
    interpolated,
    linear_end,
    monotone_end,
    saturation,
    slope_at_zero,
    strength_at_cost,
    turning_point,
)

STRENGTHS = [-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0]
FINE = np.linspace(-5, 5, 1001)
NAN, INF = float("nan"), float("inf")
Numbers = NDArray[np.float64]


def planted(*curves: list[float]) -> Numbers:
    return np.array(curves, dtype=np.float64)


def test_slopes_at_zero_are_central_differences() -> None:
    curves = planted([-8, -4, -2, 0, 2, 4, 8], [9, 9, 3, 0, 1, 9, 9])
    np.testing.assert_array_equal(slope_at_zero(STRENGTHS, curves), [2, -1])
    assert np.isnan(slope_at_zero([0.0, 1.0], planted([0, 1]))).all()


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


@pytest.mark.parametrize("top", [0.3, 1.7, 2.4])
def test_a_parabola_turns_at_its_vertex_between_the_strengths(top: float) -> None:
    strengths = np.array([-3.0, -1.0, 0.0, 0.25, 1.0, 2.0, 3.0])
    parabola = -((strengths - top) ** 2)
    found = turning_point(strengths.tolist(), parabola[None], 1)
    np.testing.assert_allclose(found, top, rtol=1e-12)
    assert np.isnan(turning_point(strengths.tolist(), parabola[None], -1)).all()
    mirrored = -parabola[::-1]  # rises from its lowest point at -top
    lowest = turning_point((-strengths[::-1]).tolist(), mirrored[None], -1)
    np.testing.assert_allclose(lowest, -top, rtol=1e-12)


def test_what_falls_from_the_start_turns_at_0_and_what_rises_to_the_end_does_not() -> None:
    curves = planted([4, 2, 1, 0, -1, -2, -4], [-4, -2, -1, 0, 1, 2, 4], [1, -1, 0, 0, 1, 2, INF])
    np.testing.assert_array_equal(turning_point(STRENGTHS, curves, 1), [0, NAN, NAN])
    np.testing.assert_array_equal(turning_point([-1.0, 0.0, 1.0], curves[:2, 2:5], 1), [0, NAN])


def test_a_line_is_linear_throughout_and_a_parabola_where_its_bend_is_small() -> None:
    line, bent = 3 * FINE, 2 * FINE - 0.5 * FINE**2
    curves = np.stack([line, bent])
    # |b s - c s^2| is off by a share |c s / b| of the line: 0.2 at |s| = 0.8.
    np.testing.assert_allclose(linear_end(FINE.tolist(), curves, 0.2, 1), [NAN, 0.8], rtol=1e-9)
    np.testing.assert_allclose(linear_end(FINE.tolist(), curves, 0.2, -1), [NAN, -0.8], rtol=1e-9)


def test_a_tanh_is_linear_up_to_where_it_is_a_fifth_off() -> None:
    curve = 7 * np.tanh(FINE / 1.5)
    end = float(linear_end(FINE.tolist(), curve[None], 0.2, 1)[0])
    assert np.tanh(end / 1.5) / (end / 1.5) == pytest.approx(0.8, abs=1e-3)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("gain", [7.0, -7.0])
def test_a_tanh_saturates_where_its_slope_is_a_tenth(sign: int, gain: float) -> None:
    curve = gain * np.tanh(FINE / 1.5)
    found = saturation(FINE.tolist(), curve[None], 0.1, sign)
    np.testing.assert_allclose(found, sign * 1.5 * np.arccosh(np.sqrt(10)), rtol=1e-3)


def test_a_line_does_not_saturate_and_a_parabola_does_shortly_before_its_vertex() -> None:
    curves = np.stack([FINE, -((FINE - 2.0) ** 2), 0 * FINE])
    found = saturation(FINE.tolist(), curves, 0.1, 1)
    np.testing.assert_allclose(found, [NAN, 1.8, NAN], rtol=1e-6)


def test_a_response_that_overflowed_has_not_become_flat() -> None:
    curves = planted([-4, -2, -1, 0, 1, 2, INF], [-4, -2, -1, 0, 1, NAN, NAN])
    np.testing.assert_array_equal(saturation(STRENGTHS, curves, 0.1, 1), [NAN, NAN])


def test_a_threshold_response_is_measured_by_its_steepest_slope() -> None:
    late = np.clip(FINE - 2, 0, 1) + 0.01 * FINE
    found = saturation(FINE.tolist(), late[None], 0.1, 1)
    np.testing.assert_allclose(found, 3, atol=0.02)


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


def test_a_divergence_that_grows_as_a_square_reaches_its_cost_exactly() -> None:
    divergence = 0.4 * np.array(STRENGTHS) ** 2
    curves = np.stack([divergence, 0 * divergence])
    expected = [np.sqrt(0.1 / 0.4), NAN]
    np.testing.assert_allclose(strength_at_cost(STRENGTHS, curves, 0.1, 1), expected)
    np.testing.assert_allclose(strength_at_cost(STRENGTHS, curves, 0.1, -1), [-expected[0], NAN])


def test_curves_are_read_between_strengths() -> None:
    curves = planted([-4, -2, -1, 0, 1, 4, 8], [0, 0, 0, 0, 0, 1, 1])
    np.testing.assert_allclose(interpolated(STRENGTHS, curves, np.array([1.5, NAN])), [2.5, NAN])


@pytest.mark.parametrize("sign", [-1, 1])
def test_no_mark_warns_or_leaves_its_side_on_noise(sign: int) -> None:
    curves = np.random.default_rng(0).standard_normal((200, len(STRENGTHS)))
    curves[:, 3] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for found in (
            monotone_end(STRENGTHS, curves, sign),
            turning_point(STRENGTHS, curves, sign),
            linear_end(STRENGTHS, curves, 0.2, sign),
            saturation(STRENGTHS, curves, 0.1, sign),
        ):
            known = found[np.isfinite(found)] * sign
            assert len(known) > 20
            assert ((known >= -1e-12) & (known <= 4)).all()
