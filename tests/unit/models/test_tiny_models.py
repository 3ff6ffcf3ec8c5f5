"""The tiny models that other tests stand on: they load, and their tokenizers are as described."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from probesteer.models.loading import LoadedModel
from probesteer.models.tokens import tokenize
from tests.tiny_models import KINDS, TEXTS, WIDTH

SPECIAL = {"gpt2": (0, 0), "gptneox": (0, 0), "opt": (1, 0), "llama": (1, 0), "bert": (1, 1)}


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_are_the_texts_words_and_special_tokens_stand_where_said(
    kind: str, load_tiny: Callable[[str], LoadedModel]
) -> None:
    loaded = load_tiny(kind)
    tokens = tokenize(loaded, TEXTS, "text")
    before, after = SPECIAL[kind]
    for text, ids, offsets, special in zip(
        TEXTS, tokens.ids, tokens.offsets, tokens.special, strict=True
    ):
        assert special[:before].all() and special[len(ids) - after :].all()
        assert special.sum() == before + after
        real = [
            text[start:end] for (start, end), mark in zip(offsets, special, strict=True) if not mark
        ]
        assert "".join(real).replace(" ", "") == text.replace(" ", "")
    assert loaded.width == WIDTH
    assert loaded.causal is (kind != "bert")


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_differ_from_text_to_text(
    kind: str, load_tiny: Callable[[str], LoadedModel]
) -> None:
    loaded = load_tiny(kind)
    tokens = tokenize(loaded, TEXTS, "text")
    with torch.no_grad():
        ends = [loaded.model(input_ids=torch.from_numpy(ids)[None])[0][0, -1] for ids in tokens.ids]
    assert all(bool(torch.isfinite(end).all()) for end in ends)
    assert np.ptp([float(end[3]) for end in ends]) > 0.05
