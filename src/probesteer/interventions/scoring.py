"""What is read from the model's predictions: log-probabilities of given tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from probesteer.errors import ProbesteerError
from probesteer.models.inputs import length_of
from probesteer.models.loading import LoadedModel
from probesteer.models.tokens import tokenize, tokenize_prompts


@dataclass(frozen=True)
class ScoredRow:
    """One example and the predictions that are read from it.

    The row's score is the sum of `signs * log p(tokens)`, where `tokens[r]` is predicted at
    position `positions[r]` of the last `kept` ones. A classifier predicts a class, at one position.
    """

    item: int  # the prompt or text that the score counts for
    inputs: Mapping[str, NDArray[Any]]  # what a forward pass takes, without the batch dimension
    start: int  # the last prompt token: interventions "from_last" begin here
    kept: int
    positions: tuple[int, ...]
    tokens: tuple[int, ...]
    signs: tuple[int, ...]
    lead: bool  # the first of the kept distributions is compared on this row

    @property
    def ids(self) -> NDArray[np.int64]:
        """Token ids of a text: [length]."""
        return self.inputs["input_ids"]

    @property
    def shape(self) -> tuple[Any, ...]:
        """Rows of equal shape make a batch without padding."""
        shapes = tuple((name, value.shape) for name, value in sorted(self.inputs.items()))
        return shapes, self.start, self.kept, len(self.tokens), self.lead


def text_row(
    item: int,
    ids: NDArray[np.int64],
    start: int,
    positions: Sequence[int],
    tokens: Sequence[int],
    signs: Sequence[int],
    lead: bool,
) -> ScoredRow:
    """The row of a text that is read from `start` on; `positions` count from its first token."""
    inputs, relative = {"input_ids": ids}, tuple(position - start for position in positions)
    kept = len(ids) - start
    return ScoredRow(item, inputs, start, kept, relative, tuple(tokens), tuple(signs), lead)


@dataclass(frozen=True)
class RowBatch:
    """Rows of equal shape as tensors."""

    items: NDArray[np.int64]  # [batch]
    inputs: dict[str, Tensor]  # what a forward pass takes
    start: int
    kept: int  # predictions are read at so many of the last positions
    positions: Tensor  # [batch, reads], among those
    tokens: Tensor  # [batch, reads]
    signs: Tensor  # [batch, reads]
    lead: bool

    @property
    def ids(self) -> Tensor:
        """Token ids of texts: [batch, length]."""
        return self.inputs["input_ids"]

    @property
    def size(self) -> int:
        """Tokens of the batch; an image counts as one for each of its patches."""
        return len(self.items) * length_of({name: x[0] for name, x in self.inputs.items()})

    @property
    def normaliser_cancels(self) -> bool:
        """Whether scores are differences of logits: signs that add up to 0, at one position."""
        together = bool((self.positions == self.positions[:, :1]).all())
        return together and not bool(self.signs.sum(dim=1).any())

    def first(self, rows: int) -> "RowBatch":
        """The first rows alone."""
        return replace(
            self,
            items=self.items[:rows],
            inputs={name: x[:rows] for name, x in self.inputs.items()},
            positions=self.positions[:rows],
            tokens=self.tokens[:rows],
            signs=self.signs[:rows],
        )

    def score(self, logits: Tensor) -> Tensor:
        """logits: [batch, S, kept, vocabulary] -> scores [batch, S], nats."""
        return self.scores(logits.float().log_softmax(dim=-1))[0]

    def scores(self, predicted: Tensor) -> tuple[Tensor, Tensor]:
        """Scores, and the part of them that counts with a positive sign: each [batch, S], nats.

        predicted: [batch, S, kept, vocabulary], log-probabilities; logits do for the scores alone
        where their normaliser cancels.
        """
        batch, variants = predicted.shape[:2]
        rows = torch.arange(batch, device=predicted.device)[:, None, None]
        stack = torch.arange(variants, device=predicted.device)[None, :, None]
        picked = predicted[rows, stack, self.positions[:, None], self.tokens[:, None]]
        signed = picked * self.signs[:, None]
        return signed.sum(dim=-1), torch.where(self.signs[:, None] > 0, signed, 0.0).sum(dim=-1)

    def read(self, values: Tensor) -> Tensor:
        """values: [batch, S, kept] at the positions that are read: [batch, S, reads]."""
        where = self.positions[:, None].expand(-1, values.shape[1], -1)
        return values.gather(2, where)


def score_prompts(loaded: LoadedModel, prompts: pd.DataFrame, source: str) -> list[ScoredRow]:
    """Rows whose score is log p(positive) - log p(negative), summed over each one's tokens.

    prompts: columns prompt, positive, negative; its index counts the prompts from 0, errors from
    1. A space joins prompt and continuation unless the continuation begins with one or with
    punctuation, or answers a turn of a chat. Where both are one token, one row carries both.

    Raises ProbesteerError where a continuation merges with the prompt's last token.
    """
    texts, numbers = prompts["prompt"].tolist(), (prompts.index + 1).tolist()
    name = f"{source} prompt"
    alone = tokenize_prompts(loaded, texts, name, numbers).ids
    continued = {
        sign: tokenize_prompts(loaded, texts, name, numbers, prompts[column].tolist()).ids
        for sign, column in ((1, "positive"), (-1, "negative"))
    }
    rows = []
    for item, prompt in enumerate(_without_closing(loaded, alone)):
        targets = {}
        for sign, sequences in continued.items():
            whole = _without_closing(loaded, [sequences[item]])[0]
            if len(whole) <= len(prompt) or not np.array_equal(whole[: len(prompt)], prompt):
                raise ProbesteerError(
                    f"{source} prompt {numbers[item]}: the tokens of {texts[item]!r} change when "
                    f"{prompts.iloc[item]['positive' if sign > 0 else 'negative']!r} follows; "
                    "end the prompt at a word, and begin the continuation with a new one"
                )
            targets[sign] = whole[len(prompt) :]
        rows += _rows_of(item, prompt, targets)
    return rows


def score_texts(loaded: LoadedModel, texts: Sequence[str], source: str) -> list[ScoredRow]:
    """Rows whose score is the log-probability of a whole text, from its second token on."""
    rows = []
    for item, ids in enumerate(tokenize(loaded, texts, f"{source} neutral text").ids):
        if len(ids) < 2:
            raise ProbesteerError(f"{source} neutral text {item + 1}: one token only; lengthen it")
        predicted = tuple(int(token) for token in ids[1:])
        ones = (1,) * len(predicted)
        rows.append(text_row(item, ids[:-1], 0, range(len(predicted)), predicted, ones, False))
    return rows


def batch_rows(
    rows: Sequence[ScoredRow], device: torch.device, batch_tokens: int, batch_kept: int
) -> list[RowBatch]:
    """Batches of rows of equal shape, without padding.

    Each has at most `batch_tokens` tokens, and `batch_kept` at which predictions are read; a
    row longer than that makes a batch of its own.
    """
    by_shape: dict[tuple[Any, ...], list[ScoredRow]] = {}
    for row in rows:
        by_shape.setdefault(row.shape, []).append(row)
    batches = []
    for _, alike in sorted(by_shape.items()):
        one = alike[0]
        size = max(1, min(batch_tokens // length_of(one.inputs), batch_kept // one.kept))
        for first in range(0, len(alike), size):
            part = alike[first : first + size]
            batches.append(
                RowBatch(
                    items=np.array([row.item for row in part]),
                    inputs={name: _stacked(name, part, device) for name in one.inputs},
                    start=one.start,
                    kept=one.kept,
                    positions=torch.tensor([row.positions for row in part], device=device),
                    tokens=torch.tensor([row.tokens for row in part], device=device),
                    signs=torch.tensor([row.signs for row in part], device=device),
                    lead=one.lead,
                )
            )
    return batches


def _stacked(name: str, rows: Sequence[ScoredRow], device: torch.device) -> Tensor:
    return torch.from_numpy(np.stack([row.inputs[name] for row in rows])).to(device)


def _rows_of(
    item: int, prompt: NDArray[np.int64], targets: dict[int, NDArray[np.int64]]
) -> list[ScoredRow]:
    start = len(prompt) - 1
    if all(len(target) == 1 for target in targets.values()):
        tokens = tuple(int(target[0]) for target in targets.values())
        return [text_row(item, prompt, start, (start, start), tokens, tuple(targets), True)]
    rows = []
    for sign, target in targets.items():
        ids = np.concatenate([prompt, target[:-1]])
        places = tuple(range(start, start + len(target)))
        signs = (sign,) * len(target)
        tokens = tuple(int(token) for token in target)
        rows.append(text_row(item, ids, start, places, tokens, signs, sign > 0))
    return rows


def _without_closing(
    loaded: LoadedModel, sequences: Sequence[NDArray[np.int64]]
) -> list[NDArray[np.int64]]:
    """Drop an end-of-text token that some tokenizers append: the prompt is to be continued."""
    eos = loaded.tokenizer.eos_token_id
    return [ids[:-1] if len(ids) > 1 and ids[-1] == eos else ids for ids in sequences]
