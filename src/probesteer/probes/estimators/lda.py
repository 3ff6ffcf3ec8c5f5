"""Linear discriminant analysis with a shrunk covariance: the whitened mass-mean probe."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from probesteer.probes.estimators.interface import FittedProbe, FloatArray, Labels
from probesteer.probes.estimators.standardisation import (
    class_means,
    fit_standardisation,
    training_rows,
)

# Keeps a covariance invertible where the rows give no reason to shrink it.
_LEAST_SHRINKAGE = 1e-6


def fit_lda(
    X: NDArray[Any], y: Labels, groups: NDArray[Any], pairs: NDArray[Any] | None, seed: int
) -> FittedProbe:
    """Score = log-odds of label 1 under Gaussian classes with one covariance.

    The direction is the difference of the class means times the inverse covariance within the
    classes, the mass-mean probe of Marks & Tegmark 2023 (arXiv 2310.06824); the threshold is that
    of Hastie, Tibshirani & Friedman 2009 (section 4.3), with the shares of the labels as priors.
    Features are standardised, and the covariance shrunk to a multiple of the identity by the
    intensity of Ledoit & Wolf 2004 (J. Multivariate Analysis 88:365), so that it can be inverted
    with fewer rows than features. Where rows don't vary within the classes, it is the identity.
    The cost is that of one Gram matrix, min(n, d) wide. Groups, pairs and seed play no part.
    """
    rows = training_rows(X, y, "LDA")
    standardisation = fit_standardisation(rows)
    scaled = standardisation.apply(rows)
    means = class_means(scaled, y)
    difference = means[1] - means[0]
    scaled -= means[y]
    weights = _whiten(scaled, difference, standardisation.varying)
    prior = float(np.log(y.sum() / (len(y) - y.sum())))
    bias = prior - float(means.mean(axis=0) @ weights)
    return standardisation.linear_probe(weights, bias, log_odds=True)


def ledoit_wolf_shrinkage(residuals: FloatArray, gram: FloatArray, varying: int) -> float:
    """Weight of the identity, 0 to 1, in the shrunk covariance of residuals: [n, d] of mean 0.

    gram: residuals times their transpose, [n, n], or the transpose times residuals, [d, d]: both
    have the same sum of squares. varying: the features that aren't constant.
    """
    n = len(residuals)
    squares = np.einsum("ij,ij->i", residuals, residuals)
    mean_variance = squares.sum() / n / varying
    size = float(np.vdot(gram, gram)) / n**2  # squared norm of the covariance
    distance = size - varying * mean_variance**2
    error = (float(squares @ squares) / n - size) / n
    return float(min(max(error, 0.0), distance) / distance) if distance > 0 else 1.0


def _whiten(residuals: FloatArray, difference: FloatArray, varying: int) -> FloatArray:
    """The inverse of the shrunk covariance of residuals: [n, d], times difference: [d]."""
    n, d = residuals.shape
    wide = d > n
    gram = residuals @ residuals.T if wide else residuals.T @ residuals
    total = float(np.trace(gram))
    if total == 0:
        return difference
    shrinkage = max(ledoit_wolf_shrinkage(residuals, gram, varying), _LEAST_SHRINKAGE)
    ridge, kept = shrinkage * total / n / varying, (1 - shrinkage) / n
    # The covariance is kept * residuals.T @ residuals + ridge * identity.
    gram *= kept
    gram[np.diag_indices_from(gram)] += ridge
    factor = cho_factor(gram, overwrite_a=True, check_finite=False)
    if not wide:
        whitened: FloatArray = cho_solve(factor, difference)
        return whitened
    # Woodbury's identity: a system of n equations instead of d.
    inner = cho_solve(factor, residuals @ difference)
    solution: FloatArray = (difference - kept * (residuals.T @ inner)) / ridge
    return solution
