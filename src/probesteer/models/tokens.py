"""Texts as unpadded token sequences, and batches of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.models.loading import LoadedModel


@dataclass(frozen=True)
class TokenSequences:
    """Token sequences of different lengths, special tokens included, without padding."""

    ids: list[NDArray[np.int64]]  # per text: [tokens]
    offsets: list[list[tuple[int, int]]]  # per token: first character and the one after the last
    special: list[NDArray[np.bool_]]  # per text: [tokens], True for bos, eos and the like

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of every text: [texts]."""
        return np.array([len(sequence) for sequence in self.ids], dtype=np.int64)


def tokenize(
    loaded: LoadedModel, texts: Sequence[str], source: str, numbers: Sequence[int] | None = None
) -> TokenSequences:
    """Tokenize `texts` with the special tokens that the tokenizer adds; nothing is truncated.

    source: what an error message calls the texts, such as "concept truth: example".

    Raises ProbesteerError for a text longer than the model's context, or a tokenizer that
    can't tell where its tokens lie in the text.
    """
    if not loaded.tokenizer.is_fast:
        raise ProbesteerError(
            f"model {loaded.name}: its tokenizer gives no character offsets; "
            "save it with a tokenizer.json"
        )
    encoded = loaded.tokenizer(
        list(texts),
        truncation=False,
        verbose=False,
        return_offsets_mapping=True,
        return_special_tokens_mask=True,
    )
    row_numbers = range(1, len(texts) + 1) if numbers is None else numbers
    context = loaded.context_length
    for row, sequence in enumerate(encoded["input_ids"]):
        if context is not None and len(sequence) > context:
            raise ProbesteerError(
                f"{source} {row_numbers[row]}: {len(sequence)} tokens, but model {loaded.name} "
                f"takes {context}; shorten it"
            )
    return TokenSequences(
        ids=[np.asarray(sequence, dtype=np.int64) for sequence in encoded["input_ids"]],
        offsets=[[(a, b) for a, b in spans] for spans in encoded["offset_mapping"]],
        special=[np.asarray(mask, dtype=bool) for mask in encoded["special_tokens_mask"]],
    )


def batches_by_length(lengths: NDArray[np.int64], batch_tokens: int) -> Iterator[NDArray[np.int64]]:
    """Rows in batches of similar length, each of at most `batch_tokens` padded tokens.

    lengths: [rows]. Yields arrays of row numbers, the longest rows first, so that running out
    of memory shows at once. A row longer than the budget makes a batch of its own.
    """
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        width = max(1, batch_tokens // max(1, int(lengths[order[start]])))
        yield order[start : start + width]
        start += width


def pad_batch(
    loaded: LoadedModel, sequences: Sequence[NDArray[np.int64]]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Pad on the right. Returns ids and attention mask, [batch, longest], on the model's device."""
    longest = max(len(sequence) for sequence in sequences)
    ids = np.full((len(sequences), longest), loaded.pad_id, dtype=np.int64)
    mask = np.zeros((len(sequences), longest), dtype=np.int64)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = sequence
        mask[row, : len(sequence)] = 1
    return torch.from_numpy(ids).to(loaded.device), torch.from_numpy(mask).to(loaded.device)
