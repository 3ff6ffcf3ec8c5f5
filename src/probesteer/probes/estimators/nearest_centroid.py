"""Probe that reads a row as the class whose mean is nearer."""

from typing import Any

from numpy.typing import NDArray

from probesteer.probes.estimators.interface import FittedProbe, Labels
from probesteer.probes.estimators.standardisation import (
    class_means,
    fit_standardisation,
    training_rows,
)


def fit_nearest_centroid(
    X: NDArray[Any], y: Labels, groups: NDArray[Any], pairs: NDArray[Any] | None, seed: int
) -> FittedProbe:
    """Score = half the squared distance to the mean of label 0, less that to the mean of label 1.

    Distances are Euclidean in standardised features, as in Tibshirani et al. 2002 (PNAS 99:6567)
    without their shrinking: in raw activations the rule would be `difference_of_means` over again,
    as here it is after rescaling. The boundary is a hyperplane. Groups, pairs and seed play no
    part.
    """
    rows = training_rows(X, y, "nearest centroid")
    standardisation = fit_standardisation(rows)
    means = class_means(standardisation.apply(rows), y)
    difference = means[1] - means[0]
    bias = -float(means.mean(axis=0) @ difference)
    return standardisation.linear_probe(difference, bias, log_odds=False)
