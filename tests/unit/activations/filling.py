"""Fill a cache for the texts of the tiny models; and the same numbers one text at a time."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from probesteer.activations.cache import ActivationCache, Request, open_cache
from probesteer.activations.extraction import fill_cache
from probesteer.activations.journal import Journal
from probesteer.activations.reading import Reading
from probesteer.concepts.positions import ReadingRows, parse_position, reading_rows
from probesteer.models.inputs import TextInputs
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import places_of
from probesteer.models.tokens import TokenSequences, tokenize
from probesteer.places import Place
from tests.tiny_models import TEXTS

SPANS = ("cat", "was", "little bird", "man", "red house", "No", "day", "saw")


def request(**changed: str) -> Request:
    """A request; any field may be changed."""
    fields = {
        "model": "m",
        "model_dtype": "float32",
        "tokenizer": "t",
        "template": "",
        "position": "last",
        "dtype": "float32",
        "texts": "x",
    }
    return Request(**{**fields, **changed})


def rows_of(tokens: TokenSequences, position: str) -> ReadingRows:
    special = [mask.astype(int).tolist() for mask in tokens.special]
    return reading_rows(
        parse_position(position), tokens.offsets, special, SPANS, TEXTS, Path("examples.csv")
    )


ORIGIN = {"source": "tiny/model", "revision": "4f1d"}


def fill(
    loaded: LoadedModel,
    folder: Path,
    asked: Request,
    sites: Sequence[str] = ("resid_post",),
    batch_tokens: int = 40,
) -> ActivationCache:
    """Fill a cache in several batches."""
    tokens = tokenize(loaded, TEXTS, "text")
    places = places_of(len(loaded.blocks), sites)
    rows = rows_of(tokens, asked.position)
    inputs, source = TextInputs(tokens.ids), Path("examples.csv")
    reading = Reading(inputs, rows, source, np.arange(len(TEXTS)))
    fill_cache(loaded, reading, places, folder, asked, batch_tokens, ORIGIN)
    return open_cache(folder / "manifest.json")


class Stopped(Exception):
    """Ends a fill from outside."""


def stop_after(shard: int, patch: pytest.MonkeyPatch) -> None:
    """Let fills end with `Stopped` when this shard is in the journal."""
    original = Journal.record_shard

    def record(journal: Journal, number: int, checksums: dict[str, str]) -> None:
        original(journal, number, checksums)
        if number == shard:
            raise Stopped

    patch.setattr(Journal, "record_shard", record)


@torch.no_grad()
def one_at_a_time(loaded: LoadedModel, position: str) -> dict[Place, NDArray[np.float32]]:
    """The rows at the embedding and after each block, by transformers' own hidden states."""
    model = loaded.model.base_model
    entering: list[torch.Tensor] = []
    # The last hidden state is given behind the final norm; what enters the norm is the residual.
    norms = {"GPT2Model": "ln_f", "LlamaModel": "norm"}
    handle = None
    if name := norms.get(type(model).__name__):
        norm = model.get_submodule(name)
        handle = norm.register_forward_pre_hook(lambda module, args: entering.append(args[0]))
    read: dict[Place, list[NDArray[np.float32]]] = {}
    for text, span in zip(TEXTS, SPANS, strict=True):
        entering.clear()
        encoded = loaded.tokenizer(
            text, return_offsets_mapping=True, return_special_tokens_mask=True
        )
        ids = torch.tensor([encoded["input_ids"]])
        states = list(model(input_ids=ids, output_hidden_states=True).hidden_states)
        if entering:
            states[-1] = entering[-1]
        for place, state in zip(places_of(len(loaded.blocks), ["resid_post"]), states, strict=True):
            read.setdefault(place, []).append(
                _pick(state[0].numpy(), encoded, position, text, span)
            )
    if handle is not None:
        handle.remove()
    return {place: np.concatenate(rows) for place, rows in read.items()}


def _pick(
    state: NDArray[np.float32], encoded: Any, position: str, text: str, span: str
) -> NDArray[np.float32]:
    """state: [tokens, d] -> the rows read from one text."""
    real = [token for token, mark in enumerate(encoded["special_tokens_mask"]) if not mark]
    if position == "all":
        return state[real]
    if position == "mean":
        return np.asarray(state[real].mean(axis=0, keepdims=True))
    if position == "span":
        last = text.rindex(span) + len(span) - 1
        [token] = [
            token for token in real
            if encoded["offset_mapping"][token][0] <= last < encoded["offset_mapping"][token][1]
        ]  # fmt: skip
    else:
        token = real[-1 if position == "last" else int(position)]
    return state[[token]]
