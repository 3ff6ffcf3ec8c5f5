"""Texts as unpadded token sequences, and batches of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.models.chat import ends_a_turn, is_chat, render
from probesteer.models.loading import LoadedModel

_AT_ONCE = 1024  # texts that the tokenizer is given in one call


@dataclass(frozen=True)
class TokenSequences:
    """Token sequences of different lengths, special tokens included, without padding."""

    ids: list[NDArray[np.int64]]  # per text: [tokens]
    # Per text: [tokens, 2], the first character of each token and the one after its last.
    offsets: list[NDArray[np.int32]]
    special: list[NDArray[np.bool_]]  # per text: [tokens], True for bos, eos and the like
    truncated: NDArray[np.bool_]  # [texts], True where tokens were cut off at the end

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of every text: [texts]."""
        return np.array([len(sequence) for sequence in self.ids], dtype=np.int64)


def tokenize(
    loaded: LoadedModel,
    texts: Sequence[str],
    source: str,
    numbers: Sequence[int] | None = None,
    rendered: bool = False,
    truncate: bool = False,
) -> TokenSequences:
    """Tokenize `texts` with the special tokens that the tokenizer adds.

    source: what an error message calls the texts, such as "concept truth: example". rendered:
    the texts hold their own special tokens, as a chat template writes them. truncate: cut, at its
    end, what the model's context doesn't hold; else nothing is.

    Raises ProbesteerError for a text longer than the model's context unless it may be cut, or a
    tokenizer that can't tell where its tokens lie in the text.
    """
    if not loaded.tokenizer.is_fast:
        raise ProbesteerError(
            f"model {loaded.name}: its tokenizer gives no character offsets; "
            "save it with a tokenizer.json"
        )
    row_numbers = range(1, len(texts) + 1) if numbers is None else numbers
    found = TokenSequences([], [], [], np.zeros(len(texts), dtype=bool))
    # A part at a time, as the lists that a tokenizer gives take many times the arrays' memory.
    for first in range(0, len(texts), _AT_ONCE):
        part = texts[first : first + _AT_ONCE]
        encoded = _encoded(loaded, part, rendered)
        lengths = np.array([len(sequence) for sequence in encoded["input_ids"]])
        context = lengths.max() if loaded.context_length is None else loaded.context_length
        too_long = lengths > context
        if too_long.any():
            if not truncate:
                row = int(too_long.argmax())
                raise ProbesteerError(
                    f"{source} {row_numbers[first + row]}: {lengths[row]} tokens, but model "
                    f"{loaded.name} takes {context}; shorten it"
                )
            encoded = _encoded(loaded, part, rendered, context)
        found.truncated[first : first + len(part)] = too_long
        found.ids.extend(np.asarray(ids, dtype=np.int64) for ids in encoded["input_ids"])
        found.offsets.extend(
            np.array(spans, dtype=np.int32).reshape(-1, 2) for spans in encoded["offset_mapping"]
        )
        found.special.extend(np.array(m, dtype=bool) for m in encoded["special_tokens_mask"])
    if rendered:
        # Written out by the template, it isn't marked as one that the tokenizer has put there.
        for ids, mask in zip(found.ids, found.special, strict=True):
            mask[:1] |= ids[:1] == loaded.tokenizer.bos_token_id
    return found


def tokenize_prompts(
    loaded: LoadedModel,
    prompts: Sequence[str],
    source: str,
    numbers: Sequence[int] | None = None,
    continuations: Sequence[str] | None = None,
) -> TokenSequences:
    """Tokenize prompts as they are put to the model: by its chat template where it has a chat.

    continuations: what follows each prompt. A space comes between unless the continuation begins
    with one or with punctuation, or answers a rendered turn.
    """
    counted = list(range(1, len(prompts) + 1)) if numbers is None else list(numbers)
    chat = is_chat(loaded.chat)
    texts = list(prompts)
    if chat:
        texts = render(loaded, loaded.chat, texts, source, counted).texts
    if continuations is not None:
        texts = [
            text + _space(loaded, text, continuation) + continuation
            for text, continuation in zip(texts, continuations, strict=True)
        ]
    return tokenize(loaded, texts, source, counted, rendered=chat)


def _space(loaded: LoadedModel, text: str, continuation: str) -> str:
    if not continuation[:1].isalnum() or text[-1:].isspace():
        return ""
    return "" if is_chat(loaded.chat) and ends_a_turn(loaded, text) else " "


def _encoded(
    loaded: LoadedModel, texts: Sequence[str], rendered: bool, longest: int | None = None
) -> Any:
    if longest is not None:
        loaded.tokenizer.truncation_side = "right"  # some tokenizers are saved with "left"
    return loaded.tokenizer(
        list(texts),
        truncation=longest is not None,
        max_length=longest,
        add_special_tokens=not rendered,
        verbose=False,
        return_offsets_mapping=True,
        return_special_tokens_mask=True,
    )


def batches_by_length(
    lengths: NDArray[np.int64], batch_tokens: int, padded: bool = True
) -> Iterator[NDArray[np.int64]]:
    """Rows in batches of similar length, each of at most `batch_tokens` padded tokens.

    lengths: [rows]. padded: False for batches of equal length, which need no padding. Yields
    arrays of row numbers, the longest rows first, so that running out of memory shows at once. A
    row longer than the budget makes a batch of its own.
    """
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        longest = int(lengths[order[start]])
        width = max(1, batch_tokens // max(1, longest))
        if not padded:
            width = min(width, int(np.count_nonzero(lengths[order[start:]] == longest)))
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
