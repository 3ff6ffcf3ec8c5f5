"""A probe of the concept's task at the penalty that cross-validation chooses."""

import logging
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from probesteer.places import Place
from probesteer.probes.cross_validation import choose_C
from probesteer.probes.logistic import probe_of
from probesteer.probes.plan import Plan
from probesteer.probes.probe import LogisticProbe
from probesteer.probes.solver.features import SharedFeatures
from probesteer.probes.solver.fits import BatchFits
from probesteer.probes.tasks import BINARY, Task

_log = logging.getLogger(__name__)


class ChosenProbe(NamedTuple):
    """The probe, and the training rows' features for further fits."""

    fits: BatchFits
    """Of one problem."""
    C: float
    features: SharedFeatures

    def scores(self, X: Any) -> NDArray[np.float64]:
        """Linear predictors, [n], or [n, k] of classes, for X: [n, d] dense or sparse."""
        scores: NDArray[np.float64] = self.fits.scores(X)[0]
        return scores


def fit_chosen(X: Any, plan: Plan, place: Place) -> ChosenProbe:
    """Choose C on the folds of the training rows, and fit all of them with it.

    X: [n, d], all rows of the plan, dense or sparse. Faults of the fit are logged by the place.
    """
    features = SharedFeatures(X[plan.train], device=plan.settings.device)
    return _fit(features, plan.train_targets, plan, plan.task, place.stem)


def fit_contrast(chosen: ChosenProbe, plan: Plan, place: Place) -> LogisticProbe:
    """The probe that tells the concept's two sides apart: `chosen` itself where it is binary."""
    if plan.task.kind != BINARY.kind:
        name = f"{place.stem}, two sides"
        chosen = _fit(chosen.features, plan.train_labels, plan, BINARY, name)
    return probe_of(chosen.fits, 0, chosen.C)


def _fit(
    features: SharedFeatures, targets: NDArray[Any], plan: Plan, task: Task, name: str
) -> ChosenProbe:
    C, wider = choose_C(features, targets, plan.folds, plan.settings.C, task)
    if wider:
        _log.info("%s: C = %g ends its grid and wins; widen probe.C", name, C)
    fits = task.fit(features, targets, C)
    if not fits.converged[0]:
        _log.warning("%s: the probe at C = %g did not converge", name, C)
    return ChosenProbe(fits, C, features)
