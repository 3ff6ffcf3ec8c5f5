"""Many penalised regressions on the same features, fitted together."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probesteer.errors import ProbesteerError
from probesteer.probes.checks import require_finite
from probesteer.probes.solver.features import SharedFeatures
from probesteer.probes.solver.fits import BatchFits
from probesteer.probes.solver.losses import Bernoulli, Categorical, Gaussian

FloatArray = NDArray[np.float64]


def fit_logistic_batch(
    X: Any, targets: ArrayLike, C: ArrayLike, weights: ArrayLike | None = None, **solver: Any
) -> BatchFits:
    """Fit p logistic regressions to the same rows; k = 1.

    X: [n, d], or `SharedFeatures` where several calls share them (what that class takes as X is
    taken here). targets: [p, n] of 0 and 1; C: [p] or one for all; weights: [p, n], not negative:
    a row of weight 0 is left out of that problem, so that folds are masks. solver: free_intercept,
    tolerance and max_steps of `newton.solve`.

    Each problem minimises, with w for standardised features, |w|^2 / 2 + C (sum over rows of
    weight x negative log-likelihood); the intercept is free.

    Raises ProbesteerError where a row is not finite, a number of rows differs, or a problem has one
    label alone.
    """
    features, labels, shares = _prepared(X, targets, weights)
    means = (shares * labels).sum(axis=1) / shares.sum(axis=1)
    _require((means > 0) & (means < 1), "has one label alone", "add rows of the other label")
    start = np.log(means / (1 - means))[:, None]
    return features.fit(Bernoulli(), labels[:, :, None], _times(C, shares), start, solver)


def fit_multinomial_batch(
    X: Any,
    targets: ArrayLike,
    C: ArrayLike,
    weights: ArrayLike | None = None,
    classes: int | None = None,
    **solver: Any,
) -> BatchFits:
    """Fit p multinomial regressions over k classes to the same rows.

    targets: [p, n], classes 0 to k - 1; classes: k, where it isn't the largest target + 1. Every
    class must have a row in every problem. Otherwise as `fit_logistic_batch`; the intercepts of a
    problem, of which only differences matter, add up to 0.
    """
    features, labels, shares = _prepared(X, targets, weights)
    one_hot = (labels[:, :, None] == np.arange(classes or labels.max() + 1)).astype(np.float64)
    means = np.einsum("pn,pnk->pk", shares, one_hot) / shares.sum(axis=1, keepdims=True)
    _require((means > 0).all(axis=1), "lacks a class", "add rows of that class")
    start = np.log(means)
    start -= start.mean(axis=1, keepdims=True)
    fits = features.fit(Categorical(), one_hot, _times(C, shares), start, solver)
    centred = fits.intercepts - fits.intercepts.mean(axis=1, keepdims=True)
    return BatchFits(fits.coefficients, centred, fits.objectives, fits.converged, fits.steps)


def fit_ridge_batch(
    X: Any, targets: ArrayLike, C: ArrayLike, weights: ArrayLike | None = None, **solver: Any
) -> BatchFits:
    """Fit p ridge regressions to the same rows; k = 1.

    targets: [p, n], real numbers. Minimises |w|^2 / 2 + C (sum over rows of weight x squared error
    / 2), which is scikit-learn's Ridge with alpha = 1 / C (Hoerl & Kennard 1970). Otherwise as
    `fit_logistic_batch`.
    """
    features, values, shares = _prepared(X, targets, weights)
    start = ((shares * values).sum(axis=1) / shares.sum(axis=1))[:, None]
    return features.fit(Gaussian(), values[:, :, None], _times(C, shares), start, solver)


def _prepared(
    X: Any, targets: ArrayLike, weights: ArrayLike | None
) -> tuple[SharedFeatures, FloatArray, FloatArray]:
    """Features, targets [p, n] and row weights [p, n], checked."""
    wanted = np.atleast_2d(np.asarray(targets, dtype=np.float64))
    n = X.n if isinstance(X, SharedFeatures) else X.shape[0]
    if wanted.shape[1] != n:
        raise ProbesteerError(
            f"probes: {wanted.shape[1]} targets for {n} rows; give a target for every row"
        )
    require_finite(wanted, "targets")
    shares = np.ones(wanted.shape)
    if weights is not None:
        shares = np.broadcast_to(np.asarray(weights, dtype=np.float64), wanted.shape)
        _require(shares.sum(axis=1) > 0, "has no row of weight above 0", "give it rows")
    return X if isinstance(X, SharedFeatures) else SharedFeatures(X), wanted, shares


def _times(C: ArrayLike, shares: FloatArray) -> FloatArray:
    penalties = np.broadcast_to(np.asarray(C, dtype=np.float64), len(shares))
    weighted: FloatArray = shares * penalties[:, None]
    return weighted


def _require(sound: NDArray[np.bool_], fault: str, remedy: str) -> None:
    if not sound.all():
        raise ProbesteerError(f"probes: problem {int(np.argmin(sound))} {fault}; {remedy}")
