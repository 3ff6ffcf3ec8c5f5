"""What planted responses amount to: a line, a saturating one, one that turns, noise."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from probesteer.interventions.sensitivity import (
    Responses,
    Result,
    Thresholds,
    sensitivity_of,
    usable_end,
)

STRENGTHS = [-8.0, -4.0, -3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 8.0]
S = np.array(STRENGTHS)[:, None]
PROMPTS, TEXTS = 24, 8
THRESHOLDS = Thresholds(slope_range=2.0, linear_tolerance=0.2, cost=0.1)
Numbers = NDArray[np.float64]


def planted(change: Numbers, growth: float = 0.0, kl: float = 0.02) -> Responses:
    """change: [S, prompts]; the loss is 2 (1 + growth |s|), and the KL kl s^2."""
    return Responses(
        strengths=STRENGTHS,
        change=change * np.ones(PROMPTS),
        kl=kl * S**2 * np.ones(PROMPTS),
        loss=2 * (1 + growth * np.abs(S)) * np.ones(TEXTS),
        unsteered_loss=2 * np.ones(TEXTS),
        groups=np.arange(PROMPTS) // 2,
        splits=np.array(["validation", "test"] * (PROMPTS // 2)),
    )


def found(responses: Responses) -> dict[str, Result]:
    results = list(sensitivity_of(responses, THRESHOLDS, 200, 0))
    named = {result.metric: result for result in results}
    assert len(named) == len(results)
    return named


def numbers(result: Result) -> list[float]:
    return [result.estimate.value, result.estimate.low, result.estimate.high]


def test_a_line_is_linear_rises_to_the_end_and_never_saturates() -> None:
    named = found(planted(3 * S))
    for metric, value, bound in (
        ("slope_at_zero", 3, 0.5),
        ("prompt_slope", 3, 2),
        ("prompt_slope_sd", 0, 2),
        ("anti_steerable", 0, 2),
        ("spearman", 1, 2),
        ("monotone_low", -8, -8),
        ("monotone_high", 8, 8),
        ("usable_low", -8, -8),
        ("usable_high", 8, 8),
    ):
        np.testing.assert_allclose(numbers(named[metric]), value, atol=1e-6)
        assert named[metric].bound == bound
    for metric in ("linear", "saturation", "turning"):
        for side in ("low", "high"):
            assert np.isnan(numbers(named[f"{metric}_{side}"])).all()
    assert np.isnan(named["doubling_positive"].estimate.value)


def test_effect_at_a_cost_is_read_where_the_divergence_reaches_it() -> None:
    named = found(planted(3 * S, kl=0.025))
    # 0.025 s^2 = 0.1 at s = 2, where the response is 6.
    np.testing.assert_allclose(numbers(named["strength_at_cost"]), 2)
    np.testing.assert_allclose(numbers(named["effect_at_cost"]), 6)
    assert (named["effect_at_cost"].split, named["effect_at_cost"].n) == ("test", 12)
    assert named["effect_at_cost"].bound == 0.1
    never = found(planted(3 * S, kl=1e-6))
    assert np.isnan(numbers(never["effect_at_cost"])).all()


def test_a_response_that_turns_is_usable_up_to_its_vertex() -> None:
    named = found(planted(6 * S - S**2))
    np.testing.assert_allclose(numbers(named["turning_high"]), 3)
    np.testing.assert_allclose(numbers(named["usable_high"]), 3)
    assert np.isnan(named["turning_low"].estimate.value)
    assert named["usable_low"].estimate.value == -8
    # |6 s - s^2| is off the line 6 s by a sixth of |s|: a fifth at 1.2.
    np.testing.assert_allclose(numbers(named["linear_high"]), 1.2)


def test_a_response_that_saturates_says_where() -> None:
    named = found(planted(5 * np.tanh(S)))
    # From 2 to 3 the slope is 3 % of that at 0, from 1 to 2 it is a fifth.
    saturated = named["saturation_high"].estimate.value
    assert 1.5 < saturated < 2.5
    assert named["saturation_low"].estimate.value == pytest.approx(-saturated)
    assert np.isnan(named["turning_high"].estimate.value)


def test_the_loss_ends_the_usable_range_before_the_response_turns() -> None:
    named = found(planted(6 * S - S**2, growth=0.4))
    np.testing.assert_allclose(numbers(named["doubling_positive"]), 2.5)
    np.testing.assert_allclose(numbers(named["doubling_negative"]), -2.5)
    np.testing.assert_allclose(numbers(named["usable_high"]), 2.5)
    assert named["doubling_positive"].n == TEXTS


def test_the_nearer_end_counts_draw_by_draw() -> None:
    nan = np.nan
    turning, doubled = np.array([3.0, nan, 1.0, nan]), np.array([2.0, 5.0, nan, nan])
    np.testing.assert_array_equal(usable_end(turning, doubled, 8, 1), [2, 5, 1, 8])
    np.testing.assert_array_equal(usable_end(-turning, -doubled, -8, -1), [-2, -5, -1, -8])
    # Too few groups of prompts for draws: the value alone.
    np.testing.assert_array_equal(usable_end(turning[:1], doubled, 8, 1), [2])


def test_anti_steerable_prompts_are_counted_with_the_spread_of_slopes() -> None:
    slopes = np.where(np.arange(PROMPTS) % 4 == 0, -1.0, 3.0)
    named = found(planted(S * slopes))
    assert named["prompt_slope"].estimate.value == pytest.approx(2)
    assert named["prompt_slope_sd"].estimate.value == pytest.approx(np.std(slopes))
    anti = named["anti_steerable"].estimate
    assert anti.value == pytest.approx(0.25)
    assert anti.low < 0.25 < anti.high
    assert named["spearman"].estimate.value == pytest.approx(0.5)


def test_noise_neither_rises_nor_agrees_with_the_strength() -> None:
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((len(STRENGTHS), PROMPTS))
    noise[STRENGTHS.index(0.0)] = 0
    named = found(planted(noise))
    for metric in ("prompt_slope", "spearman", "slope_at_zero"):
        estimate = named[metric].estimate
        assert estimate.low < 0 < estimate.high
    assert 0.2 < named["anti_steerable"].estimate.value < 0.8


def test_the_strength_is_chosen_on_validation_and_its_effect_read_on_test() -> None:
    validation = planted(6 * S - S**2)  # largest at 3
    on_test = 2 * S
    change = np.where(validation.splits == "test", on_test, validation.change)
    named = found(replace(validation, change=change))
    assert named["chosen_strength"].estimate.value == 3
    assert named["chosen_strength"].split == "validation"
    np.testing.assert_allclose(numbers(named["effect_at_chosen"]), 6)
    np.testing.assert_allclose(numbers(named["kl_at_chosen"]), 0.02 * 9)
    assert (named["effect_at_chosen"].split, named["effect_at_chosen"].bound) == ("test", 3)


def test_no_strength_is_chosen_where_none_is_usable() -> None:
    named = found(planted(-S))
    assert named["usable_high"].estimate.value == 0
    assert np.isnan(named["chosen_strength"].estimate.value)
    assert "effect_at_chosen" not in named


def test_without_a_test_split_the_cost_is_that_of_all_prompts() -> None:
    responses = replace(planted(3 * S), splits=np.array(["validation"] * PROMPTS))
    named = found(responses)
    assert (named["effect_at_cost"].split, named["effect_at_cost"].n) == ("all", PROMPTS)
    assert "chosen_strength" not in named


def test_an_operator_that_breaks_the_model_at_0_has_no_usable_range() -> None:
    named = found(replace(planted(3 * S), unsteered_loss=0.5 * np.ones(TEXTS)))
    assert named["doubling_positive"].estimate.value == 0
    assert named["usable_high"].estimate.value == 0
