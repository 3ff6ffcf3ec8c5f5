"""What the same probe reaches on labels that mean nothing: shuffled ones, and control tasks."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.places import Place
from probesteer.probes.chosen import ChosenProbe
from probesteer.probes.control_task import selectivity
from probesteer.probes.metrics import METRICS
from probesteer.probes.plan import Plan
from probesteer.probes.rows import BOOTSTRAP, Key, Row, draws_and_summary, measured
from probesteer.probes.significance import P_VALUE, permutation_p_value
from probesteer.probes.solver.batch import fit_logistic_batch

TESTED = "accuracy"
"""The metric that p-values and selectivity are of."""


def relabelled_rows(
    X: NDArray[Any], chosen: ChosenProbe, plan: Plan, place: Place
) -> Iterator[Row]:
    """The null of shuffled labels with the probe's p-value, and control tasks with selectivity.

    All are fitted at once, at the C of the probe.
    """
    nulls, controls = plan.null_labels, plan.rows.control_labels
    labellings = np.concatenate([nulls, controls.reshape(-1, nulls.shape[1])])
    if not len(labellings):
        return
    C = chosen.probe.C
    fits = fit_logistic_batch(chosen.features, labellings[:, plan.train], C)
    for split, rows in plan.evaluated.items():
        scores, labels = fits.scores(X[rows]), labellings[:, rows]
        own = chosen.probe.scores(X[rows]), plan.rows.labels[rows]
        for method, some in (
            ("shuffled_labels", slice(0, len(nulls))),
            ("control_task", slice(len(nulls), len(labellings))),
        ):
            key = Key(place, method, split)
            of_draw = partial(measured, key, METRICS)
            draws = [list(of_draw(*each)) for each in zip(labels[some], scores[some], strict=True)]
            yield from draws_and_summary(key, draws)
            if method == "shuffled_labels" and split == "test" and draws:
                yield _p_value(Key(place, "logistic", split), *own, draws)
        if split == "test" and len(controls):
            resamples = plan.resamples[split]
            found = selectivity(own[1], own[0], labels[some], scores[some], resamples)
            key = Key(place, "logistic", split)
            ends = (found.low, found.high)
            yield key.row("selectivity", found.value, len(rows), *ends, BOOTSTRAP)


def _p_value(
    key: Key, scores: NDArray[np.float64], labels: NDArray[np.int64], draws: list[list[Row]]
) -> Row:
    """How often shuffled labels are read as well as the true ones; n is the draws."""
    null = [row.value for rows in draws for row in rows if row.metric == TESTED]
    observed = METRICS[TESTED](labels, scores, None)
    return key.row(P_VALUE, float(permutation_p_value(observed, null)), len(null))
