"""How each prompt responds to strength: its slope, and whether it goes the way it should.

Steerability of a prompt and anti-steerable prompts: Tan et al. 2024, "Analysing the
generalisation and reliability of steering vectors" (arXiv 2407.12404).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

METRICS = ("prompt_slope", "prompt_slope_sd", "anti_steerable", "spearman")


def window_of(strengths: Sequence[float], widest: float) -> NDArray[np.bool_]:
    """Which strengths are not larger than `widest` in size; those next to 0 are always in.

    strengths: [S]. Returns [S].
    """
    sizes = np.abs(np.asarray(strengths, dtype=np.float64))
    signs = np.sign(np.asarray(strengths, dtype=np.float64))
    nearest = [sizes[signs == sign].min(initial=np.inf) for sign in (-1, 1)]
    inside: NDArray[np.bool_] = (sizes <= widest) | (sizes <= np.where(signs < 0, *nearest))
    return inside


def prompt_slopes(strengths: Sequence[float], values: Numbers) -> Numbers:
    """Slope of the least-squares line, prompt by prompt: [..., S, prompts] -> [..., prompts]."""
    x = np.asarray(strengths, dtype=np.float64)
    centred = x - x.mean()
    slopes: Numbers = np.einsum("s,...sp->...p", centred / (centred @ centred), values)
    return slopes


def prompt_rank_correlations(strengths: Sequence[float], values: Numbers) -> Numbers:
    """Spearman's correlation of strength and response, prompt by prompt.

    values: [..., S, prompts] -> [..., prompts]. Equal responses share their mean rank; NaN where
    all are equal or one is unknown.
    """
    x = _ranks(np.asarray(strengths, dtype=np.float64)[:, None])[:, 0]
    y = _ranks(values)
    x, y = x - x.mean(), y - y.mean(axis=-2, keepdims=True)
    products = np.einsum("s,...sp->...p", x, y)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Numbers = products / np.sqrt((x @ x) * (y**2).sum(axis=-2))
    return np.where(np.isnan(values).any(axis=-2), np.nan, found)


def _ranks(values: Numbers) -> Numbers:
    """Ranks along the strengths, [..., S, n] -> the same; equals get the mean of their ranks."""
    own, others = values[..., :, None, :], values[..., None, :, :]
    below, equal = (others < own).sum(axis=-2), (others == own).sum(axis=-2)
    ranks: Numbers = below + (equal + 1) / 2
    return ranks
