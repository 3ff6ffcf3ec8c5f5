"""Scores alone: the same numbers, from the logits of the words that are compared."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from probesteer.interventions.edits import Add
from probesteer.interventions.needed_words import NeededWords
from probesteer.interventions.scoring import ScoredRow, batch_rows
from probesteer.interventions.sweep import Sweep, run_sweep
from probesteer.models.loading import LoadedModel
from probesteer.places import EMBEDDING, Place
from tests.unit.interventions.naive import CAUSAL, PROMPTS

Load = Callable[[str], LoadedModel]
ROWS = [row for item, prompt in enumerate(PROMPTS) for row in prompt.rows(item)]
PAIRS = [row for row in ROWS if len(row.tokens) == 2 and row.signs == (1, -1)]
PLACES = (EMBEDDING, Place("resid_post", 0), Place("resid_post", 1))


def sweep(loaded: LoadedModel, rows: list[ScoredRow], positions: str, alone: bool) -> Sweep:
    pushes = torch.randn(3, loaded.width, generator=torch.Generator().manual_seed(0))
    edits = dict.fromkeys(PLACES, Add(2 * pushes))
    readers = {PLACES[2]: np.ones(loaded.width)}
    return run_sweep(loaded, rows, edits, positions, 64, readers=readers, scores_alone=alone)


def assert_same_scores(one: Sweep, other: Sweep) -> None:
    np.testing.assert_allclose(one.score, other.score, atol=1e-4)
    for place in PLACES:
        alone, whole = one.results[place], other.results[place]
        np.testing.assert_allclose(alone.score, whole.score, atol=1e-4)
        assert np.abs(whole.score - other.score).max() > 0.1
        assert alone.read.keys() == whole.read.keys()
        for reader, read in whole.read.items():
            np.testing.assert_allclose(alone.read[reader], read, atol=1e-4)
        assert np.isnan([alone.positive, alone.kl, alone.same_top]).all()
        assert np.isfinite([whole.positive, whole.kl, whole.same_top]).all()
    assert np.isnan(one.positive).all()


def outputs_of_head(loaded: LoadedModel) -> list[int]:
    """The numbers of words that the output embedding gives, pass by pass."""
    sizes: list[int] = []
    head = loaded.model.get_output_embeddings()
    head.register_forward_hook(lambda _, __, output: sizes.append(output.shape[-1]))
    return sizes


@pytest.mark.parametrize("positions", ["from_last", "all"])
@pytest.mark.parametrize("kind", [*CAUSAL, "bert"])
def test_scores_alone_are_those_of_the_whole_sweep(
    kind: str, positions: str, load_tiny: Load
) -> None:
    loaded = load_tiny(kind)
    assert_same_scores(*(sweep(loaded, ROWS, positions, alone) for alone in (True, False)))


@pytest.mark.parametrize("kind", ["gpt2", "bert"])
def test_the_words_of_a_batch_alone_are_computed(kind: str, load_tiny: Load) -> None:
    loaded = load_tiny(kind)
    assert len(PAIRS) == 2  # of other lengths, so that each is a batch
    head = loaded.model.get_output_embeddings()
    every, sizes, before = head.out_features, outputs_of_head(loaded), set(head.__dict__)
    sweep(loaded, PAIRS, "all", alone=True)
    compared = sizes.index(2)  # what proves that it is sound sees all words
    assert set(sizes[:compared]) == {every}
    assert sizes[compared:].count(2) == 1 + 2 * (1 + len(PLACES))
    assert set(head.__dict__) == before
    sizes.clear()
    sweep(loaded, [row for row in ROWS if row not in PAIRS], "all", alone=True)
    assert set(sizes) == {every}


@pytest.mark.parametrize("fault", ["a bias for every word", "words weighed against each other"])
def test_a_head_that_needs_all_words_gets_them(fault: str, load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    every = loaded.model.get_output_embeddings().out_features
    bias = torch.randn(every, generator=torch.Generator().manual_seed(1))

    def changed(_: Any, __: Any, output: Any) -> Any:
        logits = output.logits
        if fault == "a bias for every word":
            output.logits = logits + bias
        else:
            output.logits = 5 * logits.softmax(dim=-1)
        return output

    loaded.model.register_forward_hook(changed)
    scores = [sweep(loaded, PAIRS, "from_last", alone) for alone in (True, False)]
    sizes = outputs_of_head(loaded)
    again = sweep(loaded, PAIRS, "from_last", alone=True)
    assert sizes.count(2) == 1  # the trial that showed it
    np.testing.assert_array_equal(again.score, scores[0].score)
    np.testing.assert_allclose(scores[0].score, scores[1].score, atol=1e-5)


def test_a_batch_is_narrowed_where_the_normaliser_cancels(load_tiny: Load) -> None:
    loaded = load_tiny("llama")
    (pair,) = batch_rows(PAIRS[:1], loaded.device, 64, 64)
    needed = NeededWords(loaded)
    with needed.narrowed(pair) as narrowed:
        assert narrowed.tokens.tolist() == [[0, 1]]
        assert loaded.model(torch.tensor([[5, 9]])).logits.shape == (1, 2, 2)
    for signs, positions in (((1, 1), (0, 0)), ((1, -1), (0, 1))):
        other = replace(pair, signs=torch.tensor([signs]), positions=torch.tensor([positions]))
        with needed.narrowed(other) as kept:
            assert kept is other
            assert loaded.model(torch.tensor([[5, 9]])).logits.shape[-1] > 2


def test_a_head_whose_forward_was_replaced_is_left_alone(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    head = loaded.model.get_output_embeddings()
    head.__dict__["forward"] = lambda x: 2 * torch.nn.functional.linear(x, head.weight)
    (pair,) = batch_rows(PAIRS[:1], loaded.device, 64, 64)
    with NeededWords(loaded).narrowed(pair) as kept:
        assert kept is pair
        assert loaded.model(torch.tensor([[5, 9]])).logits.shape[-1] == head.out_features
