"""Probe along the difference of the class means."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.probes.estimators.interface import FittedProbe, Labels, LinearProbe
from probesteer.probes.estimators.standardisation import class_means, training_rows


def fit_difference_of_means(
    X: NDArray[Any], y: Labels, groups: NDArray[Any], pairs: NDArray[Any] | None, seed: int
) -> FittedProbe:
    """Score = (x - midpoint of the class means) @ (mean of label 1 - mean of label 0).

    The mass-mean probe without whitening (Marks & Tegmark 2023, arXiv 2310.06824), in raw
    activations: the large features count for more. The threshold is the midpoint, as in Fisher's
    rule with equal priors (Hastie, Tibshirani & Friedman 2009, section 4.3); it isn't tuned, so
    the probe reads rows as the nearer class mean would. Groups, pairs and seed play no part.
    """
    rows = training_rows(X, y, "difference of means")
    means = class_means(rows, y)
    # Means round, so that a constant feature would get a weight of about 1e-16 times its size.
    difference = np.where(np.ptp(rows, axis=0) == 0, 0.0, means[1] - means[0])
    intercept = -float(means.mean(axis=0) @ difference)
    return LinearProbe(difference, intercept, log_odds=False)
