"""Rows on a concept's directions in two models: angles, and what each reads in the second."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.directions.estimators import difference_of_means
from probesteer.directions.random import random_directions
from probesteer.geometry.superposition.drift import measure_drift
from probesteer.geometry.superposition.halves import (
    HALVINGS,
    Estimator,
    HalfCosines,
    half_cosines,
    logistic_at,
    means_apart,
)
from probesteer.probes.logistic import fit_logistic
from probesteer.probes.metrics.intervals import GroupResamples, group_resamples
from probesteer.probes.metrics.two_labels import accuracy, auroc
from probesteer.probes.probe import LogisticProbe

Row = tuple[object, ...]
FloatArray = NDArray[np.float64]
Rows = NDArray[np.floating[Any]]
COLUMNS = ["method", "direction", "metric", "value", "low", "high", "n", "interval"]
ORDER = ["model", "other", "shift", "concept", "other_concept", "site", "layer", *COLUMNS]
"""Columns of the tables `drift` and `shifts`."""
METHODS = ("difference_of_means", "logistic")

BOOTSTRAP, DRAWS, RANGE = "bootstrap 95%", "95% of draws", "range of draws"
_RANDOM_PAIRS = 1000
_NAN = float("nan")


@dataclass(frozen=True, eq=False)
class ReadBy:
    """A direction, and a threshold along it: label 1 lies above."""

    vector: FloatArray
    """[d], unit norm."""
    threshold: float
    """Of what comes with the direction."""

    def scores(self, X: Rows) -> FloatArray:
        """How far beyond the threshold each row lies, [n]."""
        scores: FloatArray = np.asarray(X, dtype=np.float64) @ self.vector - self.threshold
        return scores


@dataclass(frozen=True, eq=False)
class TwoModels:
    """Activations of one concept's examples at one place of two models, row by row the same."""

    first: Rows
    """[n, d]"""
    other: Rows
    """[n, d]"""
    labels: NDArray[np.int64]
    """[n], 0 or 1."""
    groups: NDArray[Any]
    """[n]"""
    splits: NDArray[Any]
    """[n]: train, validation or test."""
    probe: LogisticProbe
    """Of the first model."""

    @property
    def train(self) -> NDArray[np.bool_]:
        """Rows to fit on, [n]."""
        train: NDArray[np.bool_] = self.splits == "train"
        return train

    def directions(self) -> dict[str, tuple[ReadBy, ReadBy]]:
        """By method, those of the first and of the other model, from the training rows of each.

        The other model's probe is fitted at the penalty that was chosen for the first's. Raises
        ZeroDirectionError where a model's classes have the same mean.
        """
        y = self.labels[self.train]
        means = tuple(_apart(X[self.train], y) for X in (self.first, self.other))
        own = fit_logistic(np.asarray(self.other)[self.train], y, self.probe.C)
        return {
            "difference_of_means": (means[0], means[1]),
            "logistic": (_of_probe(self.probe), _of_probe(own)),
        }

    def halves(self, draws: int, seed: int) -> dict[str, HalfCosines | None]:
        """By method, directions of halves of the training groups."""
        train, y = self.train, self.labels[self.train]
        fits: dict[str, Estimator] = {
            "difference_of_means": means_apart,
            "logistic": logistic_at(self.probe.C),
        }
        models = (np.asarray(self.first)[train], np.asarray(self.other)[train])
        return {
            method: half_cosines(*models, y, self.groups[train], [fit, fit], draws, seed)
            for method, fit in fits.items()
        }


def angle_rows(
    pair: TwoModels, directions: Mapping[str, tuple[ReadBy, ReadBy]], seed: int
) -> list[Row]:
    """Angles between the models' directions, in degrees, and what they are held against."""
    rows: list[Row] = []
    n, d = int(pair.train.sum()), pair.first.shape[1]
    apart = pair.halves(HALVINGS, seed)
    random = np.degrees(np.arccos(random_directions(d, _RANDOM_PAIRS, seed)[:, 0]))
    for method, (first, other) in directions.items():
        drift = measure_drift(first.vector[None], other.vector[None])
        rows.append(_plain(method, "transferred", "angle", drift.angle[0], n))
        rows.append(_plain(method, "transferred", "cosine", drift.cosine[0], n))
        rows.append(_drawn(method, "random", "angle", random, n))
        if (halves := apart[method]) is not None:
            rows.append(_drawn(method, "halves_within", "angle", halves.angle_within, n))
            rows.append(_drawn(method, "halves_across", "angle", halves.angle_across, n))
            spread = _spread(halves.angles)
            rows.append((method, "corrected", "angle", halves.angle, *spread, n, DRAWS))
    return rows


def reading_rows(
    pair: TwoModels,
    directions: Mapping[str, tuple[ReadBy, ReadBy]],
    random_draws: int,
    draws: int,
    seed: int,
) -> list[Row]:
    """What directions read of the other model's test rows: the first model's, the other's own,
    the difference, and random ones.

    `accuracy`: with the threshold that is best on the other model's training rows;
    `accuracy_as_stored`: with the threshold that came with the direction (of the difference of
    means: halfway between the class means); `auroc`: with none.
    """
    train, test = pair.train, pair.splits == "test"
    fitted, y = np.asarray(pair.other)[train], pair.labels[train]
    read, labels = np.asarray(pair.other)[test], pair.labels[test]
    resamples = group_resamples(pair.groups[test], draws, [seed, zlib.crc32(b"test")])
    rows: list[Row] = []
    chance = [
        accuracy(labels, _either_way(vector, fitted, y).scores(read))
        for vector in random_directions(read.shape[1], random_draws, [seed, 1])
    ]
    for method, both in directions.items():
        for metric in ("accuracy", "accuracy_as_stored", "auroc"):
            kept = both if metric != "accuracy" else [_refitted(e.vector, fitted, y) for e in both]
            scores = [each.scores(read) for each in kept]
            rows += _compared(method, metric, labels, scores, resamples)
        rows.append((method, "random", "accuracy", *ends_of_draws(chance), len(chance), RANGE))
    return rows


def _compared(
    method: str,
    metric: str,
    labels: NDArray[np.int64],
    scores: Sequence[FloatArray],
    resamples: GroupResamples,
) -> list[Row]:
    """Both directions, and what is lost by taking the first model's."""
    measure = auroc if metric == "auroc" else accuracy
    first, own = (partial(measure, labels, each) for each in scores)

    def lost(weights: FloatArray | None) -> FloatArray:
        less: FloatArray = own(weights) - first(weights)
        return less

    rows: list[Row] = []
    for direction, statistic in (("transferred", first), ("own", own), ("lost", lost)):
        ends = resamples.interval(statistic)
        value = float(statistic(None))
        key = (method, direction, metric)
        rows.append((*key, value, ends.low, ends.high, len(labels), BOOTSTRAP))
    return rows


def _apart(X: Rows, y: NDArray[np.int64]) -> ReadBy:
    """The threshold halfway between the class means."""
    difference = difference_of_means(X, y)
    unit = difference / np.linalg.norm(difference)
    along = np.asarray(X, dtype=np.float64) @ unit
    return ReadBy(unit, float(along[y == 0].mean() + along[y == 1].mean()) / 2)


def _of_probe(probe: LogisticProbe) -> ReadBy:
    norm = float(np.linalg.norm(probe.coefficient))
    return ReadBy(probe.coefficient / norm, -probe.intercept / norm)


def _refitted(vector: FloatArray, X: Rows, y: NDArray[np.int64]) -> ReadBy:
    """The direction with the threshold that reads most of the rows right."""
    return ReadBy(vector, best_threshold(np.asarray(X, dtype=np.float64) @ vector, y)[0])


def _either_way(vector: FloatArray, X: Rows, y: NDArray[np.int64]) -> ReadBy:
    """The same, turned round where that reads more of the rows right."""
    along = np.asarray(X, dtype=np.float64) @ vector
    sign = max((1.0, -1.0), key=lambda side: best_threshold(side * along, y)[1])
    return ReadBy(sign * vector, best_threshold(sign * along, y)[0])


def best_threshold(along: FloatArray, y: NDArray[np.int64]) -> tuple[float, int]:
    """The threshold above which label 1 lies for most rows, and for how many it does; along: [n].

    Halfway between two rows or beyond all of them; of equally good ones the nearest to the midpoint
    of the class means.
    """
    order = np.argsort(along, kind="stable")
    values, ones = along[order], y[order] == 1
    below = np.concatenate([[0], np.cumsum(~ones)])
    above = ones.sum() - np.concatenate([[0], np.cumsum(ones)])
    ends = [np.nextafter(values[0], -np.inf)], (values[1:] + values[:-1]) / 2, [values[-1]]
    cuts, between = np.concatenate(ends), np.concatenate([[True], np.diff(values) > 0, [True]])
    right = np.where(between, below + above, -1)
    middle = (along[y == 0].mean() + along[y == 1].mean()) / 2
    best = np.flatnonzero(right == right.max())
    chosen = best[np.abs(cuts[best] - middle).argmin()]
    return float(cuts[chosen]), int(right[chosen])


def ends_of_draws(values: Sequence[Any]) -> tuple[float, float, float]:
    """Mean and range of one number a draw."""
    drawn = np.asarray(values, dtype=np.float64)
    return float(drawn.mean()), float(drawn.min()), float(drawn.max())


def _spread(values: FloatArray) -> tuple[float, float]:
    """Central 95% of the draws that give a number."""
    known = values[np.isfinite(values)]
    if not len(known):
        return _NAN, _NAN
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)


def _drawn(method: str, direction: str, metric: str, values: FloatArray, n: int) -> Row:
    return (method, direction, metric, float(values.mean()), *_spread(values), n, DRAWS)


def _plain(method: str, direction: str, metric: str, value: float, n: int) -> Row:
    return (method, direction, metric, float(value), _NAN, _NAN, n, "none")
