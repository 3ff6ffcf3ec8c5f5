"""Probes at every token of a window: where in the text the concept can be read.

A probe of its own at each place and token offset, as Tenney et al. (2019, arXiv 1905.05950) and
Hewitt & Liang (2019, arXiv 1909.03368) fit theirs, but at one token before the reading position
after the other. Texts that are shorter than the window have no earliest tokens: each offset is
fitted and tested on the texts that reach it.
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
from probesteer.probes.controls.shuffled_labels import shuffled_labels
from probesteer.probes.cross_validation import Fold, choose_C, grouped_folds
from probesteer.probes.metrics.intervals import GroupResamples, group_resamples
from probesteer.probes.metrics.two_labels import Metric, accuracy, auroc
from probesteer.probes.solver.batch import fit_logistic_batch
from probesteer.probes.solver.features import SharedFeatures
from probesteer.progress import progress
from probesteer.settings.schema import ProbeSettings

METRICS: dict[str, Metric] = {"accuracy": accuracy, "auroc": auroc}
NULL_DRAWS = 20

_log = logging.getLogger(__name__)


class _Row(NamedTuple):
    site: str
    layer: int
    offset: int
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
class _Offset:
    """What all places share of one token of the window."""

    offset: int
    rows: NDArray[np.int64]
    """[n], the rows of the activations; what follows counts them from 0."""
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    targets: NDArray[np.int64]
    """[1 + NULL_DRAWS, n], the labels and then shuffled ones."""
    folds: Sequence[Fold]
    resamples: GroupResamples


def offsets_of(examples: NDArray[np.int64]) -> NDArray[np.int64]:
    """Tokens from the last row of each example, [rows]: 0 there, -1 at the row before it.

    examples: [rows], those of an example one after the other, in the order of its tokens.
    """
    _, first, counts = np.unique(examples, return_index=True, return_counts=True)
    lasts = np.repeat(first + counts - 1, counts)
    return np.arange(len(examples)) - lasts


def evaluate_positions(
    read_layer: Callable[[Place], NDArray[Any]],
    places: Sequence[Place],
    labels: NDArray[np.int64],
    groups: NDArray[Any],
    splits: NDArray[Any],
    examples: NDArray[np.int64],
    settings: ProbeSettings,
    seed: int,
) -> pd.DataFrame:
    """Fit a logistic probe at every place and offset, and measure it on the test rows.

    `read_layer` gives the activations of a place, [rows, d], and is called once a place. labels
    (0 or 1), groups, splits ("train", "validation", "test") and examples are [rows], as for
    `offsets_of`. C is chosen by grouped cross-validation on the training rows.

    Columns: site, layer, offset, method, draw, split, metric, value, low, high, n, interval.
    Method logistic: accuracy and auroc with intervals over groups, n test rows. Method
    shuffled_labels: their mean -/+ standard deviation over `NULL_DRAWS` probes of labels shuffled
    in both splits, at the same C; n draws. Offsets that too few texts reach are left out, and the
    log names them.

    Raises ProbesteerError where no offset can be fitted, a row is not finite, or a place has
    another number of rows.
    """
    offsets = offsets_of(examples)
    plans = []
    for offset in np.unique(offsets):
        rows = np.flatnonzero(offsets == offset)
        of_rows = (labels[rows], groups[rows], splits[rows], examples[rows])
        try:
            plans.append(_plan(int(offset), rows, *of_rows, settings, seed))
        except ProbesteerError as fault:
            # The position itself is in every text: what is wrong there is wrong with the data.
            if offset == 0:
                raise
            _log.info("offset %d is left out: %s", offset, fault)
    rows_of_table: list[_Row] = []
    for place in progress(places, "probes at positions"):
        X = read_layer(place)
        if X.ndim != 2 or len(X) != len(labels):
            raise ProbesteerError(
                f"activations of {place.label}: shape {X.shape} where {len(labels)} rows are "
                "labelled; delete them and read again"
            )
        for plan in plans:
            rows_of_table += _rows_at(place, X, plan, settings)
    return pd.DataFrame(rows_of_table, columns=list(_Row._fields))


def _plan(
    offset: int,
    rows: NDArray[np.int64],
    labels: NDArray[np.int64],
    groups: NDArray[Any],
    splits: NDArray[Any],
    examples: NDArray[np.int64],
    settings: ProbeSettings,
    seed: int,
) -> _Offset:
    """Folds, shuffled labels and resamples of the texts that reach an offset: all are [n]."""
    train, test = np.flatnonzero(splits == "train"), np.flatnonzero(splits == "test")
    require_both_labels(labels[train], "train split")
    if not len(test):
        raise ProbesteerError("test split: has no rows; add groups to it")
    folds = grouped_folds(labels[train], groups[train], settings.folds, seed)
    nulls = [
        shuffled_labels(labels, examples, groups, splits, draw, seed) for draw in range(NULL_DRAWS)
    ]
    # As for the probe table, so that the same rows have the same interval.
    resamples = group_resamples(groups[test], settings.bootstrap_draws, [seed, zlib.crc32(b"test")])
    targets = np.stack([labels, *nulls])
    return _Offset(offset, rows, train, test, targets, folds, resamples)


def _rows_at(
    place: Place, X: NDArray[Any], plan: _Offset, settings: ProbeSettings
) -> Iterator[_Row]:
    """X: [rows, d] of the whole window."""
    of_offset = np.asarray(X[plan.rows], dtype=np.float32)
    require_finite(of_offset, f"activations of {place.label}, offset {plan.offset}")
    features = SharedFeatures(of_offset[plan.train])
    targets = plan.targets[:, plan.train]
    C, _ = choose_C(features, targets[0], plan.folds, settings.C)
    fits = fit_logistic_batch(features, targets, C)
    if not fits.converged.all():
        unfinished = int((~fits.converged).sum())
        said = (place.label, plan.offset, unfinished, len(targets), C)
        _log.warning("%s, offset %d: %d of %d probes at C = %g did not converge", *said)
    scores, labels = fits.scores(of_offset[plan.test]), plan.targets[:, plan.test]
    key = (place.site, place.layer, plan.offset)
    for metric, measure in METRICS.items():
        value, *nulls = (float(measure(*each, None)) for each in zip(labels, scores, strict=True))
        ends = plan.resamples.interval(partial(measure, labels[0], scores[0]))
        low, high, n = ends.low, ends.high, len(plan.test)
        yield _Row(*key, "logistic", -1, "test", metric, value, low, high, n, "bootstrap 95%")
        mean, spread = float(np.mean(nulls)), float(np.std(nulls, ddof=1))
        low, high, null = mean - spread, mean + spread, (*key, "shuffled_labels", -1, "test")
        yield _Row(*null, metric, mean, low, high, len(nulls), "standard deviation")
