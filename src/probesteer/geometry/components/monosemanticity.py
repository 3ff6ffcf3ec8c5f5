"""Whether what stands at the high end of a direction belongs to one cluster."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

HIGH_END = 0.1
"""Share of the examples that are a direction's high end."""
LEAST = 20
"""Fewer examples in clusters have no high end to speak of."""


@dataclass(frozen=True, eq=False)
class Monosemanticity:
    """k directions against the clusters of n examples."""

    share: FloatArray
    """[k]: of the examples at the high end, those in the cluster that has most of them."""
    cluster: IntArray
    """[k]: that cluster."""
    threshold: FloatArray
    """[k]: the lowest cosine of the high end."""
    chance: FloatArray
    """[draws, k]: the shares where the clusters were dealt to the examples by lot."""
    top: int
    """Examples at the high end."""

    @property
    def as_high(self) -> FloatArray:
        """[k]: how often clusters by lot give as high a share, the direction's own counted in;
        the p-value of a permutation test."""
        reached = (self.chance >= self.share - 1e-9).sum(axis=0)
        found: FloatArray = (1 + reached) / (1 + len(self.chance))
        return found


def monosemanticity(
    cosines: NDArray[np.floating[Any]], clusters: IntArray, draws: int, seed: int
) -> Monosemanticity | None:
    """How far one cluster alone makes up the high end of each direction.

    The high end is the tenth of the examples with the largest cosines. A direction that means one
    thing has one cluster there (the histograms of Black et al. 2022, as a number); one that means
    two has both. The share depends on how many clusters there are and how large they are, so it
    is to be held against `chance`. A cluster smaller than the high end can't fill it.

    cosines: [n, k]; clusters: [n], from 0, without examples in none. None where there are fewer
    than LEAST examples or fewer than two clusters.
    """
    names, coded = np.unique(clusters, return_inverse=True)
    if len(clusters) < LEAST or len(names) < 2:
        return None
    top = int(np.ceil(HIGH_END * len(clusters)))
    high = np.argsort(-cosines, axis=0, kind="stable")[:top]
    counts = _counts(coded, high, len(names))
    generator = np.random.default_rng(seed)
    chance = np.zeros((draws, cosines.shape[1]))
    for draw in range(draws):
        chance[draw] = _counts(generator.permutation(coded), high, len(names)).max(axis=0) / top
    return Monosemanticity(
        share=counts.max(axis=0) / top,
        cluster=names[counts.argmax(axis=0)].astype(np.int64),
        threshold=np.take_along_axis(cosines, high[-1:], axis=0)[0].astype(np.float64),
        chance=chance,
        top=top,
    )


def _counts(coded: IntArray, high: IntArray, clusters: int) -> IntArray:
    """Examples of every cluster at the high end: [clusters, k]. coded: [n]; high: [top, k]."""
    inside = coded[high]
    return np.stack([(inside == one).sum(axis=0) for one in range(clusters)])
