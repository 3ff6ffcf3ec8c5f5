"""Many penalised regressions on the same features, fitted together; results in raw space."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import is_numpy_array
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from probesteer.errors import ProbesteerError
from probesteer.probes.checks import require_finite
from probesteer.probes.solver.design import Design
from probesteer.probes.solver.losses import Bernoulli, Categorical, Gaussian, Loss
from probesteer.probes.solver.newton import Solution, solve
from probesteer.probes.solver.preconditioner import make_preconditioner

FloatArray = NDArray[np.float64]

# Numbers of one array of the solver, rows times problems: 128 MB in float64.
_AT_ONCE = 16_000_000


@dataclass(frozen=True, eq=False)
class BatchFits:
    """Fits of p problems with k outputs each, in raw activation space.

    Where k is 1 its axis is left out of all shapes.
    """

    coefficients: FloatArray
    """[p, k, d]; 0 for a feature that is constant."""
    intercepts: FloatArray
    """[p, k]"""
    objectives: FloatArray
    """[p], |w|^2 / 2 + C (weighted sum of the rows' losses), w for standardised features."""
    converged: NDArray[np.bool_]
    """[p]"""
    steps: NDArray[np.int64]
    """[p], Newton steps."""

    def scores(self, X: Any) -> FloatArray:
        """Linear predictors, [p, n] or [p, n, k], for X: [n, d] of numpy or scipy.sparse."""
        flat = self.coefficients.reshape(-1, self.coefficients.shape[-1])
        features = X if sparse.issparse(X) else np.asarray(X, dtype=np.float64)
        product = np.asarray(features @ flat.T).T + self.intercepts.reshape(-1, 1)
        shape = (*self.intercepts.shape, X.shape[0])
        return np.moveaxis(product.reshape(shape), 1, -1) if len(shape) == 3 else product


def fit_logistic_batch(
    X: Any,
    targets: ArrayLike,
    C: ArrayLike,
    weights: ArrayLike | None = None,
    standardise: bool = True,
    rows: NDArray[np.bool_] | None = None,
    **solver: Any,
) -> BatchFits:
    """Fit p logistic regressions to the same rows; k = 1.

    X: [n, d] of numpy (a memory map is streamed in blocks), scipy.sparse or torch, on whose device
    the fits are made. targets: [p, n] of 0 and 1; C: [p] or one for all; weights: [p, n], not
    negative: a row of weight 0 is left out of that problem, so that folds are masks.

    Features are scaled to unit variance over `rows` ([n] bool; None: all), so that one C means the
    same at every layer; standardise: False leaves them as they are. Each problem minimises, with w
    in that scaling, |w|^2 / 2 + C (sum over rows of weight x negative log-likelihood); the
    intercept is free. solver: free_intercept, tolerance and max_steps of `newton.solve`.

    Raises ProbesteerError where a row is not finite, a number of rows differs, or a problem has one
    label alone.
    """
    labels = np.atleast_2d(np.asarray(targets, dtype=np.float64))
    _check(X, labels.shape, labels)
    shares = _row_weights(labels.shape, weights)
    means = (shares * labels).sum(axis=1) / shares.sum(axis=1)
    _require(((means > 0) & (means < 1)), "has one label alone", "add rows of the other label")
    start = np.log(means / (1 - means))[:, None]
    return _fit(X, Bernoulli(), labels[:, :, None], C, shares, start, standardise, rows, solver)


def fit_multinomial_batch(
    X: Any,
    targets: ArrayLike,
    C: ArrayLike,
    weights: ArrayLike | None = None,
    standardise: bool = True,
    rows: NDArray[np.bool_] | None = None,
    classes: int | None = None,
    **solver: Any,
) -> BatchFits:
    """Fit p multinomial regressions over k classes to the same rows.

    targets: [p, n], classes 0 to k - 1; classes: k, where it isn't the largest target + 1. Every
    class must have a row in every problem. Otherwise as `fit_logistic_batch`; the intercepts of a
    problem, of which only differences matter, add up to 0.
    """
    labels = np.atleast_2d(np.asarray(targets, dtype=np.int64))
    _check(X, labels.shape, labels)
    shares = _row_weights(labels.shape, weights)
    one_hot = (labels[:, :, None] == np.arange(classes or labels.max() + 1)).astype(np.float64)
    means = np.einsum("pn,pnk->pk", shares, one_hot) / shares.sum(axis=1, keepdims=True)
    _require((means > 0).all(axis=1), "lacks a class", "add rows of that class")
    start = np.log(means)
    start -= start.mean(axis=1, keepdims=True)
    fits = _fit(X, Categorical(), one_hot, C, shares, start, standardise, rows, solver)
    centred = fits.intercepts - fits.intercepts.mean(axis=1, keepdims=True)
    return BatchFits(fits.coefficients, centred, fits.objectives, fits.converged, fits.steps)


def fit_ridge_batch(
    X: Any,
    targets: ArrayLike,
    C: ArrayLike,
    weights: ArrayLike | None = None,
    standardise: bool = True,
    rows: NDArray[np.bool_] | None = None,
    **solver: Any,
) -> BatchFits:
    """Fit p ridge regressions to the same rows; k = 1.

    targets: [p, n], real numbers. Minimises |w|^2 / 2 + C (sum over rows of weight x squared error
    / 2), which is scikit-learn's Ridge with alpha = 1 / C (Hoerl & Kennard 1970). Otherwise as
    `fit_logistic_batch`.
    """
    values = np.atleast_2d(np.asarray(targets, dtype=np.float64))
    _check(X, values.shape, values)
    shares = _row_weights(values.shape, weights)
    start = ((shares * values).sum(axis=1) / shares.sum(axis=1))[:, None]
    return _fit(X, Gaussian(), values[:, :, None], C, shares, start, standardise, rows, solver)


def _fit(
    X: Any,
    loss: Loss,
    targets: FloatArray,
    C: ArrayLike,
    shares: FloatArray,
    start: FloatArray,
    standardise: bool,
    rows: NDArray[np.bool_] | None,
    solver: dict[str, Any],
) -> BatchFits:
    """targets: [p, n, k]; shares: [p, n]; start: [p, k]."""
    p, n, k = targets.shape
    weights = shares * np.broadcast_to(np.asarray(C, dtype=np.float64), p)[:, None]
    design = Design(X, standardise, rows)
    basis, shared = None, design
    if design.n < design.d and not design.sparse:
        shared, basis = design.in_the_span_of_rows()
    preconditioner = make_preconditioner(shared)
    parts = []
    at_once = max(1, _AT_ONCE // (n * k))
    for first in range(0, p, at_once):
        some = slice(first, first + at_once)
        solution = solve(
            shared,
            preconditioner,
            loss,
            shared.array(np.ascontiguousarray(np.moveaxis(targets[some], 0, 1))),
            shared.array(np.ascontiguousarray(weights[some].T)),
            start[some] if solver.get("free_intercept", True) else np.zeros_like(start[some]),
            **solver,
        )
        parts.append(_in_raw_space(design, basis, solution))
    return parts[0] if len(parts) == 1 else _joined(parts)


def _in_raw_space(design: Design, basis: Any, solution: Solution) -> BatchFits:
    """Undo the rotation into the rows' span and the standardisation."""
    d, p, k = solution.weights.shape
    flat = solution.weights.reshape(d, p * k)
    if basis is not None:
        flat = basis @ flat
    raw = flat / design.scale[:, None]
    intercepts = solution.intercepts.reshape(p * k) - design.mean @ raw
    coefficients = _host(raw).T.reshape(p, k, design.d).copy()
    coefficients[..., _host(design.constant)] = 0.0
    intercepts = _host(intercepts).reshape(p, k)
    if k == 1:
        coefficients, intercepts = coefficients[:, 0], intercepts[:, 0]
    return BatchFits(
        coefficients, intercepts, solution.objectives, solution.converged, solution.steps
    )


def _joined(parts: list[BatchFits]) -> BatchFits:
    def together(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in parts])

    names = ("coefficients", "intercepts", "objectives", "converged", "steps")
    return BatchFits(*(together(name) for name in names))


def _host(values: Any) -> NDArray[Any]:
    return values if is_numpy_array(values) else np.asarray(values.detach().cpu())


def _check(X: Any, shape: tuple[int, ...], targets: NDArray[Any]) -> None:
    if shape[1] != X.shape[0]:
        raise ProbesteerError(
            f"probes: {shape[1]} targets for {X.shape[0]} rows; give a target for every row"
        )
    if isinstance(X, np.ndarray) and not isinstance(X, np.memmap):
        require_finite(X, "rows to fit")
    require_finite(targets, "targets")


def _row_weights(shape: tuple[int, ...], weights: ArrayLike | None) -> FloatArray:
    if weights is None:
        return np.ones(shape)
    given = np.broadcast_to(np.asarray(weights, dtype=np.float64), shape)
    _require(given.sum(axis=1) > 0, "has no row of weight above 0", "give it rows")
    return given


def _require(sound: NDArray[np.bool_], fault: str, remedy: str) -> None:
    if not sound.all():
        raise ProbesteerError(f"probes: problem {int(np.argmin(sound))} {fault}; {remedy}")
