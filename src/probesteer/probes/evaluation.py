"""Fit a probe at every place and measure it beside its controls: the rows of the probe table.

Folds, shuffled labels and bootstrap draws are made once and shared by all places, so that places
differ by their activations alone.
"""

import logging
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.places import Place
from probesteer.probes.checks import require_both_labels, require_finite
from probesteer.probes.controls import shuffled_labels, token_counts
from probesteer.probes.cross_validation import Fold, choose_C, grouped_folds
from probesteer.probes.intervals import GroupResamples, group_resamples
from probesteer.probes.logistic import fit_logistic
from probesteer.probes.metrics import METRICS
from probesteer.probes.probe import LogisticProbe
from probesteer.progress import progress
from probesteer.settings.schema import ProbeSettings

BAG_OF_TOKENS = Place("tokens", -1)
EVALUATED_SPLITS = ("validation", "test")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class ProbeResults:
    """Probes of one model and concept, and what was measured of them."""

    table: pd.DataFrame
    """site, layer, method, draw, split, metric, value, low, high, n, interval. n is the rows of
    the split; on the rows that summarise the shuffled draws, the draws that are summarised."""
    probes: dict[Place, LogisticProbe]
    """The probe of each place, in the order of the places."""


class _Row(NamedTuple):
    site: str
    layer: int
    method: str
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
    C_grid: Sequence[float]
    null_labels: Sequence[NDArray[np.int64]]


def evaluate_probes(
    read_layer: Callable[[Place], NDArray[Any]],
    places: Sequence[Place],
    labels: NDArray[np.int64],
    groups: NDArray[Any],
    splits: NDArray[Any],
    examples: NDArray[np.int64],
    settings: ProbeSettings,
    seed: int,
) -> ProbeResults:
    """Fit and measure a logistic probe, and its shuffled-label null, at every place.

    `read_layer` gives the activations of a place, [n, d], and is called once a place. labels
    (0 or 1), groups, splits ("train", "validation", "test") and examples (the text that a row is
    from) are [n]. C is chosen by grouped cross-validation on the training rows, the probe fitted
    to all of them, and measured on validation and test. A null probe uses the C of the probe; it
    is measured on shuffled labels too.

    Raises ProbesteerError where the training rows cannot be fitted, a row is not finite, or a
    place has another number of rows.
    """
    null_labels = [
        shuffled_labels(labels, examples, groups, splits, draw, seed)
        for draw in range(settings.shuffled_draws)
    ]
    plan = _make_plan(labels, groups, splits, settings, seed, null_labels)
    rows: list[_Row] = []
    probes = {}
    for place in progress(places, "probes"):
        X = _read(read_layer, place, len(labels))
        probe = _fit(X, plan, place)
        rows += _probe_rows(X, probe, plan, place, "logistic")
        rows += _null_rows(X, probe, plan, place)
        probes[place] = probe
    return ProbeResults(_table(rows), probes)


def evaluate_bag_of_tokens(
    ids: NDArray[np.int64],
    lengths: NDArray[np.int64],
    labels: NDArray[np.int64],
    groups: NDArray[Any],
    splits: NDArray[Any],
    settings: ProbeSettings,
    seed: int,
) -> ProbeResults:
    """Fit and measure the same kind of probe on token counts, one row an example.

    ids: [total] and lengths: [n_examples] as in `token_counts`; labels, groups and splits are
    per example. The place of the one probe is `BAG_OF_TOKENS`, its method "bag_of_tokens".
    """
    X = token_counts(ids, lengths, splits == "train")
    plan = _make_plan(labels, groups, splits, settings, seed, [])
    probe = _fit(X, plan, BAG_OF_TOKENS)
    rows = list(_probe_rows(X, probe, plan, BAG_OF_TOKENS, "bag_of_tokens"))
    return ProbeResults(_table(rows), {BAG_OF_TOKENS: probe})


def _make_plan(
    labels: NDArray[np.int64],
    groups: NDArray[Any],
    splits: NDArray[Any],
    settings: ProbeSettings,
    seed: int,
    null_labels: Sequence[NDArray[np.int64]],
) -> _Plan:
    train = np.flatnonzero(splits == "train")
    require_both_labels(labels[train], "train split")
    evaluated = {split: np.flatnonzero(splits == split) for split in EVALUATED_SPLITS}
    resamples = {
        split: group_resamples(
            groups[rows], settings.bootstrap_draws, [seed, zlib.crc32(split.encode())]
        )
        for split, rows in evaluated.items()
    }
    folds = grouped_folds(labels[train], groups[train], settings.folds, seed)
    return _Plan(labels, train, evaluated, resamples, folds, settings.C, null_labels)


def _read(read_layer: Callable[[Place], NDArray[Any]], place: Place, n: int) -> NDArray[np.float32]:
    X = np.asarray(read_layer(place), dtype=np.float32)
    where = f"activations of {place.site}, layer {place.layer}"
    if X.ndim != 2 or len(X) != n:
        raise ProbesteerError(
            f"{where}: shape {X.shape} where {n} rows are labelled; delete them and read again"
        )
    require_finite(X, where)
    return X


def _fit(X: Any, plan: _Plan, place: Place) -> LogisticProbe:
    """The probe at the chosen C."""
    X_train, y_train = X[plan.train], plan.labels[plan.train]
    C, wider = choose_C(X_train, y_train, plan.folds, plan.C_grid)
    if wider:
        _log.info("%s, layer %d: C = %g ends its grid and wins; widen probe.C", *_key(place), C)
    probe = fit_logistic(X_train, y_train, C)
    if not probe.converged:
        _log.warning("%s, layer %d: the probe at C = %g did not converge", *_key(place), C)
    return probe


def _key(place: Place) -> tuple[str, int]:
    return place.site, place.layer


def _probe_rows(
    X: Any, probe: LogisticProbe, plan: _Plan, place: Place, method: str
) -> Iterator[_Row]:
    """The chosen C, and each metric on each evaluated split with its bootstrap interval."""
    nan = float("nan")
    key = (*_key(place), method, -1)
    yield _Row(*key, "train", "C", probe.C, nan, nan, len(plan.train), "none")
    for split, rows in plan.evaluated.items():
        labels, scores = plan.labels[rows], probe.scores(X[rows])
        for metric, measure in METRICS.items():
            interval = plan.resamples[split].interval(partial(measure, labels, scores))
            value = float(measure(labels, scores, None))
            ends = (interval.low, interval.high)
            yield _Row(*key, split, metric, value, *ends, len(rows), "bootstrap 95%")


def _null_rows(X: Any, probe: LogisticProbe, plan: _Plan, place: Place) -> Iterator[_Row]:
    """Each metric of each shuffled draw, and their mean -/+ standard deviation as draw -1."""
    if not plan.null_labels:
        return
    nan = float("nan")
    X_train = X[plan.train]
    nulls = [fit_logistic(X_train, labels[plan.train], probe.C) for labels in plan.null_labels]
    key = (*_key(place), "shuffled_labels")
    for split, rows in plan.evaluated.items():
        X_split = X[rows]
        scores = [null.scores(X_split) for null in nulls]
        for metric, measure in METRICS.items():
            values = np.array(
                [
                    float(measure(labels[rows], of_draw, None))
                    for labels, of_draw in zip(plan.null_labels, scores, strict=True)
                ]
            )
            for draw, value in enumerate(values):
                yield _Row(*key, draw, split, metric, value, nan, nan, len(rows), "none")
            mean = float(values.mean())
            spread = float(values.std(ddof=1)) if len(values) > 1 else nan
            ends = (mean - spread, mean + spread)
            yield _Row(*key, -1, split, metric, mean, *ends, len(values), "standard deviation")


def _table(rows: Sequence[_Row]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(_Row._fields))
