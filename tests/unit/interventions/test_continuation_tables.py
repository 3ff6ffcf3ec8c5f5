"""Each continuation by itself and the tokens of neutral texts, against plain passes."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch

from probesteer.directions.direction import Direction
from probesteer.interventions.continuation_tables import (
    NEGATIVE,
    NEUTRAL,
    POSITIVE,
    continuation_prompt_table,
    continuation_table,
)
from probesteer.interventions.dose_response import DoseGrid, measure_dose_response
from probesteer.interventions.readouts import prompt_rows, text_rows
from probesteer.interventions.response_tables import dose_response_table, prompt_table
from probesteer.interventions.sweep import run_sweep
from probesteer.models.loading import LoadedModel
from probesteer.places import Place
from tests.tiny_models import ALL_KINDS
from tests.unit.interventions.naive import adding, log_probabilities

Load = Callable[[str], LoadedModel]
NEUTRAL_TEXTS = ["The cat saw a bird", "Tom was sad."]
PROMPTS = pd.DataFrame(
    [("The cat is", "happy", "sad"), ("She saw", "a bird", "the dog"), ("Tom was", "good", "sad")],
    columns=["prompt", "positive", "negative"],
).assign(group=["a", "b", "a"], split=["validation", "test", "test"])
ONE_TOKEN = PROMPTS.assign(positive="happy", negative="sad")
GRID = DoseGrid([-2.0, 0.0, 1.0], "gap", ["from_last", "all"], 256, 50, 0)
PLACE = Place("resid_post", 1)
GROUPS, SPLITS = (PROMPTS[name].to_numpy(dtype=str) for name in ("group", "split"))


def directions(width: int) -> list[Direction]:
    rng = np.random.default_rng(0)
    found = []
    for method, draw in (("difference_of_means", -1), ("random", 0), ("logistic", -1)):
        vector = rng.standard_normal(width)
        unit = (vector / np.linalg.norm(vector)).astype(np.float32)
        found.append(Direction(unit, PLACE, method, draw, 1.5, 1.0, 1.0, 1.0, 0.0, 10))
    return found


@pytest.fixture(scope="module")
def tables(load_tiny: Load) -> tuple[LoadedModel, pd.DataFrame, pd.DataFrame]:
    loaded = load_tiny("gpt2")
    measured = measure_dose_response(
        loaded, PROMPTS, NEUTRAL_TEXTS, directions(loaded.width), GRID, "concept x:"
    )
    means = continuation_table(measured, GRID, GROUPS, SPLITS)
    whole = dose_response_table(measured, GRID, GROUPS, SPLITS)
    assert list(means.columns) == list(whole.columns)
    per_prompt = continuation_prompt_table(measured, GRID, PROMPTS)
    assert list(per_prompt.columns) == list(prompt_table(measured, GRID, PROMPTS).columns)
    return loaded, means, per_prompt


@pytest.mark.parametrize("positions", ["from_last", "all"])
@pytest.mark.parametrize(("metric", "column"), [(POSITIVE, "positive"), (NEGATIVE, "negative")])
def test_every_prompt_equals_a_plain_pass(
    metric: str, column: str, positions: str, tables: tuple[LoadedModel, pd.DataFrame, pd.DataFrame]
) -> None:
    loaded, _, per_prompt = tables
    rows = per_prompt.query("metric == @metric and positions == @positions")
    assert set(rows["method"]) == {"difference_of_means", "logistic"}
    for direction in directions(loaded.width)[::2]:
        for strength in GRID.strengths:
            change = adding(torch.tensor(strength * direction.gap * direction.vector))
            found = rows.query("method == @direction.method and strength == @strength")
            assert found["prompt"].tolist() == [0, 1, 2]
            for (_, prompt), value in zip(PROMPTS.iterrows(), found["value"], strict=True):
                start = len(loaded.tokenizer(prompt["prompt"])["input_ids"])
                whole = f"{prompt['prompt']} {prompt[column]}"
                ids = tuple(loaded.tokenizer(whole)["input_ids"])
                first = start - 1 if positions == "from_last" else 0
                after = log_probabilities(loaded, ids[:-1], PLACE, change, first)
                before = log_probabilities(loaded, ids[:-1])
                scored = range(start, len(ids))
                expected = sum(float((after - before)[i - 1, ids[i]]) for i in scored)
                assert value == pytest.approx(expected, abs=2e-4)


def test_means_are_those_of_the_prompts(
    tables: tuple[LoadedModel, pd.DataFrame, pd.DataFrame],
) -> None:
    _, means, per_prompt = tables
    key = ["method", "positions", "strength", "metric"]
    for split, prompts in (("all", per_prompt), ("test", per_prompt.query("split == 'test'"))):
        expected = prompts.groupby(key)["value"].mean()
        found = means[(means["split"] == split) & (means["metric"] != NEUTRAL)]
        pd.testing.assert_series_equal(found.set_index(key)["value"].sort_index(), expected)


def test_tokens_of_neutral_texts_that_stay_the_likeliest(
    tables: tuple[LoadedModel, pd.DataFrame, pd.DataFrame],
) -> None:
    loaded, means, _ = tables
    rows = means[means["metric"] == NEUTRAL]
    assert set(rows["n"]) == {2}
    for direction in directions(loaded.width)[::2]:
        for strength in GRID.strengths:
            change = adding(torch.tensor(strength * direction.gap * direction.vector))
            shares = []
            for text in NEUTRAL_TEXTS:
                ids = tuple(loaded.tokenizer(text)["input_ids"])[:-1]
                after = log_probabilities(loaded, ids, PLACE, change).argmax(dim=-1)
                before = log_probabilities(loaded, ids).argmax(dim=-1)
                shares.append(float((after == before).float().mean()))
            found = rows.query("method == @direction.method and strength == @strength")
            np.testing.assert_allclose(found["value"], np.mean(shares), atol=1e-6)
    assert rows.query("strength != 0")["value"].min() < 1


@pytest.mark.parametrize("kind", ALL_KINDS[:-1])
def test_both_continuations_add_up_in_every_kind_of_model(kind: str, load_tiny: Load) -> None:
    loaded = load_tiny(kind)
    one, other = (
        prompt_rows(loaded, ONE_TOKEN.assign(**swap), "concept x:")
        for swap in ({}, {"positive": "sad", "negative": "happy"})
    )
    plain, swapped = (run_sweep(loaded, rows, {}, "all", 256) for rows in (one, other))
    # What is positive in the one is negative in the other.
    np.testing.assert_allclose(plain.score, plain.positive - swapped.positive, atol=1e-4)
    assert (plain.positive < 0).all()


def test_a_text_has_no_negative_part(load_tiny: Load) -> None:
    loaded = load_tiny("bert")
    rows, _ = text_rows(loaded, NEUTRAL_TEXTS, "concept x:")
    sweep = run_sweep(loaded, rows, {}, "all", 256)
    np.testing.assert_array_equal(sweep.score, sweep.positive)
