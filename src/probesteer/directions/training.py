"""What directions are estimated from: the training rows of one place, and what is known of them."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.probes.probe import LogisticProbe


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """The training rows of one place. What a method doesn't need may be missing."""

    X: NDArray[np.floating[Any]]  # [n, d]
    y: NDArray[np.int64]  # [n], 0 and 1
    probe: LogisticProbe | None = None  # the place's own
    groups: NDArray[Any] | None = None  # [n], what must not be split
    pairs: NDArray[Any] | None = None  # [n], None or NaN for a row that has no partner
    examples: NDArray[np.int64] | None = None  # [n], the example that a row was read from
    gradients: NDArray[np.floating[Any]] | None = None  # [prompts, d], of the read-out
    given: NDArray[np.floating[Any]] | None = None  # [d], a vector that exists already

    def resampled(self, counts: NDArray[np.int64]) -> "TrainingRows":
        """Every row `counts` times, [n]; the copies of a row are in pairs and groups of their own.

        So a pair that was drawn twice weighs twice. The probe is left out: it was fitted to the
        rows as they are.
        """
        taken = np.repeat(np.arange(len(self.y)), counts)
        starts = np.cumsum(counts) - counts
        copy = np.arange(len(taken)) - np.repeat(starts, counts)
        return replace(
            self,
            X=np.asarray(self.X)[taken],
            y=self.y[taken],
            probe=None,
            groups=None if self.groups is None else _copied(self.groups, taken, copy),
            pairs=None if self.pairs is None else _copied(self.pairs, taken, copy),
            examples=None if self.examples is None else _copied(self.examples, taken, copy),
        )


def _copied(names: NDArray[Any], taken: NDArray[np.int64], copy: NDArray[np.int64]) -> NDArray[Any]:
    """A number for each name and copy; NaN where there is no name."""
    codes = pd.factorize(np.asarray(names, dtype=object))[0][taken]
    numbered: NDArray[Any] = codes * (int(copy.max(initial=0)) + 1) + copy
    return np.where(codes < 0, np.nan, numbered) if (codes < 0).any() else numbered
