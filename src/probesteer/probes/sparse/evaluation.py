"""Measure sparse probes on neurons, on random bases and on all neurons: the sparse table."""

import logging
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.places import Place
from probesteer.probes.checks import require_both_labels, require_finite
from probesteer.probes.controls.random_rotation import random_rotation
from probesteer.probes.cross_validation import Fold, grouped_folds
from probesteer.probes.metrics.intervals import GroupResamples, group_resamples
from probesteer.probes.metrics.two_labels import Metric, accuracy, auroc
from probesteer.probes.sparse.probes import fit_cross_validated, fit_sparse_probes
from probesteer.progress import progress
from probesteer.settings.schema import ProbeSettings

METRICS: dict[str, Metric] = {"accuracy": accuracy, "auroc": auroc}
# Keeps these random numbers apart from others of the same seed.
_STREAM = zlib.crc32(b"random basis")

_log = logging.getLogger(__name__)


class _Classifier(Protocol):
    def scores(self, X: NDArray[Any]) -> NDArray[np.float64]: ...


class _Row(NamedTuple):
    site: str
    layer: int
    method: str
    size: int
    draw: int
    split: str
    metric: str
    value: float
    low: float
    high: float
    n: int
    interval: str


@dataclass(frozen=True, eq=False)
class _Plan:
    """What all places share."""

    labels: NDArray[np.int64]
    train: NDArray[np.int64]
    evaluated: dict[str, NDArray[np.int64]]
    resamples: dict[str, GroupResamples]
    folds: Sequence[Fold]
    settings: ProbeSettings


def evaluate_sparse_probes(
    read_layer: Callable[[Place], NDArray[Any]],
    places: Sequence[Place],
    labels: NDArray[np.int64],
    groups: NDArray[Any],
    splits: NDArray[Any],
    settings: ProbeSettings,
    seed: int,
) -> pd.DataFrame:
    """Fit sparse probes at every place and measure them on validation and test.

    `read_layer` gives the activations of a place, [n, d], and is called once a place. labels
    (0 or 1), groups and splits ("train", "validation", "test") are [n]. Columns: site, layer,
    method, size, draw, split, metric, value, low, high, n, interval; metrics accuracy and auroc.
    Methods: neurons, the best k columns; random_basis, the best k directions of each of
    `settings.bases` random orthonormal bases (draws 0 and up; draw -1 is their mean -/+ standard
    deviation, its n the number of bases), drawn anew at every place; dense, all d columns. Sizes
    that a place has no columns for are left out. Neurons, directions and C are chosen on training
    rows.

    Raises ProbesteerError where the training rows cannot be fitted, a row is not finite, or a
    place has another number of rows.
    """
    rows: list[_Row] = []
    if places:
        plan = _make_plan(labels, groups, splits, settings, seed)
        for place in progress(places, "sparse probes"):
            X = _read(read_layer, place, len(labels))
            rows += _neuron_rows(X, plan, place)
            rows += _basis_rows(X, plan, place, seed)
            rows += _dense_rows(X, plan, place)
    # Typed also where there is no row.
    types: dict[str, Any] = dict(_Row.__annotations__)
    return pd.DataFrame(rows, columns=list(types)).astype(types)


def _make_plan(
    labels: NDArray[np.int64],
    groups: NDArray[Any],
    splits: NDArray[Any],
    settings: ProbeSettings,
    seed: int,
) -> _Plan:
    train = np.flatnonzero(splits == "train")
    evaluated = {split: np.flatnonzero(splits == split) for split in ("validation", "test")}
    require_both_labels(labels[train], "train split")
    # As for the probe table, so that the same rows have the same interval.
    resamples = {
        split: group_resamples(
            groups[rows], settings.bootstrap_draws, [seed, zlib.crc32(split.encode())]
        )
        for split, rows in evaluated.items()
    }
    folds = grouped_folds(labels[train], groups[train], settings.folds, seed)
    return _Plan(labels, train, evaluated, resamples, folds, settings)


def _read(read_layer: Callable[[Place], NDArray[Any]], place: Place, n: int) -> NDArray[np.float32]:
    X = np.asarray(read_layer(place), dtype=np.float32)
    where = f"activations of {place.site}, layer {place.layer}"
    if X.ndim != 2 or len(X) != n:
        raise ProbesteerError(
            f"{where}: shape {X.shape} where {n} rows are labelled; delete them and read again"
        )
    require_finite(X, where)
    return X


def _neuron_rows(X: NDArray[np.float32], plan: _Plan, place: Place) -> Iterator[_Row]:
    for size, probe in _fitted(X, plan).items():
        if not probe.probe.converged:
            _log.warning("%s, %d neurons: the probe did not converge", place.label, size)
        yield from _measured(probe, X, plan, place, "neurons", size, -1)


def _basis_rows(X: NDArray[np.float32], plan: _Plan, place: Place, seed: int) -> Iterator[_Row]:
    rows: list[_Row] = []
    for draw in range(plan.settings.bases):
        of_place = [zlib.crc32(place.site.encode()), place.layer]
        rotated = random_rotation(X.shape[1], [seed, _STREAM, *of_place, draw]).rotate(X)
        for size, probe in _fitted(rotated, plan).items():
            rows += _measured(probe, rotated, plan, place, "random_basis", size, draw)
    yield from rows
    yield from _summaries(rows)


def _dense_rows(X: NDArray[np.float32], plan: _Plan, place: Place) -> Iterator[_Row]:
    y = plan.labels[plan.train]
    probe, _ = fit_cross_validated(X[plan.train], y, plan.folds, plan.settings.C)
    if not probe.converged:
        _log.warning("%s, all neurons: the probe did not converge", place.label)
    return _measured(probe, X, plan, place, "dense", X.shape[1], -1)


def _fitted(X: NDArray[np.float32], plan: _Plan) -> Mapping[int, Any]:
    y, settings = plan.labels[plan.train], plan.settings
    found = fit_sparse_probes(X[plan.train], y, settings.neurons, plan.folds, settings.C)
    return dict(sorted(found.items()))


def _measured(
    probe: _Classifier,
    X: NDArray[np.float32],
    plan: _Plan,
    place: Place,
    method: str,
    size: int,
    draw: int,
) -> Iterator[_Row]:
    key = (place.site, place.layer, method, size, draw)
    for split, rows in plan.evaluated.items():
        labels, scores = plan.labels[rows], probe.scores(X[rows])
        for metric, measure in METRICS.items():
            interval = plan.resamples[split].interval(partial(measure, labels, scores))
            ends, value = (interval.low, interval.high), float(measure(labels, scores, None))
            yield _Row(*key, split, metric, value, *ends, len(rows), "bootstrap 95%")


def _summaries(rows: Sequence[_Row]) -> Iterator[_Row]:
    """Mean -/+ standard deviation over the bases, of each size, split and metric."""
    drawn: dict[tuple[int, str, str], list[_Row]] = {}
    for row in rows:
        drawn.setdefault((row.size, row.split, row.metric), []).append(row)
    for of_bases in drawn.values():
        values = [row.value for row in of_bases]
        mean = float(np.mean(values))
        spread = float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
        yield of_bases[0]._replace(
            draw=-1,
            value=mean,
            low=mean - spread,
            high=mean + spread,
            n=len(values),
            interval="standard deviation",
        )
