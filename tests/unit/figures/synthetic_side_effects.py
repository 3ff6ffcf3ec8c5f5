"""Rows on what a push does beside its effect: on later probes, on other concepts, and words."""

from collections.abc import Sequence

import numpy as np

from tests.unit.figures.synthetic_truth import Row, Site, Truth, depths_of, pushing

READ_STRENGTHS = (-1.0, 1.0)
ASKED = 0.8
"""Change of the logit difference when a concept is asked for, either way."""


def survived(strength: float, steps: int) -> float:
    """What a probe reads so many places after the push."""
    return strength * 0.9**steps


def entangled(truth: Truth, other: Truth, depth: float) -> float:
    """What a push of 1 along `truth` changes in the probe of `other`."""
    return 0.8 if truth is other else 0.05 * pushing(truth, depth)


def readout_rows(
    truths: Sequence[Truth], places: list[Site], pushed: list[Site], model: str
) -> list[Row]:
    rows: list[Row] = []
    start = pushed[len(pushed) // 2]
    later = places[places.index(start) :]
    for truth in truths:
        key = (model, truth.name, *start)
        for strength in READ_STRENGTHS:
            for steps, place in enumerate(later):
                for split in ("all", "test"):
                    value = survived(strength, steps)
                    point = ("from_last", "gap", strength, *place, split, "probe_readout")
                    numbers = (value, value - 0.1, value + 0.1, 20, "bootstrap 95%")
                    rows.append((*key, "difference_of_means", -1, *point, *numbers))
                    rows.append((*key, "logistic", -1, *point, *numbers))
                    band = (0.01, -0.2, 0.2, 8, "range of draws")
                    rows.append((*key, "random", -1, *point, *band))
    return rows


def prompting_rows(truths: Sequence[Truth], model: str) -> list[Row]:
    rows: list[Row] = []
    for truth in truths:
        for side in (-1.0, 1.0):
            for split in ("all", "validation", "test"):
                key = (model, truth.name, "none", -1, "prompting", -1, "none", "asked", side, split)
                value = side * ASKED
                numbers = (value, value - 0.2, value + 0.2, 20, "bootstrap 95%")
                rows.append((*key, "logit_difference_change", *numbers))
    return rows


def entanglement_rows(
    truths: Sequence[Truth], places: list[Site], pushed: list[Site], model: str
) -> list[Row]:
    rows: list[Row] = []
    start = pushed[len(pushed) // 2]
    (depth,) = depths_of(places, [start])
    for truth in truths:
        for other in truths:
            for strength in READ_STRENGTHS:
                where = ("from_last", "gap", strength)
                moved = strength * entangled(truth, other, depth)
                for metric, read, value in (
                    ("probe_readout", places[-1], moved),
                    ("logit_difference", ("output", -1), 3 * moved),
                ):
                    key = (model, truth.name, other.name, *start)
                    point = (*where, *read, "test", metric)
                    ends = (value - 0.1, value + 0.1, 20, "bootstrap 95%")
                    rows.append((*key, "difference_of_means", -1, *point, value, *ends))
                    band = (0.0, -0.3, 0.25, 8, "range of draws")
                    rows.append((*key, "random", -1, *point, *band))
    return rows


def framed(
    truths: Sequence[Truth], depth: float
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Which cells of a metric lie beyond the random directions, for a push of 1."""
    moved = np.array([[entangled(one, other, depth) for other in truths] for one in truths])
    beyond: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = np.abs(moved) - 0.1 > 0.3
    return beyond
