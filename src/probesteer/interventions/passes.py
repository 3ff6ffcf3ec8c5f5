"""Forward passes over one batch: unedited, edited by a hook, and resumed at the edit.

A resumed pass computes only what an edit changes. Where edits begin at the last prompt token, all
passes, the unedited one too, go on from the keys and values of the tokens before it, which are
computed once. Other edits start from the residuals of the unedited pass. Both run the blocks above
the edit alone, and both give what a hook on the whole model gives, within rounding.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from transformers import DynamicCache

from probesteer.interventions.edits import Edit
from probesteer.interventions.intervene import apply_stacked, intervene
from probesteer.interventions.predictions import first_edited, predictions
from probesteer.interventions.scoring import RowBatch
from probesteer.models.contract import TOLERANCE
from probesteer.models.loading import LoadedModel
from probesteer.models.prefix import continued, prefix_cache, width_of
from probesteer.models.replay import resumed_after
from probesteer.models.sites import at_place
from probesteer.places import Place


@dataclass(frozen=True)
class UneditedPass:
    """What one batch gives without an edit."""

    logits: Tensor  # [batch, length - start, vocabulary], start: the last prompt token
    hidden: dict[Place, Tensor]  # [batch, length - first, d]
    outputs: list[Any]  # what each block returned
    first: int = 0  # the first token that was run; those before it were run once for all passes


class EditedPass(Protocol):
    """One way of running a batch under edits."""

    tokens: int  # of every row that a variant runs
    kept_width: int  # numbers of keys and values, all blocks together, that it keeps a token

    def __call__(self, place: Place, edit: Edit) -> Tensor:
        """Logits from the last prompt token on: [batch, S, length - start, vocabulary]."""


def passes_over(
    loaded: LoadedModel, batch: RowBatch, places: Sequence[Place], positions: str, direct: bool
) -> tuple[UneditedPass, EditedPass]:
    """The unedited pass, which records the residuals at `places`, and the one for edits there.

    positions: of the edits, "from_last" (the last prompt token on) or "all". direct: hook the
    whole model for every edit, as the reference.
    """
    start = batch.start if positions == "from_last" else 0
    if direct or loaded.kind in ("encoder_decoder", "image"):
        # A decoder needs the whole encoder, and images change their size from block to block.
        return _unedited(loaded, batch, places), _Hooked(loaded, batch, start)
    prefix = prefix_cache(loaded, batch.ids[:, :start]) if start else None
    unedited = _unedited(loaded, batch, places, prefix, 0 if prefix is None else start)
    return unedited, _Resumed(loaded, batch, unedited, start, prefix)


def _unedited(
    loaded: LoadedModel,
    batch: RowBatch,
    places: Sequence[Place],
    prefix: DynamicCache | None = None,
    first: int = 0,
) -> UneditedPass:
    """One pass that records; prefix: keys and values of the tokens before `first`."""
    hidden: dict[Place, Tensor] = {}
    outputs: list[Any] = []

    def record(place: Place, hooks: ExitStack) -> None:
        hooks.enter_context(at_place(loaded.blocks, place, lambda x: hidden.update({place: x})))

    with ExitStack() as hooks:
        for block in loaded.blocks:
            handle = block.register_forward_hook(lambda _, __, output: outputs.append(output))
            hooks.callback(handle.remove)
        for place in places:
            record(place, hooks)
        if prefix is None:
            logits = predictions(loaded, batch.inputs, batch.kept)
        else:
            ids = batch.ids[:, first:]
            past = continued(prefix, 1, ids.shape[1])
            logits = predictions(loaded, {"input_ids": ids}, batch.kept, past)
    return UneditedPass(logits, hidden, outputs, first)


def resumes_exactly(
    loaded: LoadedModel,
    batch: RowBatch,
    positions: str,
    edits: Mapping[Place, Edit],
) -> bool:
    """Whether resumed passes and hooks on the whole model agree: without an edit on two rows, and
    with one at every place on one of them, the first and the second in turn.

    The middle variant of each edit is compared: the outer ones swamp what is compared, and where
    a pass overflows there is nothing to compare.
    """
    sample, places = batch.first(2), list(edits)
    unedited, resumed = passes_over(loaded, sample, places, positions, direct=False)
    if isinstance(resumed, _Hooked):
        return True
    whole, _ = passes_over(loaded, sample, places, positions, direct=True)
    found = [(unedited.logits, whole.logits)]
    for place in places:
        found.append((unedited.hidden[place], whole.hidden[place][:, unedited.first :]))
    middle = {place: edit.part(edit.size // 2, edit.size // 2 + 1) for place, edit in edits.items()}
    rows = torch.arange(len(places)) % len(sample.items)
    start, at_once = batch.start if positions == "from_last" else 0, len(batch.items)
    for first in range(0, len(places), at_once):
        chosen = {place: middle[place] for place in places[first : first + at_once]}
        of_rows = rows[first : first + at_once].tolist()
        hooked = _hooked_rows(loaded, sample, of_rows, chosen, start)
        for row, (place, edit), logits in zip(of_rows, chosen.items(), hooked, strict=True):
            found.append((resumed(place, edit)[row, 0], logits))
    return all(_agree(one.float(), other.float(), unedited.logits.dtype) for one, other in found)


def _hooked_rows(
    loaded: LoadedModel,
    batch: RowBatch,
    rows: Sequence[int],
    edits: Mapping[Place, Edit],
    start: int,
) -> Tensor:
    """One pass of the whole model over `rows`, each under the edit of its own place.

    Edits have one variant. Logits: [rows, length - start, vocabulary].
    """
    inputs = {name: x[list(rows)] for name, x in batch.inputs.items()}
    with ExitStack() as hooks:
        for row, (place, edit) in enumerate(edits.items()):
            hooks.enter_context(intervene(loaded, place, _OfRow(edit, row), start))
        return predictions(loaded, inputs, batch.kept)


@dataclass(frozen=True)
class _OfRow:
    """An edit of one variant, in one row of a batch."""

    edit: Edit
    row: int
    size: int = 1

    def __call__(self, x: Tensor) -> Tensor:
        edited = x.clone()
        edited[self.row : self.row + 1] = self.edit(x[self.row : self.row + 1])
        return edited

    def part(self, first: int, last: int) -> "_OfRow":
        return self

    def to(self, like: Tensor) -> "_OfRow":
        return _OfRow(self.edit.to(like), self.row)


def _agree(one: Tensor, other: Tensor, dtype: torch.dtype) -> bool:
    """Within what `dtype` rounds; one that overflowed can't be compared."""
    if not bool(other.isfinite().all()):
        return True
    difference, size = float((one - other).abs().max()), float(other.abs().max())
    return difference <= TOLERANCE.get(dtype, 1e-4) * size


class _Hooked:
    """The whole model, from the first token on, with the edit in a hook."""

    def __init__(self, loaded: LoadedModel, batch: RowBatch, start: int) -> None:
        self._loaded, self._batch, self._start = loaded, batch, start
        self.tokens, self.kept_width = batch.size // len(batch.items), 0

    def __call__(self, place: Place, edit: Edit) -> Tensor:
        inputs = _stacked(self._batch.inputs, edit.size)
        start = first_edited(self._loaded, place, self._start)
        with intervene(self._loaded, place, edit, start):
            logits = predictions(self._loaded, inputs, self._batch.kept)
        return logits.view(-1, edit.size, *logits.shape[1:])


class _Resumed:
    """The blocks above the edit, which begins at the token `start`.

    prefix: keys and values of the tokens before `start`, which then alone run; else all do.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        batch: RowBatch,
        unedited: UneditedPass,
        start: int,
        prefix: DynamicCache | None,
    ) -> None:
        self._loaded, self._batch, self._unedited = loaded, batch, unedited
        self._start, self._prefix = start - unedited.first, prefix
        self._inputs = batch.inputs
        if prefix is not None:
            self._inputs = {"input_ids": batch.ids[:, start:]}
        rows = len(batch.items)
        self.tokens = batch.size // rows - unedited.first
        self.kept_width = width_of(prefix)
        self._stacked: tuple[int, DynamicCache] | None = None

    def __call__(self, place: Place, edit: Edit) -> Tensor:
        inputs = _stacked(self._inputs, edit.size)
        hidden = self._unedited.hidden[place].repeat_interleave(edit.size, dim=0)
        edited = apply_stacked(edit, hidden[:, self._start :])
        if self._start:
            edited = torch.cat([hidden[:, : self._start], edited], dim=1)
        with resumed_after(self._loaded.blocks, place, edited, self._unedited.outputs):
            logits = predictions(self._loaded, inputs, self._batch.kept, self._past(edit.size))
        return logits.view(-1, edit.size, *logits.shape[1:])

    def _past(self, size: int) -> DynamicCache | None:
        """The prefix to go on from, every row `size` times in succession."""
        if self._prefix is None:
            return None
        if self._stacked is None or self._stacked[0] != size:
            self._stacked = size, continued(self._prefix, size, self.tokens)
        return self._stacked[1]


def _stacked(inputs: Mapping[str, Tensor], size: int) -> dict[str, Tensor]:
    return {name: x.repeat_interleave(size, dim=0) for name, x in inputs.items()}
