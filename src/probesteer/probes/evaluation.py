"""Fit a probe at every place and measure it beside its controls: the tables of probes."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.places import Place
from probesteer.probes.checks import ReadLayer, read_rows
from probesteer.probes.chosen import ChosenProbe, fit_chosen, fit_contrast
from probesteer.probes.controls.relabelled import relabelled_rows
from probesteer.probes.controls.resplits import resplit_folds, resplit_rows
from probesteer.probes.controls.token_counts import token_counts
from probesteer.probes.labelled_rows import LabelledRows
from probesteer.probes.metrics.calibration import reliability_curve
from probesteer.probes.metrics.description_length import description_lengths
from probesteer.probes.other_probes import other_probe_rows
from probesteer.probes.plan import Plan, make_plan
from probesteer.probes.probe import LogisticProbe
from probesteer.probes.rows import Key, Row, measured, table_of
from probesteer.probes.tasks import BINARY, Task
from probesteer.progress import progress
from probesteer.settings.schema import ProbeSettings

BAG_OF_TOKENS = Place("tokens", -1)

_CALIBRATION = {
    **{"site": "str", "layer": "int64", "split": "str", "bin": "int64"},
    **{"predicted": "float64", "observed": "float64", "low": "float64", "high": "float64"},
    "n": "int64",
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class ProbeResults:
    """Probes of one model and concept, and what was measured of them."""

    table: pd.DataFrame
    """site, layer, method, draw, split, metric, value, low, high, n, interval. n is the rows of
    the split; on rows that summarise draws, the draws that are summarised."""
    calibration: pd.DataFrame
    """site, layer, split, bin, predicted, observed, low, high, n: the reliability of `probes`; no
    rows unless the labels are binary."""
    probes: dict[Place, LogisticProbe]
    """The probe of each place that tells the two sides of the concept apart, in the order of the
    places."""


def evaluate_probes(
    read_layer: ReadLayer,
    places: Sequence[Place],
    rows: LabelledRows,
    settings: ProbeSettings,
    seed: int,
    read_untrained: ReadLayer | None = None,
    task: Task = BINARY,
) -> ProbeResults:
    """Fit and measure the task's probe, its controls and other probes at every place.

    `read_layer` gives the activations of a place, [n, d], and is called once a place;
    `read_untrained` those of the same model with weights drawn anew. C is chosen by grouped
    cross-validation on the training rows, the probe fitted to all of them, and measured on
    validation and test. Shuffled labels and control tasks use the C of the probe. Other probes
    and reliability are of binary labels alone, description length of classes too.

    Raises ProbesteerError where the training rows cannot be fitted, a row is not finite, or a
    place has another number of rows.
    """
    plan = make_plan(rows, settings, seed, task=task)
    dealt = resplit_folds(plan)
    binary = task.kind == BINARY.kind
    if settings.estimators and not binary:
        _log.info("probe.estimators are left out: the labels are not 0 and 1")
    found: list[Row] = []
    curves: list[dict[str, Any]] = []
    probes = {}
    for place in progress(places, "probes"):
        X = read_rows(read_layer, place, len(rows.labels))
        chosen = fit_chosen(X, plan, place)
        probes[place] = fit_contrast(chosen, plan, place)
        found += _probe_rows(X, chosen, plan, place, task.method)
        found += relabelled_rows(X, chosen, plan, place)
        if task.classes:
            found += _length_rows(chosen, plan, place)
        found += resplit_rows(X, plan, place, dealt)
        if binary:
            found += other_probe_rows(X, probes[place], plan, place)
            curves += _calibration_rows(X, probes[place], plan, place)
        if read_untrained is not None:
            X = read_rows(read_untrained, place, len(rows.labels))
            found += _probe_rows(X, fit_chosen(X, plan, place), plan, place, "untrained")
    calibration = pd.DataFrame(curves, columns=list(_CALIBRATION)).astype(_CALIBRATION)
    return ProbeResults(table_of(found), calibration, probes)


def evaluate_bag_of_tokens(
    ids: NDArray[np.int64],
    lengths: NDArray[np.int64],
    rows: LabelledRows,
    settings: ProbeSettings,
    seed: int,
    task: Task = BINARY,
) -> pd.DataFrame:
    """Fit and measure the same kind of probe on token counts, one row an example.

    ids: [total] and lengths: [n_examples] as in `token_counts`; `rows` are per example. The rows
    are of the place `BAG_OF_TOKENS` and the method "bag_of_tokens".
    """
    X = token_counts(ids, lengths, rows.splits == "train")
    plan = make_plan(rows, settings, seed, null=False, task=task)
    chosen = fit_chosen(X, plan, BAG_OF_TOKENS)
    return table_of(_probe_rows(X, chosen, plan, BAG_OF_TOKENS, "bag_of_tokens"))


def _probe_rows(
    X: Any, chosen: ChosenProbe, plan: Plan, place: Place, method: str
) -> Iterator[Row]:
    """The chosen C, and each metric on each evaluated split with its bootstrap interval."""
    yield Key(place, method, "train").row("C", chosen.C, len(plan.train))
    for split, rows in plan.evaluated.items():
        key, targets, scores = Key(place, method, split), plan.rows.targets, chosen.scores(X[rows])
        metrics, resamples = plan.task.all_metrics, plan.resamples[split]
        yield from measured(key, metrics, targets[rows], scores, resamples)


def _length_rows(chosen: ChosenProbe, plan: Plan, place: Place) -> Iterator[Row]:
    """What the training labels cost in bits, by the online code with the best C of the grid.

    Which C it is has to be sent as well.
    """
    labels, groups = plan.train_targets, plan.rows.groups[plan.train]
    grid = sorted(set(plan.settings.C))
    labellings = np.tile(labels, (len(grid), 1))
    lengths = description_lengths(chosen.features, labellings, groups, grid, plan.seed, plan.task)
    shortest = min(length.codelength for length in lengths) + np.log2(len(grid))
    uniform = lengths[0].uniform_codelength
    key, n = Key(place, plan.task.method, "train"), len(plan.train)
    yield key.row("codelength", shortest, n)
    yield key.row("uniform_codelength", uniform, n)
    yield key.row("compression", uniform / shortest, n)


def _calibration_rows(
    X: NDArray[Any], probe: LogisticProbe, plan: Plan, place: Place
) -> Iterator[dict[str, Any]]:
    for split, rows in plan.evaluated.items():
        scores, labels = probe.scores(X[rows]), plan.rows.labels[rows]
        for point in reliability_curve(labels, scores, plan.resamples[split]):
            yield {"site": place.site, "layer": place.layer, "split": split, **asdict(point)}
