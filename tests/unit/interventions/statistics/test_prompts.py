"""Slopes and rank correlations of prompts whose response is known."""

import numpy as np
import pytest
from scipy.stats import linregress, spearmanr

from probesteer.interventions.statistics.prompts import (
    prompt_rank_correlations,
    prompt_slopes,
    window_of,
)

STRENGTHS = [-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0]


def test_slopes_and_rank_correlations_are_those_of_scipy() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((3, 7, 5)).round(1)  # with ties
    slopes, ranks = prompt_slopes(STRENGTHS, values), prompt_rank_correlations(STRENGTHS, values)
    for direction in range(3):
        for prompt in range(5):
            response = values[direction, :, prompt]
            assert slopes[direction, prompt] == pytest.approx(linregress(STRENGTHS, response)[0])
            expected = spearmanr(STRENGTHS, response)[0]
            assert ranks[direction, prompt] == pytest.approx(expected)


def test_a_line_has_its_slope_and_what_rises_at_all_a_rank_correlation_of_one() -> None:
    x = np.array(STRENGTHS)[:, None]
    values = np.concatenate([3 * x, -x, np.tanh(4 * x), x**3, 0 * x], axis=1)
    np.testing.assert_allclose(prompt_slopes(STRENGTHS, values)[[0, 1, 4]], [3, -1, 0], atol=1e-15)
    with np.errstate(all="raise", invalid="ignore"):
        found = prompt_rank_correlations(STRENGTHS, values)
    np.testing.assert_allclose(found, [1, -1, 1, 1, np.nan])


def test_an_overflow_has_no_rank_correlation() -> None:
    values = np.array(STRENGTHS)[:, None] * np.ones(2)
    values[0, 1] = np.nan
    np.testing.assert_array_equal(prompt_rank_correlations(STRENGTHS, values), [1, np.nan])


@pytest.mark.parametrize(
    ("widest", "inside"), [(1.0, [-1, -0.5, 0, 0.5, 1]), (0.1, [-0.5, 0, 0.5]), (9.0, STRENGTHS)]
)
def test_a_window_holds_the_smallest_strengths_of_both_sides(
    widest: float, inside: list[float]
) -> None:
    assert np.array(STRENGTHS)[window_of(STRENGTHS, widest)].tolist() == inside


def test_the_smallest_strengths_may_differ_in_size() -> None:
    strengths = [-4.0, -3.0, 0.0, 1.0, 2.0]
    assert np.array(strengths)[window_of(strengths, 0.5)].tolist() == [-3, 0, 1]
