"""What is read from an encoder-decoder: what it writes after it has read the prompt."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.interventions.scoring import ScoredRow
from probesteer.models.loading import LoadedModel
from probesteer.models.tokens import tokenize


def score_written_prompts(
    loaded: LoadedModel, prompts: pd.DataFrame, source: str
) -> list[ScoredRow]:
    """Rows whose score is log p(positive) - log p(negative), each as the start of the answer.

    prompts: columns prompt, positive, negative; its index counts the prompts from 0, errors from
    1. The encoder reads the prompt; an answer's closing token isn't scored.

    Raises ProbesteerError for a continuation without tokens.
    """
    texts, numbers = prompts["prompt"].tolist(), (prompts.index + 1).tolist()
    name = f"{source} prompt"
    read = tokenize(loaded, texts, name, numbers).ids
    positive = _answers(loaded, prompts["positive"].tolist(), name, numbers)
    negative = _answers(loaded, prompts["negative"].tolist(), name, numbers)
    rows = []
    for item, ids in enumerate(read):
        written = {1: positive[item], -1: negative[item]}
        if all(len(answer) == 1 for answer in written.values()):
            tokens = [int(answer[0]) for answer in written.values()]
            rows.append(_row(loaded, item, ids, positive[item][:0], (0, 0), tokens, (1, -1), True))
            continue
        for sign, answer in written.items():
            signs, places = (sign,) * len(answer), range(len(answer))
            before, tokens = answer[:-1], answer.tolist()
            rows.append(_row(loaded, item, ids, before, places, tokens, signs, sign > 0))
    return rows


def score_written_texts(loaded: LoadedModel, texts: Sequence[str], source: str) -> list[ScoredRow]:
    """Rows whose score is the log-probability of a text's second half, the first being read.

    Raises ProbesteerError for a text of one word.
    """
    name = f"{source} neutral text"
    halves = [_halves(text, f"{name} {number}") for number, text in enumerate(texts, start=1)]
    read = tokenize(loaded, [first for first, _ in halves], name).ids
    numbers = list(range(1, len(texts) + 1))
    written = _answers(loaded, [second for _, second in halves], name, numbers)
    rows = []
    for item, (ids, answer) in enumerate(zip(read, written, strict=True)):
        ones, places = (1,) * len(answer), range(len(answer))
        rows.append(_row(loaded, item, ids, answer[:-1], places, answer.tolist(), ones, False))
    return rows


def _halves(text: str, where: str) -> tuple[str, str]:
    words = text.split()
    if len(words) < 2:
        raise ProbesteerError(f"{where}: one word only; lengthen it")
    middle = len(words) // 2
    return " ".join(words[:middle]), " ".join(words[middle:])


def _answers(
    loaded: LoadedModel, texts: Sequence[str], source: str, numbers: Sequence[int]
) -> list[NDArray[np.int64]]:
    """The tokens of each text without special ones, which is what the decoder writes."""
    found = tokenize(loaded, texts, source, numbers)
    answers = [ids[~special] for ids, special in zip(found.ids, found.special, strict=True)]
    for number, answer in zip(numbers, answers, strict=True):
        if not len(answer):
            raise ProbesteerError(f"{source} {number}: a continuation has no tokens; lengthen it")
    return answers


def _row(
    loaded: LoadedModel,
    item: int,
    ids: NDArray[np.int64],
    before: NDArray[np.int64],
    positions: Sequence[int],
    tokens: Sequence[int],
    signs: Sequence[int],
    lead: bool,
) -> ScoredRow:
    """before: what the decoder has written when it predicts the last of `tokens`."""
    decoder = np.concatenate([np.array([loaded.decoder_start_id]), before])
    inputs = {"input_ids": ids, "decoder_input_ids": decoder}
    last, kept = len(ids) - 1, len(decoder)
    return ScoredRow(item, inputs, last, kept, tuple(positions), tuple(tokens), tuple(signs), lead)
