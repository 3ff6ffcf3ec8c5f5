"""Rows of the table `composition`: directions tried where they were not learned."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from probesteer.geometry.superposition.combinations import Crossed
from probesteer.geometry.superposition.composition_rows import (
    ALL,
    Row,
    Sampling,
    dealt_out,
    drawn,
    of_groups,
)
from probesteer.geometry.superposition.other_combinations import ReadAcross, read_across
from probesteer.probes.metrics.two_labels import auroc, balanced_accuracy

FloatArray = NDArray[np.float64]
Metric = Callable[[NDArray[np.int64], FloatArray, FloatArray | None], FloatArray]

_METRICS: tuple[tuple[str, Metric], ...] = (
    ("balanced_accuracy", balanced_accuracy),
    ("auroc", auroc),
)


def read_across_rows(rows: Crossed, names: tuple[str, str], sampling: Sampling) -> list[Row]:
    """How well each concept is read, at either label of the other and on average.

    Methods: by directions learned at the same label of the other (`seen`), and at its other label
    (`unseen`). names: of the concepts. Raises UnfittableError where groups can't be held out.
    """
    made: list[Row] = []
    for concept, pair in enumerate((names, names[::-1])):
        found = read_across(rows, concept, sampling.seed)
        for sides in ((0,), (1,), (0, 1)):
            made += _measured(rows, concept, found, pair, sides, sampling)
        by_lot = [
            (dealt, read_across(dealt, concept, sampling.seed).unseen)
            for dealt in dealt_out(rows, concept, sampling.seed)
        ]
        for name, metric in _METRICS:
            values = [
                float(_statistic(dealt, concept, scores, metric, (0, 1))(_once(rows))[0])
                for dealt, scores in by_lot
            ]
            made.append((*pair, ALL, "by_lot", name, *drawn(values, len(rows.X))))
    return made


def _measured(
    rows: Crossed,
    concept: int,
    found: ReadAcross,
    names: tuple[str, str],
    sides: tuple[int, ...],
    sampling: Sampling,
) -> list[Row]:
    """At these labels of the other concept; of several, the mean."""
    unseen = ALL if len(sides) > 1 else str(sides[0])
    n = int(np.isin(rows.labels[:, 1 - concept], sides).sum())
    made: list[Row] = []
    for name, metric in _METRICS:
        of_scores = {
            method: _statistic(rows, concept, scores, metric, sides)
            for method, scores in (("seen", found.seen), ("unseen", found.unseen))
        }

        def less(
            weights: FloatArray,
            of_scores: dict[str, Callable[[FloatArray], FloatArray]] = of_scores,
        ) -> FloatArray:
            return of_scores["unseen"](weights) - of_scores["seen"](weights)

        for method, statistic in {**of_scores, "unseen_less_seen": less}.items():
            value, low, high, _, interval = of_groups(statistic, rows, sampling)
            made.append((*names, unseen, method, name, value, low, high, n, interval))
    return made


def _statistic(
    rows: Crossed, concept: int, scores: FloatArray, metric: Metric, sides: tuple[int, ...]
) -> Callable[[FloatArray], FloatArray]:
    y, other = rows.labels[:, concept], rows.labels[:, 1 - concept]
    of_sides = [np.flatnonzero(other == side) for side in sides]

    def statistic(weights: FloatArray) -> FloatArray:
        """weights: [b, g], of the groups."""
        parts = [metric(y[own], scores[own], weights[:, rows.groups[own]]) for own in of_sides]
        mean: FloatArray = np.mean(parts, axis=0)
        return mean

    return statistic


def _once(rows: Crossed) -> FloatArray:
    """Weights that count every group once, [1, g]."""
    return np.ones((1, int(rows.groups.max()) + 1))
