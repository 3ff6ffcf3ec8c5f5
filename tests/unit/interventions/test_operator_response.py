"""Responses to any operator, against those to a push that are measured elsewhere."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from probesteer.interventions.dose_response import DoseGrid, measure_dose_response
from probesteer.interventions.operator_response import edited_activations, measure_operator
from probesteer.models.loading import LoadedModel
from probesteer.places import Place
from tests.tiny_models import TEXTS
from tests.unit.interventions.test_steering_stages import directions

Load = Callable[[str], LoadedModel]
GRID = DoseGrid([-2.0, -1.0, 0.0, 0.5, 2.0], "gap", ["from_last"], 64, 100, 0)
PROMPTS = pd.DataFrame(
    [("The cat is", "happy", "sad"), ("Tom was", "good", "very bad"), ("She was", "good", "bad")],
    columns=["prompt", "positive", "negative"],
)
CHOSEN = [direction for direction in directions() if direction.draw <= 0]


@pytest.mark.parametrize("positions", ["from_last", "all"])
def test_a_push_is_what_the_steering_stage_measures(positions: str, load_tiny: Load) -> None:
    loaded, grid = load_tiny("gpt2"), replace(GRID, positions=[positions])
    arguments = (loaded, PROMPTS, TEXTS[:2], CHOSEN)
    found = measure_operator(*arguments, "add", grid, "concept x:")
    expected = measure_dose_response(*arguments, grid, "concept x:")[positions]
    assert list(found) == list(expected)
    for place, one in found.items():
        other = expected[place]
        assert one.response.directions == other.directions
        for name in ("change", "kl", "same_top", "neutral_loss", "angle", "norm_ratio"):
            np.testing.assert_allclose(
                getattr(one.response, name), getattr(other, name), atol=2e-4, err_msg=name
            )
        np.testing.assert_allclose(
            one.unsteered_loss, other.neutral_loss[0, GRID.strengths.index(0.0)], atol=1e-5
        )


def test_a_clamp_is_measured_at_0_too_and_a_rotation_keeps_the_norm(load_tiny: Load) -> None:
    loaded, zero = load_tiny("gpt2"), GRID.strengths.index(0.0)
    arguments = (loaded, PROMPTS, TEXTS[:2], CHOSEN)
    place = Place("resid_post", 1)
    clamped = measure_operator(*arguments, "clamp", GRID, "concept x:")[place]
    assert np.abs(clamped.response.change[0, zero]).max() > 1e-4
    turned = measure_operator(*arguments, "rotate", GRID, "concept x:")[place]
    np.testing.assert_allclose(turned.response.norm_ratio, 1, rtol=1e-5)
    np.testing.assert_allclose(turned.response.change[:, zero], 0, atol=1e-5)


def test_edited_activations_are_those_of_the_variant(load_tiny: Load) -> None:
    found = measure_operator(
        load_tiny("gpt2"), PROMPTS, TEXTS[:2], CHOSEN, "add", GRID, "concept x:"
    )[Place("resid_post", 1)]
    for index, direction in enumerate(found.response.directions):
        for number, strength in enumerate(GRID.strengths):
            variant = index * len(GRID.strengths) + number
            edited = edited_activations(found.residuals, found.edit, variant)
            moved = edited - found.residuals
            np.testing.assert_allclose(
                moved, np.broadcast_to(direction.push(strength, "gap"), moved.shape), atol=1e-6
            )
