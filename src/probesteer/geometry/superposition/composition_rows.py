"""Rows of the table `composition`: is a combination of two concepts foreseen from the others?"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from probesteer.geometry.superposition import additivity
from probesteer.geometry.superposition.combinations import (
    COMBINATIONS,
    CombinationSums,
    Crossed,
    combination_sums,
)
from probesteer.geometry.superposition.composition import compose
from probesteer.probes.metrics.intervals import bootstrap_mean, group_resamples

FloatArray = NDArray[np.float64]
Row = tuple[object, ...]
Found = tuple[float, float, float, int, str]
"""value, low, high, n, interval."""
Statistic = Callable[[FloatArray], FloatArray]
"""Of weights of the groups, [b, g]; [b]."""

COLUMNS = ["concept", "other", "unseen", "method", "metric"]
COLUMNS += ["value", "low", "high", "n", "interval"]
LOT_DRAWS = 20
"""Ways to deal out the labels of a concept within the other."""
BOOTSTRAP = "bootstrap 95%"
DRAWS = "95% of draws"
ALL = ""
"""In the column `unseen`: the mean over all that is left out in turn."""

_NAN = float("nan")
_CHANGES = (("cosine", additivity.predicted_cosine), ("error", additivity.predicted_error))


@dataclass(frozen=True)
class Sampling:
    """What is drawn."""

    draws: int
    """Of bootstrap intervals, over groups."""
    seed: int


def combination_rows(rows: Crossed, names: tuple[str, str], sampling: Sampling) -> list[Row]:
    """Each combination foreseen from the other three, and whether offsets depend on the other.

    names: of the concepts. Their labels are dealt out by lot in turn, as a control.
    """
    sums = combination_sums(rows)
    made: list[Row] = []
    for number in range(len(COMBINATIONS)):
        made += _predicted(rows, sums, names, (number,), sampling)
    made += _predicted(rows, sums, names, tuple(range(len(COMBINATIONS))), sampling)
    for concept, pair in enumerate((names, names[::-1])):
        made += _offsets(rows, sums, concept, pair, sampling)
        made += _by_lot(rows, concept, pair, sampling.seed)
    return made


def dealt_out(rows: Crossed, concept: int, seed: int) -> list[Crossed]:
    """The same rows, the labels of a concept dealt out within the other, in `LOT_DRAWS` ways."""
    generator = np.random.default_rng([seed, concept])
    return [rows.with_labels_by_lot(concept, generator) for _ in range(LOT_DRAWS)]


def drawn(values: list[float], n: int) -> Found:
    """Mean and range of what was found in draws; NaN where one has no value."""
    low, high = np.quantile(values, [0.025, 0.975])
    return float(np.mean(values)), float(low), float(high), n, DRAWS


def of_groups(statistic: Statistic, rows: Crossed, sampling: Sampling) -> Found:
    """A statistic of all groups, and its interval over resampled ones."""
    groups = np.arange(int(rows.groups.max()) + 1)
    ends = group_resamples(groups, sampling.draws, sampling.seed).interval(statistic)
    value = float(statistic(np.ones((1, len(groups))))[0])
    return value, ends.low, ends.high, len(rows.X), BOOTSTRAP


def _offsets(
    rows: Crossed,
    sums: CombinationSums,
    concept: int,
    names: tuple[str, str],
    sampling: Sampling,
) -> list[Row]:
    """The offset of a concept at one label of the other, and at the other.

    The share has no value where the concept may change nothing: of what would it be one?
    """

    def found(statistic: Callable[[CombinationSums, FloatArray, int], FloatArray]) -> Found:
        return of_groups(lambda weights: statistic(sums, weights, concept), rows, sampling)

    share = found(additivity.joint_share)
    if found(additivity.effect)[1] <= 0:
        share = (_NAN, _NAN, _NAN, len(rows.X), BOOTSTRAP)
    named = (*names, ALL, "combinations")
    made: list[Row] = [
        (*named, "joint_share", *share),
        (*named, "offset_cosine", *found(additivity.offset_cosine)),
    ]
    for other in (0, 1):
        length = found(partial(additivity.offset_length, other=other))
        made.append((*names, str(other), "combinations", "offset_length", *length))
    return made


def _predicted(
    rows: Crossed,
    sums: CombinationSums,
    names: tuple[str, str],
    left_out: tuple[int, ...],
    sampling: Sampling,
) -> list[Row]:
    """Means over the combinations that are left out in turn."""
    unseen = ALL if len(left_out) > 1 else ",".join(map(str, COMBINATIONS[left_out[0]]))
    own = [compose(rows.X, rows.labels, COMBINATIONS[number]) for number in left_out]
    members = np.concatenate([np.flatnonzero(rows.combination == each) for each in left_out])
    hits = np.concatenate([each.hits for each in own]).astype(np.float64)
    low, high = bootstrap_mean(hits, rows.groups[members], sampling.draws, sampling.seed)
    noise = float(np.mean([each.error_of_noise for each in own]))
    n, named = len(members), (*names, unseen, "predicted")
    made: list[Row] = [
        (*named, "nearest", float(hits.mean()), float(low), float(high), n, BOOTSTRAP),
        (*named, "error_of_noise", noise, _NAN, _NAN, n, "none"),
    ]
    for metric, of_one in _CHANGES:

        def statistic(
            weights: FloatArray,
            of_one: Callable[[CombinationSums, FloatArray, int], FloatArray] = of_one,
        ) -> FloatArray:
            mean: FloatArray = np.mean([of_one(sums, weights, each) for each in left_out], axis=0)
            return mean

        value, low_end, high_end, _, interval = of_groups(statistic, rows, sampling)
        made.append((*named, metric, value, low_end, high_end, n, interval))
    return made


def _by_lot(rows: Crossed, concept: int, names: tuple[str, str], seed: int) -> list[Row]:
    """What is found where the labels of one concept say nothing, and the other does what it does.

    names: of the concept whose labels are dealt out, and of the other.
    """
    once = np.ones((1, int(rows.groups.max()) + 1))
    found: dict[str, list[float]] = {"offset_cosine": [], "cosine": [], "nearest": []}
    for dealt in dealt_out(rows, concept, seed):
        sums = combination_sums(dealt)
        found["offset_cosine"].append(float(additivity.offset_cosine(sums, once, concept)[0]))
        left_out = [compose(dealt.X, dealt.labels, each) for each in COMBINATIONS]
        found["cosine"].append(float(np.mean([each.cosine for each in left_out])))
        found["nearest"].append(float(np.concatenate([each.hits for each in left_out]).mean()))
    n = len(rows.X)
    return [(*names, ALL, "by_lot", metric, *drawn(each, n)) for metric, each in found.items()]
