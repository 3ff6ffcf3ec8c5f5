"""Forward passes over one batch: unedited, edited by a hook, and resumed at the edit.

A resumed pass computes only what an edit changes. Edits from the last prompt token on go on
from the keys and values of the tokens before it, which are computed once; edits at all tokens
start from the residuals of the unedited pass. Both run the blocks above the edit alone, and
both give what a hook on the whole model gives, within rounding.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Protocol

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
    hidden: dict[Place, Tensor]  # [batch, length, d]
    outputs: list[Any]  # what each block returned


class EditedPass(Protocol):
    """One way of running a batch under edits."""

    tokens: int  # of every row that a variant runs
    kept_width: int  # numbers of keys and values, all blocks together, that it keeps a token

    def __call__(self, place: Place, edit: Edit) -> Tensor:
        """Logits from the last prompt token on: [batch, S, length - start, vocabulary]."""


def run_unedited(loaded: LoadedModel, batch: RowBatch, places: Sequence[Place]) -> UneditedPass:
    """One pass of the whole model that records the residuals at `places`."""
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
        logits = predictions(loaded, batch.inputs, batch.kept)
    return UneditedPass(logits, hidden, outputs)


def edited_pass(
    loaded: LoadedModel, batch: RowBatch, unedited: UneditedPass, positions: str, direct: bool
) -> EditedPass:
    """The pass for edits at `positions`: "from_last" (the last prompt token on) or "all".

    direct: hook the whole model for every edit, as the reference.
    """
    start = batch.start if positions == "from_last" else 0
    if direct or loaded.kind in ("encoder_decoder", "image"):
        # A decoder needs the whole encoder, and images change their size from block to block.
        return _Hooked(loaded, batch, start)
    if start == 0:
        return _Resumed(loaded, batch, unedited, start, None)
    prefix = prefix_cache(loaded, batch.ids[:, :start])
    if prefix is None:
        return _Hooked(loaded, batch, start)
    return _Resumed(loaded, batch, unedited, start, prefix)


def resumes_exactly(
    loaded: LoadedModel,
    batch: RowBatch,
    positions: str,
    edits: Mapping[Place, Edit],
) -> bool:
    """Whether a resumed pass and a hook on the whole model agree, at every place, on two rows.

    The middle variant of each edit is compared: the outer ones swamp what is compared, and where
    a pass overflows there is nothing to compare.
    """
    sample = batch.first(2)
    unedited = run_unedited(loaded, sample, list(edits))
    resumed = edited_pass(loaded, sample, unedited, positions, direct=False)
    hooked = edited_pass(loaded, sample, unedited, positions, direct=True)
    for place, edit in edits.items():
        variant = edit.part(edit.size // 2, edit.size // 2 + 1)
        one, other = resumed(place, variant).float(), hooked(place, variant).float()
        if bool(other.isfinite().all()):
            tolerance = TOLERANCE.get(unedited.logits.dtype, 1e-4)
            if not float((one - other).abs().max()) <= tolerance * float(other.abs().max()):
                return False
    return True


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
    """The tokens from `start` on and the blocks above the edit.

    prefix: keys and values of the tokens before `start`, if there are any.
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
        self._start, self._prefix = start, prefix
        self.tokens, self.kept_width = batch.ids.shape[1] - start, width_of(prefix)
        self._stacked: tuple[int, DynamicCache] | None = None

    def __call__(self, place: Place, edit: Edit) -> Tensor:
        inputs = _stacked({"input_ids": self._batch.ids[:, self._start :]}, edit.size)
        hidden = self._unedited.hidden[place][:, self._start :]
        edited = apply_stacked(edit, hidden.repeat_interleave(edit.size, dim=0))
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
