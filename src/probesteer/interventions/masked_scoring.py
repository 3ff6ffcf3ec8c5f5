"""What is read from a masked language model: the token behind the mask."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from probesteer.errors import ProbesteerError
from probesteer.interventions.scoring import ScoredRow, text_row
from probesteer.models.loading import LoadedModel
from probesteer.models.tokens import tokenize

MASK = "[MASK]"


def score_masked_prompts(
    loaded: LoadedModel, prompts: pd.DataFrame, source: str
) -> list[ScoredRow]:
    """Rows whose score is log p(positive) - log p(negative) at the mask.

    prompts: columns prompt, positive, negative; its index counts the prompts from 0, errors from
    1. `[MASK]` in a prompt is the tokenizer's own mask; a prompt without one is continued by a
    mask and a full stop.

    Raises ProbesteerError for a continuation that isn't one token, or several masks.
    """
    marked, numbers = [_marked(text) for text in prompts["prompt"]], (prompts.index + 1).tolist()
    mask = loaded.tokenizer.mask_token
    name = f"{source} prompt"
    masked = tokenize(loaded, [text.replace(MASK, mask) for text in marked], name, numbers).ids
    filled = {
        column: tokenize(
            loaded,
            [
                text.replace(MASK, word.strip())
                for text, word in zip(marked, prompts[column], strict=True)
            ],
            name,
            numbers,
        ).ids
        for column in ("positive", "negative")
    }
    rows = []
    for item, ids in enumerate(masked):
        where = np.flatnonzero(ids == loaded.tokenizer.mask_token_id)
        if len(where) != 1:
            raise ProbesteerError(f"{name} {numbers[item]}: {len(where)} masks; use one {MASK}")
        at = int(where[0])
        tokens = []
        for column, sequences in filled.items():
            whole = sequences[item]
            differing = len(whole) != len(ids) or np.flatnonzero(whole != ids).tolist() != [at]
            if differing:
                raise ProbesteerError(
                    f"{name} {numbers[item]}: {prompts.iloc[item][column]!r} is not one token; "
                    "a masked model predicts single tokens"
                )
            tokens.append(int(whole[at]))
        rows.append(text_row(item, ids, at, (at, at), tokens, (1, -1), True))
    return rows


def score_masked_texts(loaded: LoadedModel, texts: Sequence[str], source: str) -> list[ScoredRow]:
    """Rows whose scores add up to a text's pseudo-log-likelihood: each token masked in turn.

    Salazar et al. 2020, "Masked language model scoring", arXiv:1910.14659.
    """
    sequences = tokenize(loaded, texts, f"{source} neutral text")
    rows = []
    for item, (ids, special) in enumerate(zip(sequences.ids, sequences.special, strict=True)):
        for at in np.flatnonzero(~special).tolist():
            masked = ids.copy()
            masked[at] = loaded.tokenizer.mask_token_id
            rows.append(text_row(item, masked, 0, (at,), (int(ids[at]),), (1,), False))
    return rows


def _marked(prompt: str) -> str:
    return prompt if MASK in prompt else f"{prompt.rstrip()} {MASK}."
