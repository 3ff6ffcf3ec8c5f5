"""Encoder-decoders are read by what they write, and edited in either half."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from probesteer.errors import ProbesteerError
from probesteer.interventions.edits import Add
from probesteer.interventions.sequence_scoring import score_written_prompts, score_written_texts
from probesteer.interventions.sweep import run_sweep
from probesteer.models.loading import LoadedModel
from probesteer.places import Place
from tests.tiny_models import WIDTH

Load = Callable[[str], LoadedModel]
ENCODER, DECODER = Place("resid_post", 1), Place("resid_post", 3)
PROMPTS = [("Tom was", "happy", "sad"), ("The old man is", "very good", "bad")]
PUSH = torch.linspace(-1, 1, WIDTH)


def log_probability(loaded: LoadedModel, prompt: str, answer: str) -> float:
    """By transformers alone: the answer's tokens written after the start token, nats."""
    ids = torch.tensor([loaded.tokenizer(prompt)["input_ids"]])
    words = loaded.tokenizer(answer, add_special_tokens=False)["input_ids"]
    decoder = torch.tensor([[0, *words[:-1]]])
    with torch.no_grad():
        logits = loaded.model(input_ids=ids, decoder_input_ids=decoder).logits[0]
    return float(logits.log_softmax(dim=-1)[range(len(words)), words].sum())


def prompts() -> pd.DataFrame:
    return pd.DataFrame(PROMPTS, columns=["prompt", "positive", "negative"])


def test_prompts_are_scored_by_the_answers(load_tiny: Load) -> None:
    loaded = load_tiny("t5")
    rows = score_written_prompts(loaded, prompts(), "concept x:")
    assert [row.item for row in rows] == [0, 1, 1]
    sweep = run_sweep(loaded, rows, {ENCODER: Add(torch.zeros(1, WIDTH))}, "all", 99)
    expected = [
        log_probability(loaded, prompt, positive) - log_probability(loaded, prompt, negative)
        for prompt, positive, negative in PROMPTS
    ]
    np.testing.assert_allclose(sweep.score, expected, atol=1e-5)
    np.testing.assert_array_equal(sweep.results[ENCODER].score[0], sweep.score)


def test_a_neutral_text_is_its_second_half_after_the_first(load_tiny: Load) -> None:
    loaded = load_tiny("t5")
    rows = score_written_texts(loaded, ["Tom was very sad today"], "concept x:")
    sweep = run_sweep(loaded, rows, {ENCODER: Add(torch.zeros(1, WIDTH))}, "all", 99)
    expected = log_probability(loaded, "Tom was", "very sad today")
    assert sweep.score[0] == pytest.approx(expected, abs=1e-5)
    with pytest.raises(ProbesteerError, match="neutral text 1: one word only; lengthen it"):
        score_written_texts(loaded, ["No."], "concept x:")


def _pushed_module(loaded: LoadedModel, place: Place, first: int) -> float:
    """The first prompt's score with a hook of our own from token `first` of the block on."""
    stack = loaded.model.encoder.block if place == ENCODER else loaded.model.decoder.block
    block = stack[1]

    def push(_: object, __: object, output: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        moved = output[0].clone()
        moved[:, first:] += PUSH
        return (moved, *output[1:])

    handle = block.register_forward_hook(push)
    try:
        return log_probability(loaded, "Tom was", "happy") - log_probability(
            loaded, "Tom was", "sad"
        )
    finally:
        handle.remove()


@pytest.mark.parametrize("positions", ["from_last", "all"])
@pytest.mark.parametrize("place", [ENCODER, DECODER])
def test_edits_reach_the_wanted_tokens_of_either_half(
    place: Place, positions: str, load_tiny: Load
) -> None:
    loaded = load_tiny("t5")
    rows = score_written_prompts(loaded, prompts()[:1], "concept x:")
    sweep = run_sweep(loaded, rows, {place: Add(PUSH[None])}, positions, 99)
    # "Tom was </s>" has three tokens; a decoder is edited from its first token on.
    first = 2 if (place, positions) == (ENCODER, "from_last") else 0
    expected = _pushed_module(loaded, place, first)
    assert sweep.results[place].score[0, 0] == pytest.approx(expected, abs=1e-5)
    assert abs(expected - sweep.score[0]) > 1e-3
    assert sweep.results[place].kl[0, 0] > 0
