"""Measure sparse probes on neurons, on random bases and on all neurons: the sparse table."""

import logging
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.places import Place
from probesteer.probes.checks import ReadLayer, read_rows
from probesteer.probes.controls.random_rotation import random_rotation
from probesteer.probes.labelled_rows import LabelledRows
from probesteer.probes.metrics.two_labels import Metric, accuracy, auroc
from probesteer.probes.plan import Plan, make_plan
from probesteer.probes.rows import Key, Row, draws_and_summary, measured, table_of
from probesteer.probes.sparse.probes import fit_cross_validated, fit_sparse_probes
from probesteer.progress import progress
from probesteer.settings.schema import ProbeSettings

METRICS: dict[str, Metric] = {"accuracy": accuracy, "auroc": auroc}
# Keeps these random numbers apart from others of the same seed.
_STREAM = zlib.crc32(b"random basis")

_log = logging.getLogger(__name__)


class _Classifier(Protocol):
    def scores(self, X: NDArray[Any]) -> NDArray[np.float64]: ...


def evaluate_sparse_probes(
    read_layer: ReadLayer,
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
    tables = [_table(-1, [])]
    if places:
        rows = LabelledRows(labels, groups, splits, np.arange(len(labels)))
        plan = make_plan(rows, settings, seed, null=False)
        for place in progress(places, "sparse probes"):
            X = read_rows(read_layer, place, len(labels))
            tables += [
                *_of_neurons(X, plan, place),
                *_of_bases(X, plan, place),
                _dense(X, plan, place),
            ]
    return pd.concat(tables, ignore_index=True)


def _table(size: int, rows: Iterable[Row]) -> pd.DataFrame:
    """Rows of probes of one size; its columns are typed also where there is no row."""
    table = table_of(rows).astype(Row.__annotations__)
    table.insert(3, "size", np.full(len(table), size, dtype=np.int64))
    return table


def _of_neurons(X: NDArray[np.float32], plan: Plan, place: Place) -> Iterator[pd.DataFrame]:
    for size, probe in _fitted(X, plan).items():
        if not probe.probe.converged:
            _log.warning("%s, %d neurons: the probe did not converge", place.label, size)
        yield _table(size, _rows(probe, X, plan, place, "neurons"))


def _of_bases(X: NDArray[np.float32], plan: Plan, place: Place) -> Iterator[pd.DataFrame]:
    """The rows of every basis, and their mean -/+ standard deviation."""
    drawn: dict[int, list[list[Row]]] = {}
    for draw in range(plan.settings.bases):
        of_place = [zlib.crc32(place.site.encode()), place.layer]
        rotated = random_rotation(X.shape[1], [plan.seed, _STREAM, *of_place, draw]).rotate(X)
        for size, probe in _fitted(rotated, plan).items():
            rows = list(_rows(probe, rotated, plan, place, "random_basis"))
            drawn.setdefault(size, []).append(rows)
    for size, draws in drawn.items():
        for split in plan.evaluated:
            of_split = [[row for row in rows if row.split == split] for rows in draws]
            yield _table(size, draws_and_summary(Key(place, "random_basis", split), of_split))


def _dense(X: NDArray[np.float32], plan: Plan, place: Place) -> pd.DataFrame:
    probe, _ = fit_cross_validated(X[plan.train], plan.train_labels, plan.folds, plan.settings.C)
    if not probe.converged:
        _log.warning("%s, all neurons: the probe did not converge", place.label)
    return _table(X.shape[1], _rows(probe, X, plan, place, "dense"))


def _fitted(X: NDArray[np.float32], plan: Plan) -> Mapping[int, Any]:
    settings = plan.settings
    found = fit_sparse_probes(
        X[plan.train], plan.train_labels, settings.neurons, plan.folds, settings.C
    )
    return dict(sorted(found.items()))


def _rows(
    probe: _Classifier, X: NDArray[np.float32], plan: Plan, place: Place, method: str
) -> Iterator[Row]:
    for split, chosen in plan.evaluated.items():
        labels, scores = plan.rows.labels[chosen], probe.scores(X[chosen])
        key = Key(place, method, split)
        yield from measured(key, METRICS, labels, scores, plan.resamples[split])
