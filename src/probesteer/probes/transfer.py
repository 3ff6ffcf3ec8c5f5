"""Probes of one concept tried on the examples of another whose labels mean the same.

A probe that reads truth on one set of statements and not on the next has read something of the
set. What transfers is the evidence for a shared direction (Marks & Tegmark 2023, arXiv 2310.06824;
Bürger et al. 2024, arXiv 2407.12831). The metric is AUROC: what another set adds to every score
moves the threshold, not the order.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.places import Place
from probesteer.probes.checks import ReadLayer, require_both_labels, require_finite
from probesteer.probes.metrics.intervals import GroupResamples, group_resamples
from probesteer.probes.metrics.two_labels import auroc
from probesteer.probes.probe import LogisticProbe
from probesteer.progress import progress

Scorer = Callable[[NDArray[Any]], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class ProbedConcept:
    """A concept in one model: its rows, and the probes that were fitted on its training rows."""

    name: str
    family: str
    """Concepts of one family share what label 1 means."""
    places: Sequence[Place]
    """Where activations were read."""
    read_layer: ReadLayer
    """The activations of a place, [n, d], memory-mapped at best."""
    probes: Mapping[Place, LogisticProbe]
    labels: NDArray[np.int64]
    """[n], 0 or 1."""
    groups: NDArray[Any]
    """[n]."""
    splits: NDArray[Any]
    """[n]: train, validation or test."""
    texts: NDArray[Any]
    """[n], the text that a row was read from."""


class _Row(NamedTuple):
    concept: str
    other: str
    site: str
    layer: int
    method: str
    metric: str
    value: float
    low: float
    high: float
    n: int
    interval: str


@dataclass(frozen=True, eq=False)
class _Trial:
    """Probes of one concept on the test rows of another, the same rows at every place."""

    concept: str
    kept: NDArray[np.bool_]
    """Which test rows of the other hold no text that the probe was fitted on."""
    labels: NDArray[np.int64]
    resamples: GroupResamples


def evaluate_transfer(
    concepts: Sequence[ProbedConcept], bootstrap_draws: int, seed: int
) -> pd.DataFrame:
    """AUROC of the probes of each concept on the test rows of every concept of its family.

    Columns concept (fitted on), other (tested on), site, layer, method (logistic,
    difference_of_means), metric, value, low, high, n, interval; itself included. The places of a
    pair are those that both have been read at. The difference of means is taken anew from the
    training rows. Rows whose text stands among the training rows of the first concept are left out
    and not counted in n; with none left the value is NaN. Texts that share a group's name and not
    their wording are kept, as the names of two sets are not comparable. Intervals are over the
    groups of the other concept, with the draws of the probe table.

    Activations are read a place and a concept at a time. Raises ProbesteerError where training
    rows lack a label, a row is not finite, or a place has another number of rows.
    """
    tests = {concept.name: np.flatnonzero(concept.splits == "test") for concept in concepts}
    trials = {
        other.name: [
            _trial(one, other, tests[other.name], bootstrap_draws, seed)
            for one in concepts
            if one.family == other.family
        ]
        for other in concepts
    }
    places = list(dict.fromkeys(place for concept in concepts for place in concept.places))
    rows: list[_Row] = []
    for place in progress(places, "transfer"):
        present = [concept for concept in concepts if place in concept.places]
        scorers = {concept.name: _scorers(concept, place) for concept in present}
        for other in present:
            X = _rows_of(other, place, tests[other.name])
            for trial in trials[other.name]:
                for method, scorer in scorers.get(trial.concept, {}).items():
                    rows.append(_measured(trial, other.name, place, method, scorer(X[trial.kept])))
    return _table(rows)


def _trial(
    one: ProbedConcept, other: ProbedConcept, test: NDArray[np.int64], draws: int, seed: int
) -> _Trial:
    known = set(one.texts[one.splits == "train"])
    kept = np.array([text not in known for text in other.texts[test]], dtype=bool)
    rows = test[kept]
    # As for the probe table, so that the same rows have the same interval.
    resamples = group_resamples(other.groups[rows], draws, [seed, zlib.crc32(b"test")])
    return _Trial(one.name, kept, other.labels[rows], resamples)


def _scorers(concept: ProbedConcept, place: Place) -> dict[str, Scorer]:
    """What is tried of a concept at a place, by method."""
    direction = _difference_of_means(concept, place)

    def along_direction(X: NDArray[Any]) -> NDArray[np.float64]:
        scores: NDArray[np.float64] = X.astype(np.float64) @ direction
        return scores

    fitted: dict[str, Scorer] = {}
    if place in concept.probes:
        fitted["logistic"] = concept.probes[place].scores
    return {**fitted, "difference_of_means": along_direction}


def _difference_of_means(concept: ProbedConcept, place: Place) -> NDArray[np.float64]:
    """Mean of the training rows of label 1 minus that of label 0, [d].

    Exactly zero where all rows are the same, as float64 holds the sums of equal float32 numbers:
    every score is then the same, and AUROC 0.5.
    """
    train = concept.splits == "train"
    require_both_labels(concept.labels[train], f"{concept.name}: train split")
    negative, positive = (
        _rows_of(concept, place, np.flatnonzero(train & (concept.labels == label))).mean(
            axis=0, dtype=np.float64
        )
        for label in (0, 1)
    )
    difference: NDArray[np.float64] = positive - negative
    return difference


def _rows_of(concept: ProbedConcept, place: Place, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Some rows of the activations at a place, float32 [len(rows), d]."""
    activations = concept.read_layer(place)
    where = f"{concept.name}: activations of {place.site}, layer {place.layer}"
    if activations.ndim != 2 or len(activations) != len(concept.labels):
        raise ProbesteerError(
            f"{where}: shape {activations.shape} where {len(concept.labels)} rows are labelled; "
            "delete them and read again"
        )
    chosen = np.asarray(activations[rows], dtype=np.float32)
    require_finite(chosen, where)
    return chosen


def _measured(
    trial: _Trial, other: str, place: Place, method: str, scores: NDArray[np.float64]
) -> _Row:
    value = float(auroc(trial.labels, scores))
    interval = trial.resamples.interval(partial(auroc, trial.labels, scores))
    return _Row(
        concept=trial.concept,
        other=other,
        site=place.site,
        layer=place.layer,
        method=method,
        metric="auroc",
        value=value,
        low=interval.low,
        high=interval.high,
        n=len(trial.labels),
        interval="bootstrap 95%",
    )


def _table(rows: Sequence[_Row]) -> pd.DataFrame:
    """Typed also where there is no row."""
    types: dict[str, Any] = dict(_Row.__annotations__)
    return pd.DataFrame(rows, columns=list(types)).astype(types)
