"""A logistic probe at the penalty that cross-validation chooses."""

import logging
from typing import Any, NamedTuple

from probesteer.places import Place
from probesteer.probes.cross_validation import choose_C
from probesteer.probes.logistic import fit_logistic
from probesteer.probes.plan import Plan
from probesteer.probes.probe import LogisticProbe
from probesteer.probes.solver.features import SharedFeatures

_log = logging.getLogger(__name__)


class ChosenProbe(NamedTuple):
    """The probe, and the training rows' features for further fits."""

    probe: LogisticProbe
    features: SharedFeatures


def fit_chosen(X: Any, plan: Plan, place: Place) -> ChosenProbe:
    """Choose C on the folds of the training rows, and fit all of them with it.

    X: [n, d], all rows of the plan, dense or sparse. Faults of the fit are logged by the place.
    """
    features, labels = SharedFeatures(X[plan.train]), plan.train_labels
    C, wider = choose_C(features, labels, plan.folds, plan.settings.C)
    if wider:
        _log.info("%s: C = %g ends its grid and wins; widen probe.C", place.stem, C)
    probe = fit_logistic(features, labels, C)
    if not probe.converged:
        _log.warning("%s: the probe at C = %g did not converge", place.stem, C)
    return ChosenProbe(probe, features)
