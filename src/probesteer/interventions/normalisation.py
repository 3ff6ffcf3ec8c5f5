"""What the blocks after a scaled activation still see of the factor.

Attention that reads a normalised input (LayerNorm, RMSNorm) computes from s x what it computes
from x, but for the norm's epsilon, while the stream itself changes by |s - 1|. What a block's MLP
reads is s x plus the attention's output, whose weights against each other do change; so the
block's contribution as a whole changes, and more so where it is large beside the stream.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from probesteer.interventions.edits import Multiply
from probesteer.interventions.intervene import intervene
from probesteer.interventions.predictions import at_start, predictions
from probesteer.interventions.readouts import prompt_rows
from probesteer.interventions.scoring import RowBatch, batch_rows
from probesteer.models.loading import LoadedModel
from probesteer.models.recording import recorded
from probesteer.places import Place

Numbers = NDArray[np.float64]

_ONE_STACK = ("causal", "masked", "encoder")
# Relative changes below this may come of a batch of another size.
_ROUNDING = 1e-3


@dataclass(frozen=True, eq=False)
class LaterChange:
    """Changes against the unscaled pass, at the last prompt token: each [factors, prompts].

    A relative change is |a(s) - a| / |a|; a contribution is a block's output minus its input.
    """

    input_change: Numbers  # of the next block's input, relative: |s - 1| where all of it is scaled
    attention_change: Numbers  # of the next block's attention, relative; NaN where it isn't found
    next_change: Numbers  # of the next block's own contribution, relative
    next_cosine: Numbers
    later_change: Numbers  # of the sum of the contributions of all later blocks, relative
    final_change: Numbers  # of the last block's output, relative
    final_cosine: Numbers

    @property
    def normalised_share(self) -> Numbers:
        """How much of the input's change is missing from what the next attention puts out.

        1 where the norm before it takes the whole factor away; NaN at a factor of 1.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            share = 1 - self.attention_change / self.input_change
        return np.where(self.input_change > _ROUNDING, share, np.nan)


@torch.no_grad()
def measure_later_change(
    loaded: LoadedModel,
    prompts: pd.DataFrame,
    places: Sequence[Place],
    factors: Sequence[float],
    batch_tokens: int,
    source: str,
) -> dict[Place, LaterChange]:
    """By place, for activations scaled at all tokens; factors: 1 among them.

    Places without a later block are left out, and models that are no single stack of blocks.
    """
    if loaded.kind not in _ONE_STACK:
        return {}
    last = len(loaded.blocks) - 1
    following = {place: _next_block(place) for place in places if _next_block(place) <= last}
    rows = [row for row in prompt_rows(loaded, prompts, source) if row.lead]
    found = {place: np.zeros((7, len(factors), len(prompts))) for place in following}
    for batch in batch_rows(rows, loaded.device, batch_tokens, batch_tokens):
        at_once = max(1, batch_tokens // batch.size)
        for place, layer in following.items():
            before = _streams(loaded, batch, place, layer, [1.0])
            for first in range(0, len(factors), at_once):
                part = factors[first : first + at_once]
                after = _streams(loaded, batch, place, layer, part)
                found[place][:, first : first + len(part), batch.items] = _changes(before, after)
    return {place: LaterChange(*values) for place, values in found.items()}


def _next_block(place: Place) -> int:
    """The block that reads what an edit at `place` has changed last."""
    return place.layer if place.site == "resid_pre" else place.layer + 1


@dataclass(frozen=True, eq=False)
class _Streams:
    """The residual stream at three places, and the attention: each [factors, batch, d]."""

    entering: Tensor  # the next block's input
    attention: Tensor  # what its attention adds; NaN where no attention is found
    leaving: Tensor  # its output
    final: Tensor  # the last block's output


def _streams(
    loaded: LoadedModel, batch: RowBatch, place: Place, layer: int, factors: Sequence[float]
) -> _Streams:
    """One pass of the batch with the activations at `place` scaled by every factor."""
    edit = Multiply(torch.tensor(list(factors)))
    wanted = [Place("resid_pre", layer), Place("attn_out", layer), Place("resid_post", layer)]
    wanted.append(Place("resid_post", len(loaded.blocks) - 1))
    known = wanted if loaded.blocks.parts[layer].attention_output is not None else wanted[::2]
    known = list(dict.fromkeys([*known, wanted[-1]]))
    inputs = {name: x.repeat_interleave(edit.size, dim=0) for name, x in batch.inputs.items()}
    with intervene(loaded, place, edit), recorded(loaded, known) as seen:
        predictions(loaded, inputs, 1)
    found = {each: _by_factor(loaded, batch, seen, each, edit.size) for each in known}
    entering = found[wanted[0]]
    return _Streams(*(found.get(each, torch.full_like(entering, torch.nan)) for each in wanted))


def _by_factor(
    loaded: LoadedModel, batch: RowBatch, seen: Mapping[Place, Tensor], place: Place, size: int
) -> Tensor:
    last = at_start(loaded, place, seen[place], batch.start).to("cpu", torch.float64)
    return last.view(-1, size, last.shape[-1]).transpose(0, 1)


def _changes(before: _Streams, after: _Streams) -> Numbers:
    """The fields of `LaterChange`, [7, factors, batch]."""
    own, own_after = (each.leaving - each.entering for each in (before, after))
    later, later_after = (each.final - each.entering for each in (before, after))
    return torch.stack(
        [
            _relative(before.entering, after.entering),
            _relative(before.attention, after.attention),
            _relative(own, own_after),
            torch.cosine_similarity(own, own_after, dim=-1),
            _relative(later, later_after),
            _relative(before.final, after.final),
            torch.cosine_similarity(before.final, after.final, dim=-1),
        ]
    ).numpy()


def _relative(before: Tensor, after: Tensor) -> Tensor:
    relative: Tensor = (after - before).norm(dim=-1) / before.norm(dim=-1)
    return relative
