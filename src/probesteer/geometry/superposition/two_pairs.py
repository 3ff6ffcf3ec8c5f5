"""What is measured of every two pairs: its mean, and the interval of that over groups of pairs."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.probes.metrics.intervals import Interval, group_resamples

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TwoPairs:
    """A number of every two pairs of different groups."""

    values: FloatArray
    """[p, p]; NaN where two pairs have none. Those of one group are left out."""
    names: NDArray[np.int64]
    """[p], of each pair's group, from 0."""

    @property
    def mean(self) -> float:
        """Over every two pairs; NaN where there are none."""
        totals, counts = self._between
        return float(totals.sum() / counts.sum()) if counts.any() else float("nan")

    def interval(self, draws: int, seed: int) -> Interval:
        """95% bootstrap interval of the mean over groups.

        A group drawn twice is not compared with itself, which would be as parallel as can be.
        """
        totals, counts = self._between

        def statistic(weights: FloatArray) -> FloatArray:
            summed, number = (
                np.einsum("bg,gh,bh->b", weights, each, weights, optimize=True)
                for each in (totals, counts)
            )
            mean: FloatArray = np.divide(
                summed, number, out=np.full_like(summed, np.nan), where=number > 0
            )
            return mean

        return group_resamples(np.arange(len(totals)), draws, seed).interval(statistic)

    @cached_property
    def _between(self) -> tuple[FloatArray, FloatArray]:
        """Sums of the values between two groups, and their number: [g, g] each."""
        known = np.isfinite(self.values) & (self.names[:, None] != self.names[None])
        members = np.eye(int(self.names.max(initial=-1)) + 1)[self.names]
        return (
            members.T @ np.where(known, self.values, 0.0) @ members,
            members.T @ known.astype(np.float64) @ members,
        )


def names_of(groups: Sequence[Any] | None, pairs: int) -> NDArray[np.int64]:
    """Numbers from 0 for the groups of so many pairs; None: each pair is one."""
    if groups is None:
        return np.arange(pairs)
    _, names = np.unique(np.asarray(groups), return_inverse=True)
    return names.astype(np.int64)
