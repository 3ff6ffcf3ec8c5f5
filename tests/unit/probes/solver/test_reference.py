"""Against scikit-learn's newton-cholesky in float64: objectives to 1e-6, probabilities to 1e-4."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge

from probesteer.probes.solver.batch import (
    fit_logistic_batch,
    fit_multinomial_batch,
    fit_ridge_batch,
)
from probesteer.probes.solver.features import SharedFeatures

Matrix = NDArray[np.float64]

PENALTIES = (1e-4, 1e-2, 1.0, 1e2, 1e4)


def features(n: int, d: int, seed: int) -> Matrix:
    """Correlated features of very different scales."""
    generator = np.random.default_rng(seed)
    mixed = generator.standard_normal((n, d)) @ generator.standard_normal((d, d))
    return mixed * np.geomspace(0.01, 10, d) + generator.standard_normal(d)


def labels(X: Matrix, seed: int, positives: float = 0.5, noise: float = 1.0) -> NDArray[np.int64]:
    """A linear rule with noise, in units of its spread; about a share `positives` of ones."""
    generator = np.random.default_rng(seed + 1)
    rule = X @ (generator.standard_normal(X.shape[1]) / X.std(axis=0).clip(1e-9))
    noisy = rule / rule.std() + noise * generator.standard_normal(len(X))
    ones = max(1, round(positives * len(X)))
    found = np.zeros(len(X), dtype=np.int64)
    found[np.argsort(noisy)[-ones:]] = 1
    return found


def standardised(X: Matrix) -> Matrix:
    spread = X.std(axis=0)
    constant = np.ptp(X, axis=0) == 0
    return np.where(constant, 0.0, (X - X.mean(axis=0)) / np.where(constant, 1.0, spread))


def agrees(X: Matrix, y: NDArray[np.int64], C: float) -> None:
    """One fit is the reference's, in objective and in probabilities."""
    fits = fit_logistic_batch(X, y, C)
    assert fits.converged.all()
    Z = standardised(X)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reference = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-12, max_iter=1000)
        reference.fit(Z, y)
    expected = reference.decision_function(Z)
    objective = (reference.coef_**2).sum() / 2 + C * (
        np.logaddexp(0, expected) - y * expected
    ).sum()
    # An objective lower than the reference's is no fault.
    assert fits.objectives[0] <= objective * (1 + 1e-6)
    found = fits.scores(X)[0]
    own = (np.logaddexp(0, found) - y * found).sum() * C
    coefficients = fits.coefficients[0] * np.where(np.ptp(X, axis=0) == 0, 1.0, X.std(axis=0))
    assert fits.objectives[0] == pytest.approx(own + (coefficients**2).sum() / 2, rel=1e-9)
    np.testing.assert_allclose(1 / (1 + np.exp(-found)), 1 / (1 + np.exp(-expected)), atol=1e-4)


@pytest.mark.parametrize("C", PENALTIES)
@pytest.mark.parametrize(("n", "d"), [(120, 20), (40, 90), (60, 60)])
def test_more_and_fewer_rows_than_features(n: int, d: int, C: float) -> None:
    X = features(n, d, 0)
    agrees(X, labels(X, 0), C)


@pytest.mark.parametrize("C", PENALTIES)
def test_collinear_and_constant_columns(C: float) -> None:
    base = features(100, 8, 1)
    X = np.hstack([base, base[:, :3], base[:, :1] - base[:, 1:2], np.full((100, 2), 7.0)])
    agrees(X, labels(base, 1), C)
    assert (fit_logistic_batch(X, labels(base, 1), C).coefficients[0, -2:] == 0).all()


@pytest.mark.parametrize("C", PENALTIES)
def test_separable_rows(C: float) -> None:
    X = features(80, 6, 2)
    agrees(X, labels(X, 2, noise=0.0), C)


@pytest.mark.parametrize("C", PENALTIES)
def test_one_positive_in_a_hundred(C: float) -> None:
    X = features(300, 12, 3)
    agrees(X, labels(X, 3, positives=0.01), C)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    n=st.integers(8, 90),
    d=st.integers(1, 60),
    C=st.floats(-4, 4).map(lambda power: 10.0**power),
    positives=st.floats(0.02, 0.98),
    noise=st.sampled_from([0.0, 0.3, 2.0]),
    seed=st.integers(0, 1000),
)
def test_any_problem(n: int, d: int, C: float, positives: float, noise: float, seed: int) -> None:
    X = features(n, d, seed)
    y = labels(X, seed, positives, noise)
    y[0], y[1] = 0, 1
    agrees(X, y, C)


def test_float32_features_with_a_large_mean() -> None:
    X = (features(150, 10, 4) + 1e4).astype(np.float32)
    agrees(X.astype(np.float64), labels(X.astype(np.float64), 4), 10.0)


@pytest.mark.parametrize("C", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize(("n", "d"), [(150, 10), (40, 60)])
def test_multinomial(n: int, d: int, C: float) -> None:
    X = standardised(features(n, d, 5))
    y = np.digitize(X[:, 0] + 0.5 * X[:, 1], [-0.5, 0.4])
    fits = fit_multinomial_batch(SharedFeatures(X, False), y, C)
    reference = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-12, max_iter=1000)
    expected = reference.fit(X, y).predict_proba(X)
    scores = fits.scores(X)[0]
    found = np.exp(scores - np.logaddexp.reduce(scores, axis=1, keepdims=True))
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert fits.converged.all()
    np.testing.assert_allclose(fits.intercepts.sum(axis=1), 0, atol=1e-9)


@pytest.mark.parametrize("alpha", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize(("n", "d"), [(150, 10), (40, 60)])
def test_ridge(n: int, d: int, alpha: float) -> None:
    X = standardised(features(n, d, 6))
    y = X[:, 0] * 3 + 5 + np.random.default_rng(6).standard_normal(n)
    weights = np.random.default_rng(7).integers(0, 3, n)
    fits = fit_ridge_batch(SharedFeatures(X, False), y, 1 / alpha, weights)
    reference = Ridge(alpha=alpha).fit(X, y, weights)
    np.testing.assert_allclose(fits.scores(X)[0], reference.predict(X), atol=1e-6)


@pytest.mark.parametrize("C", [1e-8, 1e5, 1e6, 1e7, 1e8])
@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_what_is_called_converged_has_no_gradient(C: float, noise: float) -> None:
    X = standardised(features(120, 6, 8))
    y = labels(X, 8, noise=noise)
    fits = fit_logistic_batch(SharedFeatures(X, False), y, C)
    pulls = C * X * (1 / (1 + np.exp(-fits.scores(X)[0])) - y)[:, None]
    gradient = fits.coefficients[0] + pulls.sum(axis=0)
    scale = np.abs(fits.coefficients[0]) + np.abs(pulls).sum(axis=0)
    assert fits.converged[0] == (np.abs(gradient) <= 1e-4 * scale).all()
    assert fits.converged[0]
