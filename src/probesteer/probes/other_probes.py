"""Probes beside the logistic one, on the same rows: linear ones, and ones beyond the linear."""

import logging
from collections.abc import Iterator
from typing import Any

from numpy.typing import NDArray

from probesteer.places import Place
from probesteer.probes.estimators.comparison import gain_over_linear
from probesteer.probes.estimators.interface import UnfittableError
from probesteer.probes.estimators.registry import ESTIMATORS
from probesteer.probes.metrics.two_labels import METRICS, PROBABILITY_METRICS
from probesteer.probes.plan import Plan
from probesteer.probes.probe import LogisticProbe
from probesteer.probes.rows import BOOTSTRAP, Key, Row, measured

_log = logging.getLogger(__name__)


def other_probe_rows(
    X: NDArray[Any], logistic: LogisticProbe, plan: Plan, place: Place
) -> Iterator[Row]:
    """Each metric of each estimator of the settings; and what those beyond the linear gain.

    An estimator that can't be fitted to such rows is left out, and the log says why.
    """
    rows, train = plan.rows, plan.train
    pairs = None if rows.pairs is None else rows.pairs[train]
    for name in plan.settings.estimators:
        try:
            fitted = ESTIMATORS[name](
                X[train], plan.train_labels, rows.groups[train], pairs, plan.seed
            )
        except UnfittableError as fault:
            _log.info("%s: %s is not measured: %s", place.stem, name, fault)
            continue
        metrics = METRICS | PROBABILITY_METRICS if fitted.log_odds else METRICS
        for split, chosen in plan.evaluated.items():
            key, labels = Key(place, name, split), rows.labels[chosen]
            scores, resamples = fitted.scores(X[chosen]), plan.resamples[split]
            yield from measured(key, metrics, labels, scores, resamples)
            if not fitted.linear and split == "test":
                gain = gain_over_linear(labels, scores, logistic.scores(X[chosen]), resamples)
                yield key.row(
                    "gain_over_linear", gain.value, len(chosen), gain.low, gain.high, BOOTSTRAP
                )
