"""Interpolation between examples of one class and of two: boundaries and predictions on the way.

After Black et al. 2022 (arXiv 2211.12312), who follow spherical interpolations between activations.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probesteer.geometry.polytopes.journeys import Journey, travel_by_parts
from probesteer.geometry.polytopes.passage import Continuation
from probesteer.geometry.polytopes.paths import spherical
from probesteer.geometry.polytopes.sampling import Joined, Sample, join
from probesteer.geometry.polytopes.tables import DRAWS, Row, Rows, mean_of
from probesteer.probes.metrics.intervals import group_resamples

FloatArray = NDArray[np.float64]

SIDES = ("within", "between")
STEPS = 20
_NAN = float("nan")


@dataclass(frozen=True, eq=False)
class Arcs:
    """Paths from the same starts to examples of the same class, and to those of another."""

    fractions: FloatArray
    """[s], of the way."""
    journeys: dict[str, Journey]
    """By side, each of [p] paths."""
    groups: NDArray[np.str_]
    """[p], of the starts."""

    def mean_density(self, side: str) -> FloatArray:
        """Boundaries per unit of length over the whole of each path: [p]."""
        journey = self.journeys[side]
        mean: FloatArray = journey.crossings.sum(axis=1) / journey.lengths.sum(axis=1)
        return mean

    def changes(self, side: str) -> FloatArray:
        """How often the prediction changes on the way: [p]."""
        predicted = self.journeys[side].predicted
        count: FloatArray = (predicted[:, 1:] != predicted[:, :-1]).sum(axis=1).astype(np.float64)
        return count


def follow_arcs(
    continuation: Continuation, sample: Sample, joined: Joined, steps: int = STEPS
) -> Arcs:
    """Along every pair, in the surroundings of its start."""
    fractions = np.linspace(0, 1, steps + 1)
    starts = sample.X[joined.starts]

    def along(ends: Rows) -> Journey:
        return travel_by_parts(
            continuation,
            lambda part: spherical(starts[part], ends[part], fractions),
            sample.examples[joined.starts],
        )

    journeys = {side: along(sample.X[getattr(joined, side)]) for side in SIDES}
    return Arcs(fractions, journeys, sample.groups[joined.starts].astype(str))


def arc_rows(
    continuation: Continuation, sample: Sample, labels: NDArray[np.int64], count: int
) -> list[Row]:
    """Of the arcs from the first `count` examples; labels: [m], of the sample.

    Boundary density at the middle of each step and over the whole way, as a share of the mean over
    all arcs; the share of predictions that differ from that at the start; how often they change.
    95% intervals over groups of starts. Without rows where no examples can be joined, or no arc
    meets a boundary.
    """
    joined = join(sample, labels, count)
    if not len(joined.starts):
        return []
    arcs = follow_arcs(continuation, sample, joined)
    resamples = group_resamples(arcs.groups, DRAWS, sample.seed)
    whole = {side: arcs.mean_density(side) for side in SIDES}
    # Both sides have the same starts, so that a draw takes as many of each.
    overall = (whole["within"] + whole["between"]) / 2
    if not overall.any():
        return []
    key = (sample.network, "arc", "spherical")
    middles = (arcs.fractions[1:] + arcs.fractions[:-1]) / 2
    rows: list[Row] = []
    for side, journey in arcs.journeys.items():
        rows += [
            (*key, "fraction", float(t), f"density_{side}", *mean_of(met, resamples, overall))
            for t, met in zip(middles, journey.density.T, strict=True)
        ]
        told = {f"density_{side}": mean_of(whole[side], resamples, overall)}
        if (journey.predicted >= 0).all():
            changed = journey.changed_from(0).astype(np.float64)
            rows += [
                (*key, "fraction", float(t), f"changed_{side}", *mean_of(share, resamples))
                for t, share in zip(arcs.fractions, changed.T, strict=True)
            ]
            told[f"changes_{side}"] = mean_of(arcs.changes(side), resamples)
        rows += [(*key, "none", _NAN, metric, *found) for metric, found in told.items()]
    difference = mean_of(whole["within"] - whole["between"], resamples, overall)
    return [*rows, (*key, "none", _NAN, "density_difference", *difference)]
