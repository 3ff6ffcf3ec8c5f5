"""Signs that a text has collapsed: how many of its n-grams differ, how many come again."""

import math
from collections.abc import Sequence

REPEATED = 4
"""Length of the runs of tokens whose return counts as a repetition."""


def distinct(tokens: Sequence[int], n: int) -> float:
    """Share of the n-grams of one text that differ (Li et al. 2016, "A diversity-promoting
    objective function for neural conversation models", arXiv:1510.03055, there over a corpus).

    1 where none comes twice; NaN for a text of fewer than n tokens.
    """
    grams = [tuple(tokens[at : at + n]) for at in range(len(tokens) - n + 1)]
    return len(set(grams)) / len(grams) if grams else math.nan


def repetition(tokens: Sequence[int]) -> float:
    """Share of the 4-grams of one text that stood in it before (seq-rep-4 of Welleck et al. 2020,
    "Neural text generation with unlikelihood training", arXiv:1908.04319).

    NaN for a text of fewer than four tokens.
    """
    return 1 - distinct(tokens, REPEATED)
