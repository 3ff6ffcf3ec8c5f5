"""Percentile bootstrap intervals that resample groups, not rows.

Rows of one group (two texts of one template, the tokens of one text) are not independent, so a
draw takes whole groups, with replacement (Efron & Tibshirani 1993, chapter 13; Davison & Hinkley
1997, section 3.8). A draw is a vector of counts, one per group, and the statistic is weighted by
them, so that all draws are computed at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Seed = int | Sequence[int]
FloatArray = NDArray[np.float64]

MIN_GROUPS = 5
"""Fewest groups of which a bootstrap gives an interval.

g groups have (2g - 1)! / (g! (g - 1)!) different draws. Four have 35, too few to hold one in each
40 (a tail of 2.5 %), and the ends would be the extreme groups themselves; five have 126.
"""

# Weights held at once: 4 million float64 are 32 MB.
_WEIGHTS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Interval:
    """The ends of an interval; both NaN where the data cannot give one."""

    low: float
    high: float


@dataclass(frozen=True, eq=False)
class GroupResamples:
    """Bootstrap draws of groups, made once and used for any statistic of the same rows."""

    counts: NDArray[np.int64]
    """[draws, n_groups], how often each draw holds each group; every row sums to n_groups."""
    group_of_row: NDArray[np.int64]
    """[n], the group of each row, as a column of `counts`."""

    @property
    def enough(self) -> bool:
        """Whether there are draws, of groups enough for an interval."""
        draws, n_groups = self.counts.shape
        return bool(draws > 0 and n_groups >= MIN_GROUPS)

    def distribution(self, statistic: Callable[[FloatArray], FloatArray]) -> FloatArray:
        """The statistic of every draw, [draws]; it maps row weights [b, n] to values [b]."""
        at_once = max(1, _WEIGHTS_AT_ONCE // max(1, len(self.group_of_row)))
        parts = []
        for start in range(0, len(self.counts), at_once):
            # `take`, unlike indexing, lays each draw out in one piece, whatever the block: sums
            # then round alike.
            weights = np.take(self.counts[start : start + at_once], self.group_of_row, axis=1)
            parts.append(statistic(weights.astype(np.float64)))
        return np.concatenate(parts)

    def interval(
        self, statistic: Callable[[FloatArray], FloatArray], level: float = 0.95
    ) -> Interval:
        """Percentile interval of the statistic over the draws that define it.

        A draw that lacks a label has no AUROC (NaN) and is left out. Both ends are NaN with
        fewer than `MIN_GROUPS` groups, without draws, or where no draw defines the statistic.
        """
        if not self.enough:
            return Interval(np.nan, np.nan)
        values = self.distribution(statistic)
        low, high = _percentiles(values[~np.isnan(values)], level)
        return Interval(float(low), float(high))


def group_resamples(groups: NDArray[Any], draws: int, seed: Seed) -> GroupResamples:
    """Draw `draws` bootstrap samples of the distinct values in `groups`: [n]."""
    names, group_of_row = np.unique(groups, return_inverse=True)
    n_groups = len(names)
    if not n_groups:
        return GroupResamples(np.zeros((draws, 0), dtype=np.int64), group_of_row)
    shares = np.full(n_groups, 1 / n_groups)
    counts = np.random.default_rng(seed).multinomial(n_groups, shares, size=draws)
    return GroupResamples(counts, group_of_row)


def bootstrap_mean(
    values: FloatArray,
    groups: NDArray[Any],
    draws: int,
    seed: Seed,
    level: float = 0.95,
) -> tuple[FloatArray, FloatArray]:
    """Percentile intervals of means over rows, resampling groups.

    values: [n] or [k, n], k measurements of the same n rows, which share the draws; groups: [n].
    Returns low and high, 0-dimensional or [k]. A measurement that holds a NaN has NaN ends, and
    with fewer than `MIN_GROUPS` groups, or without draws, all ends are NaN.
    """
    measured = np.atleast_2d(np.asarray(values, dtype=np.float64))
    shape = np.shape(values)[:-1]
    resamples = group_resamples(groups, draws, seed)
    if not resamples.enough:
        return np.full(shape, np.nan), np.full(shape, np.nan)
    order = np.argsort(resamples.group_of_row, kind="stable")
    sizes = np.bincount(resamples.group_of_row)
    starts = np.cumsum(sizes) - sizes
    group_sums = np.add.reduceat(measured[:, order], starts, axis=1)
    means = (resamples.counts @ group_sums.T) / (resamples.counts @ sizes)[:, None]
    low, high = _percentiles(means, level)
    return low.reshape(shape), high.reshape(shape)


def _percentiles(values: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Ends of the central `level` of values: [draws, ...] along the first axis."""
    if not len(values):  # no draw defines the statistic
        return np.full(values.shape[1:], np.nan), np.full(values.shape[1:], np.nan)
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail], axis=0)
    return low, high
