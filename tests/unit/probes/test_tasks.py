"""The criterion of each kind of label beside scikit-learn, and what counts as read right."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

from probesteer.probes.cross_validation import choose_C, grouped_folds, held_out_log_likelihoods
from probesteer.probes.metrics.description_length import coding_order, description_lengths
from probesteer.probes.tasks import BINARY, REAL, task_of

GRID = [0.01, 1.0]


def three_classes(signal: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """120 rows, 4 a group; the first three features tell the class."""
    generator = np.random.default_rng(0)
    y = generator.integers(0, 3, 120)
    X = generator.standard_normal((120, 5))
    X[:, :3] += signal * np.eye(3)[y]
    return X, y


def test_the_criterion_of_classes_is_the_held_out_log_likelihood() -> None:
    X, y = three_classes(1.0)
    folds = grouped_folds(y, np.arange(120) // 4, 3, seed=0)
    found = held_out_log_likelihoods(X, y, folds, GRID, task_of("classes", y))
    expected, Z = np.zeros(2), StandardScaler().fit_transform(X)
    for fold in folds:
        for index, C in enumerate(GRID):
            probe = LogisticRegression(C=C, tol=1e-10, max_iter=1000)
            probability = probe.fit(Z[fold.fit], y[fold.fit]).predict_proba(Z[fold.held_out])
            expected[index] -= log_loss(y[fold.held_out], probability, normalize=False) / 120
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_criterion_of_real_numbers_is_that_of_normal_errors() -> None:
    X, _ = three_classes(1.0)
    y = X[:, 0] + np.random.default_rng(1).standard_normal(120)
    sides = (y > np.median(y)).astype(np.int64)
    folds = grouped_folds(sides, np.arange(120) // 4, 3, seed=0)
    found = held_out_log_likelihoods(X, y, folds, GRID, REAL)
    errors, Z = np.zeros(2), StandardScaler().fit_transform(X)
    for fold in folds:
        for index, C in enumerate(GRID):
            probe = Ridge(alpha=1 / C).fit(Z[fold.fit], y[fold.fit])
            errors[index] += np.square(probe.predict(Z[fold.held_out]) - y[fold.held_out]).sum()
    np.testing.assert_allclose(found, -0.5 * np.log(errors / 120), rtol=1e-6)
    # The unit of the target changes neither the choice nor what the end of the grid gains.
    assert choose_C(X, y, folds, GRID, REAL) == choose_C(X, 1000 * y, folds, GRID, REAL)


def test_a_target_that_is_read_without_error_has_a_criterion() -> None:
    assert np.isfinite(REAL.log_likelihood(np.array([0.0, 1.0]))).all()


def test_what_is_read_right() -> None:
    scores = np.array([[0.2, 0.9, 0.1], [3.0, 1.0, 2.0], [0.0, -1.0, -2.0]])
    targets = np.array([1, 2, 0])
    assert task_of("classes", targets).correct(targets, scores).tolist() == [1, 0, 1]
    assert BINARY.correct(np.array([1, 0, 1]), np.array([0.5, 0.5, -1.0])).tolist() == [1, 0, 0]


@pytest.mark.parametrize(("signal", "low", "high"), [(3.0, 1.3, 10.0), (0.0, 0.8, 1.05)])
def test_the_code_of_three_classes_starts_at_log2_3_bits(
    signal: float, low: float, high: float
) -> None:
    X, y = three_classes(signal)
    groups = np.arange(120) // 4
    (length,) = description_lengths(X, y[None], groups, 0.1, 0, task_of("classes", y))
    assert length.uniform_codelength == pytest.approx(120 * np.log2(3))
    assert low < length.compression < high


def test_the_code_of_classes_is_that_of_probes_of_the_rows_before() -> None:
    X, y = three_classes(1.0)
    groups = np.arange(120)  # one row each: the order is that of the seed
    task = task_of("classes", y)
    (length,) = description_lengths(X, y[None], groups, 1.0, 3, task)
    order, _ = coding_order(groups, 3)
    Z, ends = StandardScaler().fit_transform(X)[order], length.block_ends
    bits = ends[0] * np.log2(3)
    for start, end in pairwise(ends):
        probe = LogisticRegression(C=1.0, tol=1e-10, max_iter=1000)
        probe.fit(Z[:start], y[order][:start])
        likelihood = probe.predict_log_proba(Z[start:end])
        bits -= likelihood[np.arange(end - start), y[order][start:end]].sum() / np.log(2)
    assert length.codelength == pytest.approx(bits, rel=1e-5)
