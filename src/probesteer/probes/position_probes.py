"""Probes at every token of a window: where in the text the concept can be read.

A probe of its own at each place and token offset, as Tenney et al. (2019, arXiv 1905.05950) and
Hewitt & Liang (2019, arXiv 1909.03368) fit theirs, but at one token before the reading position
after the other. Texts that are shorter than the window have no earliest tokens: each offset is
fitted and tested on the texts that reach it.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.places import Place
from probesteer.probes.checks import ReadLayer, read_rows
from probesteer.probes.cross_validation import choose_C
from probesteer.probes.labelled_rows import LabelledRows
from probesteer.probes.metrics.two_labels import Metric, accuracy, auroc
from probesteer.probes.plan import Plan, make_plan
from probesteer.probes.rows import Key, Row, draws_and_summary, measured, table_of
from probesteer.probes.solver.batch import fit_logistic_batch
from probesteer.probes.solver.features import SharedFeatures
from probesteer.progress import progress
from probesteer.settings.schema import ProbeSettings

METRICS: dict[str, Metric] = {"accuracy": accuracy, "auroc": auroc}
NULL_DRAWS = 20

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _Offset:
    """What all places share of one token of the window."""

    offset: int
    rows: NDArray[np.int64]
    """[n], the rows of the activations; the plan counts them from 0."""
    plan: Plan


def offsets_of(examples: NDArray[np.int64]) -> NDArray[np.int64]:
    """Tokens from the last row of each example, [rows]: 0 there, -1 at the row before it.

    examples: [rows], those of an example one after the other, in the order of its tokens.
    """
    _, first, counts = np.unique(examples, return_index=True, return_counts=True)
    lasts = np.repeat(first + counts - 1, counts)
    return np.arange(len(examples)) - lasts


def evaluate_positions(
    read_layer: ReadLayer,
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
        chosen = np.flatnonzero(offsets == offset)
        rows = LabelledRows(labels[chosen], groups[chosen], splits[chosen], examples[chosen])
        try:
            plans.append(_Offset(int(offset), chosen, _plan(rows, settings, seed)))
        except ProbesteerError as fault:
            # The position itself is in every text: what is wrong there is wrong with the data.
            if offset == 0:
                raise
            _log.info("offset %d is left out: %s", offset, fault)
    tables = []
    for place in progress(places, "probes at positions"):
        X = read_rows(read_layer, place, len(labels))
        for at in plans:
            tables.append(table_of(_rows_at(place, X, at)))
            tables[-1].insert(2, "offset", at.offset)
    return pd.concat(tables, ignore_index=True)


def _plan(rows: LabelledRows, settings: ProbeSettings, seed: int) -> Plan:
    if not (rows.splits == "test").any():
        raise ProbesteerError("test split: has no rows; add groups to it")
    return make_plan(rows, replace(settings, shuffled_draws=NULL_DRAWS), seed)


def _rows_at(place: Place, X: NDArray[Any], at: _Offset) -> Iterator[Row]:
    """X: [rows, d] of the whole window."""
    of_offset = X[at.rows]
    plan, test = at.plan, at.plan.evaluated["test"]
    features = SharedFeatures(of_offset[plan.train])
    C, _ = choose_C(features, plan.train_labels, plan.folds, plan.settings.C)
    targets = np.stack([plan.rows.labels, *plan.null_labels])
    fits = fit_logistic_batch(features, targets[:, plan.train], C)
    if not fits.converged.all():
        unfinished = int((~fits.converged).sum())
        said = (place.label, at.offset, unfinished, len(targets), C)
        _log.warning("%s, offset %d: %d of %d probes at C = %g did not converge", *said)
    own, *nulls = zip(targets[:, test], fits.scores(of_offset[test]), strict=True)
    yield from measured(Key(place, "logistic", "test"), METRICS, *own, plan.resamples["test"])
    key = Key(place, "shuffled_labels", "test")
    draws = [measured(key, METRICS, *null) for null in nulls]
    yield from (row for row in draws_and_summary(key, draws) if row.draw == -1)
