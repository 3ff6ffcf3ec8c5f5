"""Continuations at several strengths, from one draw."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from probesteer.errors import ProbesteerError
from probesteer.export.continuations import continuation, steered_continuations
from probesteer.export.steered import Steered
from probesteer.models.loading import LoadedModel
from probesteer.places import Place
from tests.unit.export.exported import made_up

Load = Callable[[str], LoadedModel]
PROMPT = "The cat is"
AT = made_up(Place("resid_post", 1), gap=20.0)


def test_at_zero_it_is_what_the_plain_model_writes(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    plain = continuation(loaded, PROMPT, 8, 1.0, seed=3)
    below, zero, above = steered_continuations(
        loaded, PROMPT, AT, (-2, 0, 2), new_tokens=8, temperature=1.0, seed=3
    )
    assert zero == plain and len({below, zero, above}) == 3
    assert continuation(loaded, PROMPT, 8, 1.0, seed=4) != plain
    with Steered(loaded, AT, 2, positions="from_last"):
        assert continuation(loaded, PROMPT, 8, 1.0, seed=3) == above
    assert continuation(loaded, PROMPT, 8, 1.0, seed=3) == plain


def test_at_temperature_zero_the_likeliest_tokens_are_taken(load_tiny: Load) -> None:
    loaded = load_tiny("llama")
    ids = loaded.tokenizer(PROMPT, return_tensors="pt")["input_ids"]
    prompt = ids.shape[1]
    with torch.no_grad():
        for _ in range(5):
            ids = torch.cat([ids, loaded.model(ids).logits[:, -1:].argmax(dim=-1)], dim=1)
    expected = loaded.tokenizer.decode(ids[0, prompt:], skip_special_tokens=True).strip()
    assert continuation(loaded, PROMPT, 5, 0.0) == expected


def test_it_ends_with_the_context(load_tiny: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, asked = load_tiny("gpt2"), []
    assert loaded.context_length == 64
    generate = loaded.model.generate

    def spied(**options: Any) -> Any:
        asked.append(generate(**options))
        return asked[-1]

    monkeypatch.setattr(loaded.model, "generate", spied)
    continuation(loaded, PROMPT, 500, 1.0)
    assert asked[0].shape == (1, 64)
    with pytest.raises(ProbesteerError, match="prompt: 64 tokens, but model"):
        continuation(loaded, "cat" + " cat" * 63)


def test_a_model_that_writes_nothing_is_refused(load_tiny: Load) -> None:
    with pytest.raises(ProbesteerError, match="writes no continuations"):
        continuation(load_tiny("bert"), PROMPT)
    with pytest.raises(ProbesteerError, match="prompt: 0 tokens"):
        continuation(replace(load_tiny("gpt2"), name="x"), "")
