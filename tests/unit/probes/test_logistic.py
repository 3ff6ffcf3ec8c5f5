"""The probe against scikit-learn's own pipeline, and where inputs are awkward."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from probesteer.errors import ProbesteerError
from probesteer.probes.logistic import fit_logistic
from probesteer.probes.probe import LogisticProbe

Labels = NDArray[np.int64]
Features = NDArray[np.float64]


def correlated(n: int, d: int, seed: int = 0) -> tuple[Features, Labels]:
    """Features on very different scales and far from the origin; labels partly linear in them."""
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((n, d)) @ generator.standard_normal((d, d))
    X = X * np.geomspace(0.01, 100, d) + generator.standard_normal(d) * 50
    score = (X - X.mean(axis=0)) / X.std(axis=0) @ generator.standard_normal(d)
    y = score / score.std() + generator.standard_normal(n) > 0
    return X, y.astype(np.int64)


def objective(probe: LogisticProbe, X: Features, y: Labels) -> float:
    """The penalised loss that `fit_logistic` states, from the raw-space probe."""
    w = probe.coefficient * X.std(axis=0)
    losses = np.logaddexp(0, -np.where(y == 1, 1, -1) * probe.scores(X))
    return float(w @ w / 2 + probe.C * losses.sum())


@pytest.mark.parametrize(("n", "d"), [(200, 20), (60, 150)])
@pytest.mark.parametrize("C", [0.01, 10.0])
def test_scores_on_raw_rows_equal_those_of_the_standardising_pipeline(
    n: int, d: int, C: float
) -> None:
    X, y = correlated(n, d)
    pipeline = make_pipeline(
        StandardScaler(), LogisticRegression(C=C, solver="newton-cholesky", tol=1e-10)
    ).fit(X, y)
    new_rows, _ = correlated(50, d, seed=1)

    probe = fit_logistic(X, y, C)

    assert probe.converged
    assert probe.C == C
    assert probe.coefficient.shape == (d,)
    np.testing.assert_allclose(
        probe.scores(new_rows), pipeline.decision_function(new_rows), rtol=1e-6, atol=1e-6
    )


def test_the_fit_is_a_minimum_of_the_stated_objective() -> None:
    X, y = correlated(150, 10)
    probe = fit_logistic(X, y, 0.3)
    best = objective(probe, X, y)
    generator = np.random.default_rng(0)
    for _ in range(20):
        step = 1e-3 * generator.standard_normal(10) / X.std(axis=0)
        moved = LogisticProbe(probe.coefficient + step, probe.intercept, probe.C, True)
        assert objective(moved, X, y) > best


def test_a_planted_direction_is_recovered() -> None:
    generator = np.random.default_rng(0)
    planted = np.zeros(16)
    planted[[2, 5]] = [0.6, -0.8]
    y = generator.integers(0, 2, 2_000)
    X = generator.standard_normal((2_000, 16)) + np.outer(y, 3 * planted)
    coefficient = fit_logistic(X, y, 1.0).coefficient
    assert coefficient @ planted / np.linalg.norm(coefficient) > 0.98


@pytest.mark.parametrize("C", [0.1, 1.0])
def test_sparse_rows_give_the_probe_of_the_same_rows_dense(C: float) -> None:
    generator = np.random.default_rng(0)
    dense = generator.poisson(0.4, size=(120, 30)).astype(np.float64)
    dense[:, 7] = 0
    y = (dense[:, 0] + generator.standard_normal(120) > 0.5).astype(np.int64)
    from_dense = fit_logistic(dense, y, C)
    from_sparse = fit_logistic(sparse.csr_matrix(dense), y, C)
    np.testing.assert_allclose(from_sparse.coefficient, from_dense.coefficient, atol=1e-5)
    assert from_sparse.intercept == pytest.approx(from_dense.intercept, abs=1e-4)
    np.testing.assert_allclose(
        from_sparse.scores(sparse.csr_matrix(dense)), from_sparse.scores(dense), atol=1e-12
    )


def test_half_precision_rows_are_read_from_a_memory_map(tmp_path: Path) -> None:
    X, y = correlated(80, 6)
    half = X.astype(np.float16)
    np.save(tmp_path / "rows.npy", half)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    probe = fit_logistic(mapped, y, 1.0)
    expected = fit_logistic(half.astype(np.float64), y, 1.0)
    assert probe.coefficient.tobytes() == expected.coefficient.tobytes()
    assert probe.scores(mapped).tobytes() == expected.scores(half.astype(np.float64)).tobytes()


def test_constant_features_get_the_coefficient_zero() -> None:
    X, y = correlated(100, 5)
    X[:, 1], X[:, 3] = 0.1, 0.0
    probe = fit_logistic(X, y, 1.0)
    np.testing.assert_array_equal(probe.coefficient[[1, 3]], 0.0)
    without = fit_logistic(X[:, [0, 2, 4]], y, 1.0)
    np.testing.assert_allclose(probe.coefficient[[0, 2, 4]], without.coefficient, rtol=1e-6)


def test_all_features_constant_leaves_the_log_odds_of_the_labels() -> None:
    y = np.array([0] * 10 + [1] * 30)
    probe = fit_logistic(np.full((40, 3), 0.1), y, 1.0)
    np.testing.assert_array_equal(probe.coefficient, 0.0)
    assert probe.intercept == pytest.approx(np.log(3), abs=1e-8)


def test_the_given_rows_are_left_as_they_are() -> None:
    X, y = correlated(50, 4)
    before = X.copy()
    fit_logistic(X, y, 1.0)
    np.testing.assert_array_equal(X, before)


def test_rows_that_are_not_finite_are_named() -> None:
    X, y = correlated(20, 4)
    X[7, 2] = np.inf
    with pytest.raises(ProbesteerError, match=r"rows to fit: row 7: activation is NaN or infinite"):
        fit_logistic(X, y, 1.0)


@pytest.mark.parametrize("labels", [np.zeros(20), np.ones(20), np.arange(20) % 3])
def test_labels_other_than_both_0_and_1_are_refused(labels: NDArray[np.float64]) -> None:
    X, _ = correlated(20, 4)
    with pytest.raises(ProbesteerError, match="where both 0 and 1 are needed"):
        fit_logistic(X, labels.astype(np.int64), 1.0)
