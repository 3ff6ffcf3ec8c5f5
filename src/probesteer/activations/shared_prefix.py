"""Texts that begin alike: the keys and values of their common tokens are computed once.

Templates, few-shot examples and system prompts make long beginnings, which a causal model reads
in the same way every time.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import DynamicCache

from probesteer.concepts.positions import ReadingRows
from probesteer.models.contract import TOLERANCE
from probesteer.models.inputs import Inputs, TextInputs
from probesteer.models.loading import LoadedModel
from probesteer.models.prefix import prefix_cache, repeated
from probesteer.models.recording import recorded
from probesteer.places import Place

_log = logging.getLogger(__name__)

# Shorter beginnings are run with their texts: a pass over them costs little.
SHORTEST = 16
# A token of the prefix takes memory in every row of a batch, but no arithmetic.
_MEMORY_SHARE = 4


@dataclass(frozen=True)
class ContinuedTexts:
    """What comes after the prefix that all texts share."""

    rests: Sequence[NDArray[np.int64]]  # per text: [tokens after the prefix], one at least
    prefix: NDArray[np.int64]  # [tokens]
    cache: DynamicCache  # its keys and values, of one row

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of every text, those of the prefix at a fraction: [texts]."""
        rests = np.array([len(rest) for rest in self.rests], dtype=np.int64)
        return rests + len(self.prefix) // _MEMORY_SHARE

    def batch(self, loaded: LoadedModel, examples: Sequence[int]) -> dict[str, Any]:
        """input_ids [batch, longest rest], the mask of the whole texts, and past_key_values."""
        inputs: dict[str, Any] = TextInputs(self.rests).batch(loaded, examples)
        mask: Tensor = inputs["attention_mask"]
        before = mask.new_ones(len(examples), len(self.prefix))
        inputs["attention_mask"] = torch.cat([before, mask], dim=1)
        inputs["past_key_values"] = repeated(self.cache, len(examples))
        return inputs

    def of(self, examples: NDArray[np.int64]) -> "ContinuedTexts":
        """Some of the texts."""
        return replace(self, rests=[self.rests[example] for example in examples])

    def padded_to(self, examples: NDArray[np.int64]) -> int | None:
        """The longest rest's tokens."""
        return max(len(self.rests[example]) for example in examples.tolist())

    def bags(self) -> Sequence[NDArray[np.int64]]:
        """The token ids of the whole texts."""
        return [np.concatenate([self.prefix, rest]) for rest in self.rests]

    def probes(self) -> Inputs:
        """Two whole texts, without the cache."""
        return TextInputs(self.bags()).probes()


@torch.no_grad()
def share_prefix(
    loaded: LoadedModel, inputs: Inputs, rows: ReadingRows, places: Sequence[Place]
) -> tuple[Inputs, ReadingRows]:
    """The texts without their common prefix, and the rows counted from there.

    Both as they came in where the prefix is short, where tokens of it are read, or where the
    model can't go on from keys and values; and, with a warning, where it then gives something
    else, compared at the last tokens of the shortest text and the longest.
    """
    if not isinstance(inputs, TextInputs) or not len(rows.tokens):
        return inputs, rows
    common = min(_common(inputs.ids), int(rows.tokens.min()))
    if common < SHORTEST:
        return inputs, rows
    ids = torch.from_numpy(inputs.ids[0][None, :common]).to(loaded.device)
    cache = prefix_cache(loaded, ids)
    if cache is None:
        return inputs, rows
    prefix, rests = inputs.ids[0][:common], [text[common:] for text in inputs.ids]
    continued = ContinuedTexts(rests, prefix, cache)
    if not _agrees(loaded, inputs, continued, places):
        _log.warning("model %s: going on from a shared prefix differs; it is not used", loaded.name)
        return inputs, rows
    token = rows.token if rows.mean else rows.token - common
    return continued, replace(rows, token=token, tokens=rows.tokens - common)


def _common(ids: Sequence[NDArray[np.int64]]) -> int:
    """Tokens that all texts begin with; at least one token of every text is left."""
    common = ids[0]
    for text in ids:
        length = min(len(common), len(text) - 1)
        differing = np.flatnonzero(common[:length] != text[:length])
        common = common[: differing[0] if len(differing) else length]
    return len(common)


def _agrees(
    loaded: LoadedModel, whole: TextInputs, continued: ContinuedTexts, places: Sequence[Place]
) -> bool:
    order = np.argsort(whole.lengths, kind="stable")
    probes = [int(order[0]), int(order[-1])]
    with recorded(loaded, places) as plain:
        loaded.run_blocks(whole.batch(loaded, probes))
    with recorded(loaded, places) as shared:
        loaded.run_blocks(continued.batch(loaded, probes))
    ends = [len(continued.rests[probe]) for probe in probes]
    first = len(continued.prefix)
    for place in places:
        for row, end in enumerate(ends):
            one = plain[place][row, first : first + end].float()
            other = shared[place][row, :end].float()
            tolerance = TOLERANCE.get(plain[place].dtype, 1e-4)
            if not bool((one - other).abs().max() <= tolerance * one.abs().max()):
                # Activations that are not finite are told by whoever stores them.
                return not bool(one.isfinite().all())
    return True
