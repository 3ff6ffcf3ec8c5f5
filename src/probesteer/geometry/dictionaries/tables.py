"""Rows of the table `dictionaries`: what a dictionary rebuilds, and what its atoms read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.directions.random import random_directions
from probesteer.geometry.dictionaries.components import Components
from probesteer.geometry.dictionaries.dictionary import Dictionary, FloatArray, Rows, rebuild
from probesteer.geometry.dictionaries.quality import best_unit
from probesteer.probes.metrics.intervals import GroupResamples, group_resamples
from probesteer.probes.metrics.two_labels import auroc

Row = tuple[object, ...]
COLUMNS = ["concept", "method", "metric", "value", "low", "high", "n", "interval"]
BOOTSTRAP = "bootstrap 95%"
RANGE = "range of draws"

_NAN = float("nan")
# Activations vary where their variance is more than this share of their mean square.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class ConceptAt:
    """A concept's rows at one place."""

    X: Rows
    """[n, d]."""
    labels: NDArray[np.int64]
    """[n], 0 or 1."""
    splits: NDArray[Any]
    """[n] of "train", "validation" and "test"."""
    groups: NDArray[Any]
    """[n]."""
    probe: NDArray[np.float64] | None
    """[d], the normal of the logistic probe; None where it has none."""

    def part(self, split: str) -> tuple[FloatArray, NDArray[np.int64]]:
        """Activations and labels of one split."""
        chosen = self.splits == split
        return np.asarray(self.X[chosen], dtype=np.float64), self.labels[chosen]

    def resamples(self, draws: int, seed: int) -> GroupResamples:
        """Of the groups of the test rows."""
        return group_resamples(self.groups[self.splits == "test"], draws, seed)


def quality_rows(
    method: str,
    dictionary: Dictionary,
    concepts: Mapping[str, ConceptAt],
    components: Components,
    draws: int,
    seed: int,
) -> list[Row]:
    """On test rows, of all concepts ("") and of each: share of the variance that is rebuilt, less
    that of as many principal components as codes are active, number of active codes; of all, dead
    atoms."""
    rebuilt = {name: _rebuilt(dictionary, each, name) for name, each in concepts.items()}
    every = _Rebuilt(
        *(
            np.concatenate([getattr(each, part) for each in rebuilt.values()])
            for part in ("X", "codes", "left", "groups")
        )
    )
    rows: list[Row] = []
    for name, each in {"": every, **rebuilt}.items():
        active = (each.codes != 0).sum(axis=1).astype(np.float64)
        best = components.left(each.X, round(float(active.mean())))
        resamples, n = group_resamples(each.groups, draws, seed), len(active)
        for metric, statistic in (
            ("explained", _Share(each.X, each.left)),
            ("explained_by_components", _Share(each.X, best)),
            ("explained_less_components", _Share(each.X, each.left, best)),
            ("l0", _Mean(active)),
        ):
            ends = resamples.interval(statistic)
            value = float(statistic(np.ones((1, n)))[0])
            rows.append((name, method, metric, value, ends.low, ends.high, n, BOOTSTRAP))
    dead = float(np.mean(~(every.codes != 0).any(axis=0)))
    for metric, value in (("dead", dead), ("atoms", float(len(dictionary.atoms)))):
        rows.append(("", method, metric, value, _NAN, _NAN, len(every.X), "none"))
    return rows


def atom_rows(
    method: str, dictionary: Dictionary, concepts: Mapping[str, ConceptAt], draws: int, seed: int
) -> list[Row]:
    """AUROC on test rows of the atom that reads each concept best on validation rows, and that
    less the probe's."""
    rows: list[Row] = []
    for name, each in concepts.items():
        (chosen_on, of), (X, labels) = each.part("validation"), each.part("test")
        _, scores = best_unit(dictionary.encode(chosen_on), of, dictionary.encode(X))
        resamples = each.resamples(draws, seed)
        rows.append(_area(name, method, labels, scores, resamples))
        if each.probe is not None:
            probe = X @ each.probe
            less = _Difference(labels, scores, probe)
            ends = resamples.interval(less)
            value = float(less(np.ones((1, len(X))))[0])
            key = (name, method, "auroc_less_probe", value, ends.low, ends.high)
            rows.append((*key, len(X), BOOTSTRAP))
    return rows


def control_rows(
    concepts: Mapping[str, ConceptAt], atoms: int, random_draws: int, draws: int, seed: int
) -> list[Row]:
    """AUROC on test rows of the probe, and of the best of as many random directions as atoms,
    chosen as atoms are; low and high of the latter: range over `random_draws`."""
    rows: list[Row] = []
    for name, each in concepts.items():
        (chosen_on, of), (X, labels) = each.part("validation"), each.part("test")
        if each.probe is not None:
            resamples = each.resamples(draws, seed)
            rows.append(_area(name, "probe", labels, X @ each.probe, resamples))
        areas = []
        for draw in range(random_draws):
            drawn = random_directions(X.shape[1], atoms, [seed, draw]).T
            _, scores = best_unit(chosen_on @ drawn, of, X @ drawn)
            areas.append(float(auroc(labels, scores)))
        found = (float(np.mean(areas)), min(areas), max(areas))
        rows.append((name, "random_directions", "auroc", *found, len(X), RANGE))
    return rows


def _area(
    name: str,
    method: str,
    labels: NDArray[np.int64],
    scores: FloatArray,
    resamples: GroupResamples,
) -> Row:
    ends = resamples.interval(lambda weights: auroc(labels, scores, weights))
    value = float(auroc(labels, scores))
    return (name, method, "auroc", value, ends.low, ends.high, len(labels), BOOTSTRAP)


@dataclass(frozen=True, eq=False)
class _Rebuilt:
    """Test rows, and what a dictionary leaves of them."""

    X: FloatArray
    """[n, d]."""
    codes: FloatArray
    """[n, k]."""
    left: FloatArray
    """[n], squared lengths."""
    groups: NDArray[Any]
    """[n]; those of two concepts are never one."""


def _rebuilt(dictionary: Dictionary, concept: ConceptAt, name: str) -> _Rebuilt:
    X, _ = concept.part("test")
    codes = dictionary.encode(X)
    left = ((X - rebuild(dictionary, codes)) ** 2).sum(axis=1)
    groups = [f"{name}/{group}" for group in concept.groups[concept.splits == "test"]]
    return _Rebuilt(X, codes, left, np.array(groups))


@dataclass(frozen=True, eq=False)
class _Difference:
    """AUROC of some scores less that of others, by weights of the rows: [b, n] -> [b]."""

    labels: NDArray[np.int64]
    scores: FloatArray
    others: FloatArray

    def __call__(self, weights: FloatArray) -> FloatArray:
        area, other = (auroc(self.labels, each, weights) for each in (self.scores, self.others))
        return area - other


class _Share:
    """Share of the variance of X: [n, d] that is not left over, by weights: [b, n] -> [b].

    left: [n], squared lengths; less: [n], the share that leaves these is taken off.
    """

    def __init__(self, X: FloatArray, left: FloatArray, less: FloatArray | None = None) -> None:
        self._whole = ((X - X.mean(axis=0)) ** 2).sum(axis=1)
        self._left = left if less is None else left - less
        self._start = 1.0 if less is None else 0.0
        self._varies = bool(self._whole.sum() > _ROUNDING * (X**2).sum())

    def __call__(self, weights: FloatArray) -> FloatArray:
        if not self._varies:
            return np.full(len(weights), np.nan)
        share: FloatArray = self._start - (weights @ self._left) / (weights @ self._whole)
        return share


@dataclass(frozen=True, eq=False)
class _Mean:
    """Mean of values: [n], by weights of the rows: [b, n] -> [b]."""

    values: FloatArray

    def __call__(self, weights: FloatArray) -> FloatArray:
        mean: FloatArray = (weights @ self.values) / weights.sum(axis=1)
        return mean
