"""Fit linear probes: L2-penalised logistic regression, expressed in raw activation space."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from probesteer.probes.checks import require_both_labels, require_finite
from probesteer.probes.probe import LogisticProbe

# A Newton step with the exact Hessian costs n d^2, and about 7 are enough. An L-BFGS step costs
# n d, but correlated features and a weak penalty need hundreds to thousands: for C from 0.01 to 10
# on 8,000 x 768, L-BFGS took 1 to 20 s and Newton 1.1 to 1.4 s. From here on they change places.
NEWTON_FEATURES = 1_024
_TOLERANCE = 1e-8
_NEWTON_STEPS = 100
_LBFGS_STEPS = 5_000


def fit_logistic(X: Any, y: NDArray[np.int64], C: float) -> LogisticProbe:
    """Fit one probe to X: [n, d] and y: [n] in {0, 1}; see `fit_logistic_path`."""
    return fit_logistic_path(X, y, [C])[0]


def fit_logistic_path(
    X: Any, y: NDArray[np.int64], C_grid: Sequence[float]
) -> tuple[LogisticProbe, ...]:
    """Fit one probe for each C of `C_grid` to the same rows; they share the standardisation.

    X: [n, d], dense of any float dtype (memory-mapped too) or scipy sparse; y: [n] in {0, 1}.
    Features are scaled to unit variance on these rows, so that one C means the same at every
    layer; a constant feature gets the coefficient 0. Minimises, with w in that scaling,
    `|w|^2 / 2 + C * (sum of the rows' negative log-likelihoods)`; the intercept b is free.
    The solver is Newton with a Cholesky factor for dense X where min(n, d) is at most
    `NEWTON_FEATURES`, else L-BFGS (Nocedal & Wright 2006, chapters 3 and 7), both by
    scikit-learn. Neither draws random numbers.

    Raises ProbesteerError where a label is missing or a row is not finite.
    """
    require_both_labels(y, "rows to fit")
    scaled, mean, scale, constant = _standardise(X)
    basis = None
    if not sparse.issparse(scaled) and scaled.shape[1] > scaled.shape[0]:
        scaled, basis = _rotate_into_rows(scaled)
    probes = []
    for C in C_grid:
        weights, bias, converged = _solve(scaled, y, C)
        if basis is not None:
            weights = basis @ weights
        coefficient = np.where(constant, 0.0, weights / scale)
        intercept = float(bias - mean @ coefficient)
        probes.append(LogisticProbe(coefficient, intercept, float(C), converged))
    return tuple(probes)


def _standardise(
    X: Any,
) -> tuple[Any, NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Scaled X: [n, d], and per feature [d] the mean taken off, the scale, whether constant.

    Sparse X is scaled but not centred, which keeps it sparse: with a free intercept, centring
    moves the intercept and leaves the coefficients as they are.
    """
    if sparse.issparse(X):
        scaler = StandardScaler(with_mean=False)
        scaled = scaler.fit_transform(sparse.csr_matrix(X, dtype=np.float64))
        return scaled, np.zeros(X.shape[1]), scaler.scale_, scaler.var_ == 0
    dense = np.array(X, dtype=np.float64)
    require_finite(dense, "rows to fit")
    constant = np.ptp(dense, axis=0) == 0
    scaler = StandardScaler(copy=False)
    scaled = scaler.fit_transform(dense)
    return scaled, scaler.mean_, scaler.scale_, constant


def _rotate_into_rows(
    scaled: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """X: [n, d] with d > n as coordinates [n, n] in an orthonormal basis [d, n] of its rows.

    The weights that minimise the penalised loss lie in the span of the rows (representer
    theorem), and a rotation leaves their norm as it is: the fit is the same, with n features.
    """
    basis, coordinates = np.linalg.qr(scaled.T)
    return np.ascontiguousarray(coordinates.T), basis


def _solve(scaled: Any, y: NDArray[np.int64], C: float) -> tuple[NDArray[np.float64], float, bool]:
    """Weights [d] and intercept of the penalised fit, and whether it converged."""
    newton = scaled.shape[1] <= NEWTON_FEATURES and not sparse.issparse(scaled)
    model = LogisticRegression(
        C=C,
        solver="newton-cholesky" if newton else "lbfgs",
        tol=_TOLERANCE,
        max_iter=_NEWTON_STEPS if newton else _LBFGS_STEPS,
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(scaled, y)
    converged = not any(issubclass(each.category, ConvergenceWarning) for each in caught)
    return model.coef_[0], float(model.intercept_[0]), converged
