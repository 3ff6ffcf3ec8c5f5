"""Dose and response at every place, against one plain pass for every cell."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch

from probesteer.directions.direction import Direction
from probesteer.interventions.dose_response import DoseGrid, measure_dose_response, slopes
from probesteer.models.loading import LoadedModel
from probesteer.places import EMBEDDING, Place
from tests.unit.interventions.naive import (
    Prompt,
    adding,
    log_probabilities,
    logit_difference,
    next_token,
)

NEUTRAL = ["The cat saw a bird", "Tom was sad."]
PROMPTS = pd.DataFrame(
    [("The cat is", "happy", "sad"), ("She saw", "a bird", "the dog"), ("Tom was", "sad", "good")],
    columns=["prompt", "positive", "negative"],
)
GRID = DoseGrid(
    strengths=[-2.0, -0.5, 0.0, 1.0],
    unit="gap",
    positions=["from_last", "all"],
    batch_tokens=256,
    bootstrap_draws=100,
    seed=0,
)
PLACES = [EMBEDDING, Place("resid_post", 1)]


def directions(width: int) -> list[Direction]:
    """Two directions at each of two places, interleaved."""
    rng = np.random.default_rng(0)
    found = []
    for method, gap in (("difference_of_means", 1.5), ("logistic", 0.7)):
        for place in PLACES:
            vector = rng.standard_normal(width)
            unit = (vector / np.linalg.norm(vector)).astype(np.float32)
            found.append(Direction(unit, place, method, -1, gap, 1.0, 1.0, 1.0, 0.0, 10))
    return found


def tokenised(loaded: LoadedModel) -> list[Prompt]:
    def ids(text: str) -> tuple[int, ...]:
        return tuple(loaded.tokenizer(text)["input_ids"])

    prompts = []
    for prompt, positive, negative in PROMPTS.itertuples(index=False):
        start = ids(prompt)
        ends = [ids(f"{prompt} {word}")[len(start) :] for word in (positive, negative)]
        prompts.append(Prompt(start, ends[0], ends[1]))
    return prompts


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_every_cell_equals_a_plain_pass(kind: str, load_tiny: Callable[[str], LoadedModel]) -> None:
    loaded = load_tiny(kind)
    given = directions(loaded.width)
    measured = measure_dose_response(loaded, PROMPTS, NEUTRAL, given, GRID, "concept x:")
    prompts = tokenised(loaded)
    before = [logit_difference(loaded, prompt) for prompt in prompts]
    texts = [tuple(loaded.tokenizer(text)["input_ids"]) for text in NEUTRAL]
    assert list(measured) == ["from_last", "all"]
    for positions, places in measured.items():
        assert list(places) == PLACES
        for place, response in places.items():
            assert response.directions == [d for d in given if d.place == place]
            for d, direction in enumerate(response.directions):
                for s, strength in enumerate(GRID.strengths):
                    change = adding(torch.tensor(strength * direction.gap * direction.vector))
                    for p, prompt in enumerate(prompts):
                        after = logit_difference(loaded, prompt, place, change, positions)
                        assert response.change[d, s, p] == pytest.approx(
                            after - before[p], abs=2e-4
                        )
                        top = next_token(loaded, prompt, place, change, positions).argmax()
                        assert response.same_top[d, s, p] == (
                            top == next_token(loaded, prompt).argmax()
                        )
                    for t, ids in enumerate(texts):
                        read = log_probabilities(loaded, ids, place, change)
                        loss = -sum(float(read[i, ids[i + 1]]) for i in range(len(ids) - 1))
                        assert response.neutral_loss[d, s, t] == pytest.approx(
                            loss / (len(ids) - 1), abs=1e-4
                        )


def test_at_strength_zero_nothing_changes_exactly(load_tiny: Callable[[str], LoadedModel]) -> None:
    loaded = load_tiny("opt")
    measured = measure_dose_response(
        loaded, PROMPTS, NEUTRAL, directions(loaded.width), GRID, "concept x:"
    )
    losses = []
    for places in measured.values():
        for response in places.values():
            for name, value in (
                ("change", 0),
                ("kl", 0),
                ("same_top", 1),
                ("angle", 0),
                ("norm_ratio", 1),
            ):
                np.testing.assert_array_equal(getattr(response, name)[:, 2], value)
                assert (getattr(response, name)[:, [0, 1, 3]] != value).any() or name == "same_top"
            losses += [loss.tolist() for loss in response.neutral_loss[:, 2]]
            assert (response.kl >= 0).all()
    assert all(loss == losses[0] for loss in losses)


def test_zero_goes_where_the_strengths_have_it() -> None:
    values = np.arange(12.0).reshape(2, 3, 2)
    whole = GRID.with_zero(values, np.array([-1.0, -2.0]))
    np.testing.assert_array_equal(whole[:, [0, 1, 3]], values)
    np.testing.assert_array_equal(whole[:, 2], [[-1, -2], [-1, -2]])
    assert GRID.pushed == [-2.0, -0.5, 1.0]


def test_slopes_by_hand() -> None:
    change = np.array([[-8.0, 1], [-3, 0], [0, 0], [2, 5], [9, 9]])
    step, slope = slopes([-4.0, -1.0, 0.0, 1.0, 4.0], change)
    assert step == 1
    np.testing.assert_array_equal(slope, [2.5, 2.5])
    # Strengths that are not symmetric: over the whole distance between the two around 0.
    step, slope = slopes([-4.0, -2.0, 0.0, 0.5, 4.0], change)
    assert step == 1.25
    np.testing.assert_array_equal(slope, [2, 2])
    assert slopes([-1.0, 0.0, 1.0], np.zeros((3, 5, 3, 2)))[1].shape == (3, 5, 2)
