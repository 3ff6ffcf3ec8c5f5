"""The rows that are scored for prompts and neutral texts, by the kind of the model."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.interventions.masked_scoring import score_masked_prompts, score_masked_texts
from probesteer.interventions.scoring import ScoredRow, score_prompts, score_texts
from probesteer.models.loading import LoadedModel


def prompt_rows(loaded: LoadedModel, prompts: pd.DataFrame, source: str) -> list[ScoredRow]:
    """Rows whose score is the log-probability of positive minus that of negative."""
    score = score_masked_prompts if loaded.kind == "masked" else score_prompts
    return score(loaded, prompts, source)


def text_rows(
    loaded: LoadedModel, texts: Sequence[str], source: str
) -> tuple[list[ScoredRow], NDArray[np.float64]]:
    """Rows whose scores add up to a text's log-probability, and the tokens of each: [texts]."""
    score = score_masked_texts if loaded.kind == "masked" else score_texts
    rows = score(loaded, texts, source)
    tokens = np.zeros(len(texts))
    for row in rows:
        tokens[row.item] += len(row.tokens)
    return rows, tokens
