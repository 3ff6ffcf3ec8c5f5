"""Mean curves of bootstrap draws of whole groups, and the intervals of what is read from them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.probes.metrics.intervals import Seed, group_resamples

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A number with its 95% bootstrap interval over groups; NaN where it isn't reached."""

    value: float
    low: float
    high: float


def mean_curves(values: Numbers, groups: NDArray[Any], draws: int, seed: Seed) -> Numbers:
    """The mean curve over items, and below it those of bootstrap draws: [1 + draws, S].

    values: [S, items]; groups: [items]. Measurements of the same groups share their draws under
    one seed. With too few groups for an interval (`MIN_GROUPS`) there are no draws: [1, S].
    """
    names, group_of_item = np.unique(groups, return_inverse=True)
    counts = np.ones((1, len(names)))
    resamples = group_resamples(groups, draws, seed)
    if resamples.enough:
        counts = np.concatenate([counts, resamples.counts])
    overflowed = ~np.isfinite(values)
    held = np.zeros((len(names), len(group_of_item)))
    held[group_of_item, np.arange(len(group_of_item))] = 1
    sums = counts @ (held @ np.where(overflowed, 0.0, values).T)
    means: Numbers = sums / (counts @ held.sum(axis=1))[:, None]
    # An item that a draw leaves out can't make its mean overflow.
    return np.where(counts @ (held @ overflowed.T.astype(np.float64)) > 0, np.nan, means)


def estimate_of(values: Numbers, sign: int = 0) -> Estimate:
    """The first of `values` with the percentile interval of the others, [1 + draws].

    sign: the side of 0 on which a strength lies that some draws don't reach (NaN). Those count as
    infinitely far out on that side, so that an interval is never too narrow; an end that lies
    there is NaN. With 0, draws without a value are left out.
    """
    value, drawn = float(values[0]), values[1:]
    if not sign:
        drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return Estimate(value, float("nan"), float("nan"))
    # The nearest draw: infinite ends can't be interpolated.
    ends = np.quantile(
        np.where(np.isnan(drawn), sign * np.inf, drawn), [0.025, 0.975], method="nearest"
    )
    low, high = (float(end) if np.isfinite(end) else float("nan") for end in ends)
    return Estimate(value, low, high)
