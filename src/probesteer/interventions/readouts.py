"""The rows that are scored for prompts and neutral texts, by the kind of the model."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.interventions.class_scoring import score_class_prompts, score_class_texts
from probesteer.interventions.masked_scoring import score_masked_prompts, score_masked_texts
from probesteer.interventions.scoring import ScoredRow, score_prompts, score_texts
from probesteer.interventions.sequence_scoring import score_written_prompts, score_written_texts
from probesteer.models.kinds import Kind
from probesteer.models.loading import LoadedModel

_PROMPTS: dict[Kind, Callable[[LoadedModel, pd.DataFrame, str], list[ScoredRow]]] = {
    "causal": score_prompts,
    "masked": score_masked_prompts,
    "encoder_decoder": score_written_prompts,
    "image": score_class_prompts,
    "encoder": score_class_prompts,
}
_TEXTS: dict[Kind, Callable[[LoadedModel, Sequence[str], str], list[ScoredRow]]] = {
    "causal": score_texts,
    "masked": score_masked_texts,
    "encoder_decoder": score_written_texts,
    "image": score_class_texts,
    "encoder": score_class_texts,
}


def prompt_rows(loaded: LoadedModel, prompts: pd.DataFrame, source: str) -> list[ScoredRow]:
    """Rows whose score is the log-probability of positive minus that of negative."""
    return _PROMPTS[loaded.kind](loaded, prompts, source)


def text_rows(
    loaded: LoadedModel, texts: Sequence[str], source: str
) -> tuple[list[ScoredRow], NDArray[np.float64]]:
    """Rows whose scores add up to a text's log-probability, and the tokens of each: [texts]."""
    rows = _TEXTS[loaded.kind](loaded, texts, source)
    tokens = np.zeros(len(texts))
    for row in rows:
        tokens[row.item] += len(row.tokens)
    return rows, tokens
