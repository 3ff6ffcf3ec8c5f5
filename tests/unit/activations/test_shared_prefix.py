"""Texts that begin alike are read from their common prefix on, with the same numbers."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import DynamicCache

from probesteer.activations import shared_prefix
from probesteer.activations.cache import ActivationCache, open_cache
from probesteer.activations.extraction import fill_cache
from probesteer.activations.reading import Reading
from probesteer.concepts.positions import parse_position, reading_rows
from probesteer.models.inputs import TextInputs
from probesteer.models.loading import LoadedModel
from probesteer.models.prefix import prefix_cache
from probesteer.models.sites import places_of
from tests.unit.activations.filling import ORIGIN, request

Load = Callable[[str], LoadedModel]
PREFIX = np.arange(5, 25)


def texts(seed: int = 0) -> list[NDArray[np.int64]]:
    """Fifty sequences of 21 to 40 tokens, the first 20 of which are equal."""
    rng = np.random.default_rng(seed)
    rests = [rng.integers(5, 40, length) for length in rng.integers(1, 21, 50)]
    rests[0][0], rests[1][0] = 6, 7  # so that no more is shared
    return [np.concatenate([PREFIX, rest]) for rest in rests]


def fill(
    loaded: LoadedModel, folder: Path, position: str, untrained: bool = False
) -> ActivationCache:
    ids = texts()
    rows = reading_rows(
        parse_position(position),
        [[(0, 0)] * len(text) for text in ids],
        [[0] * len(text) for text in ids],
        [None] * len(ids),
        [""] * len(ids),
        Path("examples.csv"),
    )
    places = places_of(len(loaded.blocks), ["attn_out", "mlp_act", "resid_post"])
    asked, source = request(position=position), Path("examples.csv")
    reading = Reading(TextInputs(ids), rows, source, np.arange(len(ids)))
    fill_cache(loaded, reading, places, folder, asked, 100, ORIGIN, untrained=untrained)
    return open_cache(folder / "manifest.json")


class Passes:
    """The tokens that every pass of a model's first block runs."""

    def __init__(self, loaded: LoadedModel) -> None:
        self.tokens = 0

        def before(_: object, args: tuple[torch.Tensor, ...], kwargs: dict[str, object]) -> None:
            x = args[0] if args else kwargs["hidden_states"]
            assert isinstance(x, torch.Tensor)
            self.tokens += x.shape[0] * x.shape[1]

        loaded.blocks[0].register_forward_pre_hook(before, with_kwargs=True)


@pytest.mark.parametrize("position", ["last", "-1", "mean", "0"])
@pytest.mark.parametrize("kind", ["gpt2", "llama", "gptneox"])
def test_the_numbers_are_those_of_whole_texts(
    kind: str, position: str, load_tiny: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load_tiny(kind)
    passes = Passes(loaded)
    shared = fill(loaded, tmp_path / "shared", position)
    with_prefix, passes.tokens = passes.tokens, 0
    monkeypatch.setattr(shared_prefix, "SHORTEST", 1000)
    whole = fill(loaded, tmp_path / "whole", position)
    for place in whole.places:
        expected = whole.read(place)
        tolerance = 1e-5 * np.abs(expected).max()
        np.testing.assert_allclose(shared.read(place), expected, atol=tolerance, rtol=0)
    np.testing.assert_array_equal(shared.ids, whole.ids)
    np.testing.assert_array_equal(shared.token, whole.token)
    # Tokens of the prefix are read at the first token and in the mean, so there it can't be left.
    gains = with_prefix < passes.tokens - 30 * len(PREFIX)
    assert gains == (position in ("last", "-1"))


def test_an_untrained_model_has_a_prefix_of_its_own(
    load_tiny: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys and values that the trained weights have given must not stay."""
    began: list[int] = []

    def counted(loaded: LoadedModel, ids: torch.Tensor) -> DynamicCache | None:
        began.append(ids.shape[1])
        return prefix_cache(loaded, ids)

    monkeypatch.setattr(shared_prefix, "prefix_cache", counted)
    shared = fill(load_tiny("llama"), tmp_path / "shared", "last", untrained=True).untrained
    assert began == [len(PREFIX)] * 2  # once with either weights
    monkeypatch.setattr(shared_prefix, "SHORTEST", 1000)
    whole = fill(load_tiny("llama"), tmp_path / "whole", "last", untrained=True).untrained
    assert shared is not None and whole is not None
    for place in whole.places:
        expected = whole.read(place)
        tolerance = 1e-5 * np.abs(expected).max()
        np.testing.assert_allclose(shared.read(place), expected, atol=tolerance, rtol=0)


def test_a_model_that_differs_is_read_whole_and_says_so(
    load_tiny: Load,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    loaded = load_tiny("gpt2")

    def spoiled(loaded: LoadedModel, ids: torch.Tensor) -> DynamicCache:
        cache = prefix_cache(loaded, ids)
        assert cache is not None
        cache.layers[1].keys += 1
        return cache

    monkeypatch.setattr(shared_prefix, "prefix_cache", spoiled)
    with caplog.at_level(logging.WARNING):
        found = fill(loaded, tmp_path / "spoiled", "last")
    assert [record.message for record in caplog.records] == [
        "model gpt2: going on from a shared prefix differs; it is not used"
    ]
    monkeypatch.setattr(shared_prefix, "SHORTEST", 1000)
    whole = fill(loaded, tmp_path / "whole", "last")
    for place in whole.places:
        np.testing.assert_array_equal(found.read(place), whole.read(place))


def test_every_text_keeps_a_token() -> None:
    assert shared_prefix._common([np.arange(5), np.arange(5)]) == 4
    assert shared_prefix._common([np.arange(5), np.arange(3), np.arange(9)]) == 2
    assert shared_prefix._common([np.array([1, 2, 3]), np.array([1, 4, 3])]) == 1
    assert shared_prefix._common([np.array([1, 2]), np.array([3, 2])]) == 0
