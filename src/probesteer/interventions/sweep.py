"""Run many edits over the same rows, computing again only what an edit changes.

From the last prompt token on: the tokens before it run once, and every edit goes on from their
keys and values. At all tokens: only the blocks above the edit run again, from the stored
residuals. Both give what hooks on the whole model give, within rounding; `direct` does that.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from probesteer.interventions.edits import Edit
from probesteer.interventions.intervene import apply_stacked, intervene
from probesteer.interventions.scoring import RowBatch, ScoredRow, batch_rows
from probesteer.models.loading import LoadedModel
from probesteer.models.replay import resumed_after
from probesteer.models.sites import at_place
from probesteer.places import Place
from probesteer.progress import progress


@dataclass(frozen=True)
class SweepResult:
    """What S edits at one place did to the predictions of the items."""

    score: NDArray[np.float64]  # [S, items], nats
    kl: NDArray[np.float64]  # [S, items], from the unedited to the edited next token; nats
    same_top: NDArray[np.float64]  # [S, items], 1 where the likeliest next token stayed


@dataclass(frozen=True)
class Sweep:
    """A sweep's results and the unedited run."""

    results: dict[Place, SweepResult]
    score: NDArray[np.float64]  # [items], unedited
    residuals: dict[Place, NDArray[np.float32]]  # [items, d] at the last prompt token, unedited


@dataclass(frozen=True)
class _Plain:
    """One batch's unedited run."""

    log_probabilities: Tensor  # [batch, kept, vocabulary]
    hidden: dict[Place, Tensor]  # [batch, length, d]
    outputs: list[Any]  # what each block returned


@torch.no_grad()
def run_sweep(
    loaded: LoadedModel,
    rows: Sequence[ScoredRow],
    edits: Mapping[Place, Edit],
    positions: str,
    batch_tokens: int,
    direct: bool = False,
    label: str = "sweep",
) -> Sweep:
    """Score `rows` under every edit at every place.

    positions: "from_last" (the last prompt token and what follows) or "all".
    batch_tokens: tokens of one stacked batch. direct: one hooked pass of the whole model for
    every edit, as the reference.
    """
    items = 1 + max(row.item for row in rows)
    results = {
        place: SweepResult(*(np.zeros((edit.size, items)) for _ in range(3)))
        for place, edit in edits.items()
    }
    score = np.zeros(items)
    residuals = {place: np.zeros((items, loaded.width), np.float32) for place in edits}
    for batch in progress(batch_rows(rows, loaded.device, batch_tokens), label):
        plain = _run_plain(loaded, batch, list(edits))
        np.add.at(score, batch.items, _numbers(batch.score(plain.log_probabilities[:, None])[:, 0]))
        runner = _runner(loaded, batch, plain, positions, direct)
        for place, edit in edits.items():
            if batch.lead:
                residuals[place][batch.items] = _numbers(plain.hidden[place][:, batch.start])
            for first, part in _parts(edit, batch, batch_tokens):
                _collect(results[place], first, batch, plain, runner.run(place, part))
    return Sweep(results, score, residuals)


def _parts(edit: Edit, batch: RowBatch, batch_tokens: int) -> Iterator[tuple[int, Edit]]:
    """The edit cut so that each stacked batch stays within the budget of tokens."""
    step = max(1, batch_tokens // batch.ids.numel())
    for first in range(0, edit.size, step):
        yield first, edit.part(first, min(first + step, edit.size))


def _run_plain(loaded: LoadedModel, batch: RowBatch, places: Sequence[Place]) -> _Plain:
    hidden: dict[Place, Tensor] = {}
    outputs: list[Any] = []
    with ExitStack() as hooks:
        for block in loaded.blocks:
            handle = block.register_forward_hook(lambda _, __, output: outputs.append(output))
            hooks.callback(handle.remove)
        for place in places:
            hooks.enter_context(
                at_place(loaded.blocks, place, lambda x, place=place: hidden.update({place: x}))
            )
        logits = _logits(loaded, batch.ids, batch.ids.shape[1] - batch.start)
    return _Plain(logits.float().log_softmax(dim=-1), hidden, outputs)


class _Direct:
    """One hooked pass of the whole model for every edit."""

    def __init__(self, loaded: LoadedModel, batch: RowBatch, start: int) -> None:
        self._loaded, self._batch, self._start = loaded, batch, start

    def run(self, place: Place, edit: Edit) -> Tensor:
        """Logits [batch, S, length - start, vocabulary]."""
        ids = self._batch.ids.repeat_interleave(edit.size, dim=0)
        with intervene(self._loaded, place, edit, self._start):
            logits = _logits(self._loaded, ids, ids.shape[1] - self._batch.start)
        return logits.view(-1, edit.size, *logits.shape[1:])


class _FromPrefix:
    """Goes on from the keys and values of the tokens before the edit."""

    def __init__(self, loaded: LoadedModel, batch: RowBatch, prefix: DynamicCache) -> None:
        self._loaded, self._tail = loaded, batch.ids[:, batch.start :]
        self._prefix = prefix
        self._stacked: tuple[int, DynamicCache] | None = None

    def run(self, place: Place, edit: Edit) -> Tensor:
        """Logits [batch, S, length - start, vocabulary]."""
        cache = self._stack(edit.size)
        ids = self._tail.repeat_interleave(edit.size, dim=0)
        with intervene(self._loaded, place, edit):
            logits = self._loaded.model(input_ids=ids, past_key_values=cache, use_cache=True).logits
        return logits.view(-1, edit.size, *logits.shape[1:])

    def _stack(self, size: int) -> DynamicCache:
        """A fresh view of the prefix, every row `size` times in succession."""
        if self._stacked is None or self._stacked[0] != size:
            stacked = _view(self._prefix)
            stacked.batch_repeat_interleave(size)
            self._stacked = size, stacked
        return _view(self._stacked[1])


def _view(cache: DynamicCache) -> DynamicCache:
    """A cache that shares the tensors; growing it makes new ones and leaves `cache` as it is."""
    view = copy.copy(cache)
    view.layers = [copy.copy(layer) for layer in cache.layers]
    return view


class _FromResiduals:
    """Runs only the blocks above the edit, from the stored residuals."""

    def __init__(self, loaded: LoadedModel, batch: RowBatch, plain: _Plain) -> None:
        self._loaded, self._batch, self._plain = loaded, batch, plain

    def run(self, place: Place, edit: Edit) -> Tensor:
        """Logits [batch, S, length - start, vocabulary]."""
        ids = self._batch.ids.repeat_interleave(edit.size, dim=0)
        hidden = self._plain.hidden[place].repeat_interleave(edit.size, dim=0)
        edited = apply_stacked(edit, hidden)
        with resumed_after(self._loaded.blocks, place, edited, self._plain.outputs):
            logits = _logits(self._loaded, ids, ids.shape[1] - self._batch.start)
        return logits.view(-1, edit.size, *logits.shape[1:])


def _runner(
    loaded: LoadedModel, batch: RowBatch, plain: _Plain, positions: str, direct: bool
) -> _Direct | _FromPrefix | _FromResiduals:
    start = batch.start if positions == "from_last" else 0
    if direct:
        return _Direct(loaded, batch, start)
    if start == 0:
        return _FromResiduals(loaded, batch, plain)
    cache = loaded.model(input_ids=batch.ids[:, :start], use_cache=True).past_key_values
    plain_cache = isinstance(cache, DynamicCache) and all(
        type(layer) is DynamicLayer for layer in cache.layers
    )
    # Sliding windows and recurrent states can't be stacked and taken up again like this.
    return _FromPrefix(loaded, batch, cache) if plain_cache else _Direct(loaded, batch, start)


def _collect(
    result: SweepResult, first: int, batch: RowBatch, plain: _Plain, logits: Tensor
) -> None:
    """Write the results of the variants `first` … of one batch."""
    log_probabilities = logits.float().log_softmax(dim=-1)
    variants = slice(first, first + logits.shape[1])
    # A prompt with longer continuations has two rows, whose scores add up.
    np.add.at(result.score.T[:, variants], batch.items, _numbers(batch.score(log_probabilities)))
    if batch.lead:
        edited, unedited = log_probabilities[:, :, 0], plain.log_probabilities[:, None, 0]
        kl = (unedited.exp() * (unedited - edited)).nan_to_num(0.0).sum(dim=-1)
        same = edited.argmax(dim=-1) == unedited.argmax(dim=-1)
        result.kl.T[batch.items, variants] = _numbers(kl.clamp_min(0))
        result.same_top.T[batch.items, variants] = _numbers(same)


def _logits(loaded: LoadedModel, ids: Tensor, keep: int) -> Tensor:
    """Logits at the last `keep` positions: [batch, keep, vocabulary]."""
    output = loaded.model(input_ids=ids, use_cache=False, logits_to_keep=keep)
    return output.logits[:, -keep:]  # type: ignore[no-any-return]


def _numbers(values: Tensor) -> NDArray[np.float64]:
    return values.to("cpu", torch.float64).numpy()
