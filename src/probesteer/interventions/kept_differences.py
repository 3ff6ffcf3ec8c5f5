"""How much of what tells prompts apart an edit keeps.

An edit that pulls every prompt to the middle moves their mean little; this shows it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.probes.metrics.intervals import group_resamples

Numbers = NDArray[np.float64]


def kept_differences(
    before: Numbers, change: Numbers, groups: NDArray[Any], draws: int, seed: int
) -> tuple[Numbers, Numbers, Numbers]:
    """Least-squares slope of the edited logit difference over the unedited one, over prompts.

    1: prompts differ as before, whatever was added to all; 0: nothing of it is left; -1: mirrored.
    before: [prompts], change: [..., prompts], groups: [prompts]. Returns value, low and high,
    [...]: 95 % bootstrap intervals over groups; NaN where prompts don't differ, in a resample
    too, or groups are few.
    """
    after = (before + change).reshape(-1, len(before))
    shape = change.shape[:-1]
    value = _slopes(before, after, np.ones((1, len(before))))[0]
    resamples = group_resamples(groups, draws, seed)
    if not resamples.enough:
        unknown = np.full(shape, np.nan)
        return value.reshape(shape), unknown, unknown
    drawn = _slopes(before, after, resamples.counts[:, resamples.group_of_row].astype(np.float64))
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    return value.reshape(shape), low.reshape(shape), high.reshape(shape)


def _slopes(before: Numbers, after: Numbers, weights: Numbers) -> Numbers:
    """Weighted slopes of after: [k, n] over before: [n]; weights: [draws, n]. [draws, k]."""
    total = weights.sum(axis=1)
    mean, means = weights @ before / total, weights @ after.T / total[:, None]
    together = (weights * before) @ after.T / total[:, None] - mean[:, None] * means
    spread = weights @ before**2 / total - mean**2
    # Where all prompts of a draw are alike there is no slope.
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Numbers = np.where(
            spread[:, None] > 1e-12 * (before**2).mean(), together / spread[:, None], np.nan
        )
    return found
