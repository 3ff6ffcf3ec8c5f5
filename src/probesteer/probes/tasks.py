"""What a kind of label brings to the road that all probes go: fit, criterion and metrics."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from probesteer.probes.metrics.classes import CLASS_METRICS
from probesteer.probes.metrics.real_values import REAL_METRICS
from probesteer.probes.metrics.two_labels import METRICS, PROBABILITY_METRICS
from probesteer.probes.metrics.weighting import FloatArray
from probesteer.probes.solver.batch import (
    fit_logistic_batch,
    fit_multinomial_batch,
    fit_ridge_batch,
)
from probesteer.probes.solver.fits import BatchFits

Targets = NDArray[Any]
TaskMetric = Callable[[Any, FloatArray, FloatArray | None], FloatArray]


@dataclass(frozen=True)
class Task:
    """How targets of one kind are fitted and judged.

    Scores of p problems are [p, n], of classes [p, n, k]; targets [n] or [p, n].
    """

    kind: str
    """binary, classes or real."""
    method: str
    """What tables call the probe."""
    tested: str
    """The metric that p-values are of."""
    classes: int
    """How many; 0 for real numbers."""
    fit: Callable[..., BatchFits]
    """As `fit_logistic_batch`."""
    losses: Callable[[Targets, FloatArray], FloatArray]
    """The loss of every row, [p, n]: nats, or the squared error."""
    metrics: Mapping[str, TaskMetric]
    """Of any scores."""
    probability_metrics: Mapping[str, TaskMetric] = field(default_factory=dict)
    """Of the probe's own scores besides; those of shuffled labels are not measured by them."""

    @property
    def all_metrics(self) -> dict[str, TaskMetric]:
        """Those of a probe that was fitted to the labels."""
        return {**self.metrics, **self.probability_metrics}

    def log_likelihood(self, losses: FloatArray) -> FloatArray:
        """Nats a row, up to a constant, from mean losses over the held-out rows.

        Of real numbers: that of normal errors with the spread that these rows have, so that it
        doesn't depend on the unit of the target.
        """
        if self.classes:
            return -losses
        return -0.5 * np.log(np.maximum(losses, np.finfo(np.float64).tiny))

    def correct(self, targets: Targets, scores: FloatArray) -> FloatArray:
        """1 where a row is read as its class, else 0; the shape of targets and scores together."""
        read = scores.argmax(axis=-1) if self.kind == "classes" else scores > 0
        return np.asarray(read == targets, dtype=np.float64)


def task_of(kind: str, targets: Targets) -> Task:
    """The task of a concept's kind; targets: [n], all that the concept has."""
    if kind == "classes":
        return _of_classes(int(targets.max()) + 1)
    return REAL if kind == "real" else BINARY


def _binary_losses(targets: Targets, scores: FloatArray) -> FloatArray:
    losses: FloatArray = np.logaddexp(0.0, np.where(targets == 1, -1.0, 1.0) * scores)
    return losses


def _class_losses(targets: Targets, scores: FloatArray) -> FloatArray:
    wanted = np.broadcast_to(targets, scores.shape[:-1])[..., None]
    own = np.take_along_axis(scores, wanted, axis=-1)
    losses: FloatArray = logsumexp(scores - own, axis=-1)
    return losses


def _squared_errors(targets: Targets, scores: FloatArray) -> FloatArray:
    return np.square(scores - targets)


BINARY = Task(
    kind="binary",
    method="logistic",
    tested="accuracy",
    classes=2,
    fit=fit_logistic_batch,
    losses=_binary_losses,
    metrics=METRICS,
    probability_metrics=PROBABILITY_METRICS,
)

REAL = Task(
    kind="real",
    method="ridge",
    tested="r2",
    classes=0,
    fit=fit_ridge_batch,
    losses=_squared_errors,
    metrics=REAL_METRICS,
)


def _of_classes(count: int) -> Task:
    return Task(
        kind="classes",
        method="logistic",
        tested="accuracy",
        classes=count,
        fit=partial(fit_multinomial_batch, classes=count),
        losses=_class_losses,
        metrics={name: of for name, of in CLASS_METRICS.items() if name != "log_loss"},
        probability_metrics={"log_loss": CLASS_METRICS["log_loss"]},
    )
