"""Planted features that a linear probe reads, and one that it can't."""

import numpy as np

from probesteer.geometry.calibration import Calibration, about
from probesteer.geometry.toys.planted import exclusive_or_features
from probesteer.probes.logistic import fit_logistic
from probesteer.probes.metrics.two_labels import auroc

_TRAIN, _TEST = 2_000, 4_000


def calibrate_exclusive_or(seed: int) -> tuple[Calibration, ...]:
    """A linear probe on two linear features and on whether just one of them is active."""
    planted = exclusive_or_features(_TRAIN + _TEST, 16, seed)
    areas = []
    for labels in planted.labels.T:
        probe = fit_logistic(planted.X[:_TRAIN], labels[:_TRAIN], C=1.0)
        scores = planted.X[_TRAIN:] @ probe.coefficient + probe.intercept
        areas.append(float(auroc(labels[_TRAIN:], scores)))
    toy = "two features and their exclusive or"
    return (
        Calibration(
            toy, "AUROC of a feature by a probe", about(1, 0.001, "1"), float(np.min(areas[:2]))
        ),
        Calibration(
            toy,
            "AUROC of the exclusive or by a probe",
            about(0.5, 0.05, "0.5, chance: it is not linear"),
            areas[2],
        ),
    )
