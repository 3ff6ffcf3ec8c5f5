"""What is read from the model's predictions: log-probabilities of given tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from probesteer.errors import ProbesteerError
from probesteer.models.loading import LoadedModel
from probesteer.models.tokens import tokenize


@dataclass(frozen=True)
class ScoredRow:
    """One token sequence and the predictions that are read from it.

    The row's score is the sum of `signs * log p(tokens)`, where `tokens[r]` is predicted at
    position `positions[r]`.
    """

    item: int  # the prompt or text that the score counts for
    ids: NDArray[np.int64]  # [length]
    start: int  # the last prompt token: interventions "from_last" begin here
    positions: tuple[int, ...]
    tokens: tuple[int, ...]
    signs: tuple[int, ...]
    lead: bool  # the next-token distribution at `start` is compared on this row

    @property
    def shape(self) -> tuple[int, int, int, bool]:
        """Rows of equal shape make a batch without padding."""
        return len(self.ids), self.start, len(self.tokens), self.lead


@dataclass(frozen=True)
class RowBatch:
    """Rows of equal shape as tensors."""

    items: NDArray[np.int64]  # [batch]
    ids: Tensor  # [batch, length]
    start: int
    positions: Tensor  # [batch, reads], relative to `start`
    tokens: Tensor  # [batch, reads]
    signs: Tensor  # [batch, reads]
    lead: bool

    @property
    def kept(self) -> int:
        """Positions from the last prompt token on, at which predictions are read."""
        return int(self.ids.shape[1]) - self.start

    def score(self, logits: Tensor) -> Tensor:
        """logits: [batch, S, kept, vocabulary] -> scores [batch, S], nats."""
        batch, variants = logits.shape[:2]
        rows = torch.arange(batch, device=self.ids.device)[:, None, None]
        stack = torch.arange(variants, device=self.ids.device)[None, :, None]
        positions = self.positions[:, None]
        # log p = logit - log sum exp: no normalised copy of the whole vocabulary is made.
        normaliser = logits.float().logsumexp(dim=-1)
        read = logits[rows, stack, positions, self.tokens[:, None]].float()
        return ((read - normaliser[rows, stack, positions]) * self.signs[:, None]).sum(dim=-1)


def score_prompts(loaded: LoadedModel, prompts: pd.DataFrame, source: str) -> list[ScoredRow]:
    """Rows whose score is log p(positive) - log p(negative), summed over each one's tokens.

    prompts: columns prompt, positive, negative; its index counts the prompts from 0, errors from
    1. A space joins prompt and continuation unless the continuation begins with one or with
    punctuation. Where both are one token, one row carries both.

    Raises ProbesteerError where a continuation merges with the prompt's last token.
    """
    texts, numbers = prompts["prompt"].tolist(), (prompts.index + 1).tolist()
    alone = tokenize(loaded, texts, f"{source} prompt", numbers).ids
    continued = {
        sign: tokenize(
            loaded, _joined(texts, prompts[column].tolist()), f"{source} prompt", numbers
        ).ids
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
        rows.append(
            ScoredRow(item, ids[:-1], 0, tuple(range(len(predicted))), predicted, ones, False)
        )
    return rows


def batch_rows(
    rows: Sequence[ScoredRow], device: torch.device, batch_tokens: int, batch_kept: int
) -> list[RowBatch]:
    """Batches of rows of equal shape, without padding.

    Each has at most `batch_tokens` tokens, and `batch_kept` at which predictions are read; a
    row longer than that makes a batch of its own.
    """
    by_shape: dict[tuple[int, int, int, bool], list[ScoredRow]] = {}
    for row in rows:
        by_shape.setdefault(row.shape, []).append(row)
    batches = []
    for (length, start, _, lead), alike in sorted(by_shape.items()):
        size = max(1, min(batch_tokens // length, batch_kept // (length - start)))
        for first in range(0, len(alike), size):
            part = alike[first : first + size]
            batches.append(
                RowBatch(
                    items=np.array([row.item for row in part]),
                    ids=torch.from_numpy(np.stack([row.ids for row in part])).to(device),
                    start=start,
                    positions=torch.tensor([row.positions for row in part], device=device) - start,
                    tokens=torch.tensor([row.tokens for row in part], device=device),
                    signs=torch.tensor([row.signs for row in part], device=device),
                    lead=lead,
                )
            )
    return batches


def _rows_of(
    item: int, prompt: NDArray[np.int64], targets: dict[int, NDArray[np.int64]]
) -> list[ScoredRow]:
    start = len(prompt) - 1
    if all(len(target) == 1 for target in targets.values()):
        tokens = tuple(int(target[0]) for target in targets.values())
        return [ScoredRow(item, prompt, start, (start, start), tokens, tuple(targets), True)]
    rows = []
    for sign, target in targets.items():
        ids = np.concatenate([prompt, target[:-1]])
        places = tuple(range(start, start + len(target)))
        signs = (sign,) * len(target)
        tokens = tuple(int(token) for token in target)
        rows.append(ScoredRow(item, ids, start, places, tokens, signs, sign > 0))
    return rows


def _joined(prompts: Sequence[str], continuations: Sequence[str]) -> list[str]:
    return [
        prompt
        + ("" if not continuation[:1].isalnum() or prompt[-1:].isspace() else " ")
        + continuation
        for prompt, continuation in zip(prompts, continuations, strict=True)
    ]


def _without_closing(
    loaded: LoadedModel, sequences: Sequence[NDArray[np.int64]]
) -> list[NDArray[np.int64]]:
    """Drop an end-of-text token that some tokenizers append: the prompt is to be continued."""
    eos = loaded.tokenizer.eos_token_id
    return [ids[:-1] if len(ids) > 1 and ids[-1] == eos else ids for ids in sequences]
