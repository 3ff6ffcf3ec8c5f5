"""What the same probe reaches on labels that mean nothing: shuffled ones, and control tasks."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.places import Place
from probesteer.probes.chosen import ChosenProbe
from probesteer.probes.controls.control_task import selectivity
from probesteer.probes.controls.significance import P_VALUE, permutation_p_value
from probesteer.probes.plan import Plan
from probesteer.probes.rows import BOOTSTRAP, Key, Row, draws_and_summary, measured


def relabelled_rows(
    X: NDArray[Any], chosen: ChosenProbe, plan: Plan, place: Place
) -> Iterator[Row]:
    """The null of shuffled labels with the probe's p-value, and control tasks with selectivity.

    The p-value is of the task's `tested` metric, selectivity of the accuracy.

    All are fitted at once, at the C of the probe.
    """
    task, nulls, controls = plan.task, plan.null_labels, plan.rows.control_labels
    labellings = np.concatenate([nulls, controls.reshape(-1, nulls.shape[1])])
    if not len(labellings):
        return
    fits = task.fit(chosen.features, labellings[:, plan.train], chosen.C)
    for split, rows in plan.evaluated.items():
        scores, labels = fits.scores(X[rows]), labellings[:, rows]
        own = plan.rows.targets[rows], chosen.scores(X[rows])
        for method, some in (
            ("shuffled_labels", slice(0, len(nulls))),
            ("control_task", slice(len(nulls), len(labellings))),
        ):
            key = Key(place, method, split)
            of_draw = partial(measured, key, task.metrics)
            draws = [list(of_draw(*each)) for each in zip(labels[some], scores[some], strict=True)]
            yield from draws_and_summary(key, draws)
            if method == "shuffled_labels" and split == "test" and draws:
                yield _p_value(Key(place, task.method, split), plan, *own, draws)
        if split == "test" and len(controls):
            # What is read right or wrong of classes is what a sign tells of two.
            read, read_of_control = task.correct(*own), task.correct(labels[some], scores[some])
            right, control = np.ones(len(rows), np.int64), np.ones(read_of_control.shape, np.int64)
            found = selectivity(right, read, control, read_of_control, plan.resamples[split])
            key = Key(place, task.method, split)
            ends = (found.low, found.high)
            yield key.row("selectivity", found.value, len(rows), *ends, BOOTSTRAP)


def _p_value(
    key: Key,
    plan: Plan,
    targets: NDArray[Any],
    scores: NDArray[np.float64],
    draws: list[list[Row]],
) -> Row:
    """How often shuffled labels are read as well as the true ones; n is the draws."""
    tested = plan.task.tested
    null = [row.value for rows in draws for row in rows if row.metric == tested]
    observed = plan.task.metrics[tested](targets, scores, None)
    return key.row(P_VALUE, float(permutation_p_value(observed, null)), len(null))
