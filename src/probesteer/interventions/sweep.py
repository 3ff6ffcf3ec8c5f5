"""Run many edits over the same rows, and measure what each does to the predictions."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from probesteer.interventions.checkpoint import Checkpoint
from probesteer.interventions.divergence import kl_divergence, same_top
from probesteer.interventions.edits import Edit
from probesteer.interventions.needed_words import NeededWords
from probesteer.interventions.passes import (
    EditedPass,
    UneditedPass,
    passes_over,
    resumes_exactly,
)
from probesteer.interventions.predictions import at_start, predicted
from probesteer.interventions.reading_along import Readers, ReadingAlong
from probesteer.interventions.scoring import RowBatch, ScoredRow, batch_rows
from probesteer.models.loading import LoadedModel
from probesteer.places import Place, place_of
from probesteer.progress import progress

_log = logging.getLogger(__name__)

# Logits held at once: 2^27 float32 are 512 MB, and the softmax doubles them.
_LOGITS_AT_ONCE = 2**27
# Numbers of the keys and values of all blocks that the variants of a batch go on from: 1 GB.
_KEYS_AT_ONCE = 2**28


@dataclass(frozen=True, eq=False)
class SweepResult:
    """What S edits at one place did to the predictions of the items.

    A model that overflowed predicts nothing: its scores and its KL are NaN or infinite.
    """

    score: NDArray[np.float64]  # [S, items], nats
    positive: NDArray[np.float64]  # [S, items], nats: what counts for the score, without the rest
    kl: NDArray[np.float64]  # [S, items], from the unedited to the edited next token; nats
    same_top: NDArray[np.float64]
    """[S, items], 1 where the likeliest next token stayed; with `every_token` how many stayed."""
    read: dict[Place, NDArray[np.float64]] = field(default_factory=dict)
    """Change of what readers read where they stand: [S, items], at the edit and after it."""


_MEASURED = ("score", "positive", "kl", "same_top")


@dataclass(frozen=True, eq=False)
class Sweep:
    """A sweep's results and the unedited run."""

    results: dict[Place, SweepResult]
    score: NDArray[np.float64]  # [items], unedited
    positive: NDArray[np.float64]  # [items], unedited
    residuals: dict[Place, NDArray[np.float32]]  # [items, d] at the last prompt token, unedited

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All arrays by name, as a file keeps them."""
        found: dict[str, NDArray[Any]] = {"score": self.score, "positive": self.positive}
        for place, rows in self.residuals.items():
            found[f"residuals {place.stem}"] = rows
        for place, result in self.results.items():
            for name in _MEASURED:
                found[f"{name} {place.stem}"] = getattr(result, name)
            for reader, change in result.read.items():
                found[f"read {place.stem} {reader.stem}"] = change
        return found

    def ordered(self, readers: Sequence[Place]) -> "Sweep":
        """The same with what was read in the order of `readers`, also where it was taken up."""
        results = {
            place: replace(found, read={at: found.read[at] for at in readers if at in found.read})
            for place, found in self.results.items()
        }
        return replace(self, results=results)

    def take_up(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Put in what `arrays` gave."""
        places = {stem: place_of(stem) for name in arrays for stem in name.split(" ")[1:]}
        for name, values in arrays.items():
            what, *stems = name.split(" ")
            if what in ("score", "positive") and not stems:
                getattr(self, what)[:] = values
            elif what == "residuals":
                self.residuals[places[stems[0]]] = np.array(values)
            elif what == "read":
                self.results[places[stems[0]]].read[places[stems[1]]] = np.array(values)
            else:
                getattr(self.results[places[stems[0]]], what)[:] = values


@torch.no_grad()
def run_sweep(
    loaded: LoadedModel,
    rows: Sequence[ScoredRow],
    edits: Mapping[Place, Edit],
    positions: str,
    batch_tokens: int,
    direct: bool = False,
    label: str = "sweep",
    every_token: bool = False,
    readers: Readers | None = None,
    checkpoint: Checkpoint | None = None,
    scores_alone: bool = False,
) -> Sweep:
    """Score `rows` under every edit at every place.

    positions: "from_last" (the last prompt token and what follows) or "all".
    batch_tokens: tokens of one stacked batch. direct: one hooked pass of the whole model for
    every edit, as the reference. Passes that resume at the edit are compared with it on two rows of
    the first batch with tokens before the edit, and of the first without; a model in which they
    differ is run whole, with a warning. every_token: compare the likeliest tokens wherever a token
    is scored, not after the prompt alone. readers: read along at these places, at the token at
    which an example is read. checkpoint: a sweep that was stopped goes on from it, to the same
    bytes. scores_alone: of the predictions no more than `score` is measured, the rest is NaN; where
    a score is a difference of logits, only these are computed.
    """
    items = 1 + max(row.item for row in rows)
    results = {place: _empty(edit.size, items, scores_alone) for place, edit in edits.items()}
    sweep = Sweep(results, np.zeros(items), np.zeros(items), {})
    if scores_alone:
        sweep.positive[:] = np.nan
    done, arrays, notes = checkpoint.taken_up() if checkpoint else (0, {}, {})
    sweep.take_up(arrays)
    direct, compared = direct or notes.get("direct", False), set(notes.get("compared", []))
    places, needed = list({**edits, **(readers or {})}), NeededWords(loaded)
    along = ReadingAlong(loaded, readers or {})
    measure = _Measuring(loaded, sweep, edits, along, batch_tokens, every_token, scores_alone)
    batches = batch_rows(rows, loaded.device, batch_tokens, _LOGITS_AT_ONCE // predicted(loaded))
    cells = max(1, len(edits))
    for number, batch in enumerate(progress(batches, label)):
        taken_up = done - number * cells
        if taken_up >= cells:
            continue
        if not direct and (batch.start > 0) not in compared:
            compared.add(batch.start > 0)
            direct = not resumes_exactly(loaded, batch, positions, edits)
            if direct:
                _log.warning("model %s: resumed passes differ; running it whole", loaded.name)
        with needed.narrowed(batch) if scores_alone else nullcontext(batch) as given:
            unedited, run = passes_over(loaded, given, places, positions, direct)
            for cell in measure(given, unedited, run, max(0, taken_up)):
                if checkpoint:
                    notes = {"direct": direct, "compared": sorted(compared)}
                    ended = cell == cells and number == len(batches) - 1
                    checkpoint.keep(number * cells + cell, sweep.arrays(), notes, ended)
    return sweep.ordered(list(readers or {}))


@dataclass(frozen=True, eq=False)
class _Measuring:
    """Adds what one batch gives to a sweep."""

    loaded: LoadedModel
    sweep: Sweep
    edits: Mapping[Place, Edit]
    along: ReadingAlong
    batch_tokens: int
    every_token: bool
    scores_alone: bool

    def __call__(
        self, batch: RowBatch, unedited: UneditedPass, run: EditedPass, done: int
    ) -> Iterator[int]:
        """Gives how many cells of the batch are finished whenever one is; `done`: those before."""
        # Log-probabilities among the words that are predicted: all, or those that are needed.
        plain = unedited.logits[:, None].float().log_softmax(dim=-1)
        start, at_once = batch.start - unedited.first, self._at_once(batch, run, plain.shape[-1])
        if not done:
            score, positive = batch.scores(plain)
            np.add.at(self.sweep.score, batch.items, _numbers(score[:, 0]))
            np.add.at(self.sweep.positive, batch.items, _numbers(positive[:, 0]))
        if not self.edits:
            yield 1
        for cell, (place, edit) in enumerate(self.edits.items(), start=1):
            if cell <= done:
                continue
            result, hidden = self.sweep.results[place], unedited.hidden
            if batch.lead:
                self._keep(place, batch, at_start(self.loaded, place, hidden[place], start))
            for variants, part in _parts(edit, at_once):
                with self.along.watching(place, hidden, start) as read:
                    logits = run(place, part)
                self._collect(result, variants, batch, plain, logits)
                if batch.lead:
                    moved = self.along.changes(read, hidden, start, place, part)
                    _put(result, variants, batch, moved)
            yield cell

    def _at_once(self, batch: RowBatch, run: EditedPass, words: int) -> int:
        """Variants of an edit that one pass runs."""
        rows = len(batch.items)
        at_once = min(
            self.batch_tokens // (rows * run.tokens),
            _KEYS_AT_ONCE // max(1, batch.size * run.kept_width),
            _LOGITS_AT_ONCE // (words * batch.kept * rows),
        )
        return max(1, at_once)

    def _keep(self, place: Place, batch: RowBatch, last: Tensor) -> None:
        """last: [batch, d], the activations that stand for the examples."""
        shape = (len(self.sweep.score), last.shape[-1])
        rows = self.sweep.residuals.setdefault(place, np.zeros(shape, dtype=np.float32))
        rows[batch.items] = _numbers(last)

    def _collect(
        self, result: SweepResult, variants: slice, batch: RowBatch, plain: Tensor, logits: Tensor
    ) -> None:
        """plain: [batch, 1, kept, words], log-probabilities; logits: [batch, S, kept, words]."""
        after = logits.float().log_softmax(dim=-1)
        # A prompt with longer continuations has two rows, whose scores add up.
        score, positive = batch.scores(after)
        np.add.at(result.score.T[:, variants], batch.items, _numbers(score))
        if self.scores_alone:
            return
        np.add.at(result.positive.T[:, variants], batch.items, _numbers(positive))
        if self.every_token:
            stayed = batch.read(same_top(plain, after)).sum(dim=-1)
            np.add.at(result.same_top.T[:, variants], batch.items, _numbers(stayed))
        elif batch.lead:
            before, after = plain[:, :, 0], after[:, :, 0]
            result.kl.T[batch.items, variants] = _numbers(kl_divergence(before, after))
            result.same_top.T[batch.items, variants] = _numbers(same_top(before, after))


def _empty(variants: int, items: int, scores_alone: bool) -> SweepResult:
    score, positive, kl, same_top = np.zeros((4, variants, items))
    if scores_alone:
        for unmeasured in (positive, kl, same_top):
            unmeasured[:] = np.nan
    return SweepResult(score, positive, kl, same_top)


def _parts(edit: Edit, at_once: int) -> Iterator[tuple[slice, Edit]]:
    """The edit cut into parts of `at_once` variants."""
    for first in range(0, edit.size, at_once):
        last = min(first + at_once, edit.size)
        yield slice(first, last), edit.part(first, last)


def _put(
    result: SweepResult, variants: slice, batch: RowBatch, moved: Mapping[Place, Tensor]
) -> None:
    """Write how far read-outs moved; moved: [batch, S] by place."""
    for place, change in moved.items():
        whole = result.read.setdefault(place, np.zeros_like(result.score))
        whole.T[batch.items, variants] = _numbers(change)


def _numbers(values: Tensor) -> NDArray[np.float64]:
    return values.to("cpu", torch.float64).numpy()
