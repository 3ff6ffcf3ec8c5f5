"""Folds that keep groups together, and the choice of C."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

from probesteer.errors import ProbesteerError
from probesteer.probes.cross_validation import (
    EDGE_GAIN,
    choose_C,
    grouped_folds,
    held_out_log_likelihoods,
)


def noisy(n: int, d: int, signal: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    generator = np.random.default_rng(0)
    y = np.arange(n) % 2
    X = generator.standard_normal((n, d))
    X[:, 0] += signal * (2 * y - 1)
    return X, y


def test_folds_cover_each_row_once_and_split_no_group() -> None:
    generator = np.random.default_rng(0)
    groups = np.array([f"template {number}" for number in generator.integers(0, 30, 200)])
    y = generator.integers(0, 2, 200)
    folds = grouped_folds(y, groups, 5, seed=0)
    assert len(folds) == 5
    held_out = np.concatenate([fold.held_out for fold in folds])
    np.testing.assert_array_equal(np.sort(held_out), np.arange(200))
    for fold in folds:
        assert not set(groups[fold.fit]) & set(groups[fold.held_out])
        np.testing.assert_array_equal(np.union1d(fold.fit, fold.held_out), np.arange(200))
        assert y[fold.held_out].mean() == pytest.approx(y.mean(), abs=0.15)


def test_a_seed_fixes_the_folds() -> None:
    y, groups = np.arange(60) % 2, np.arange(60) // 2
    first, again, other = (grouped_folds(y, groups, 3, seed) for seed in (1, 1, 2))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.held_out, two.held_out)
    assert any(
        not np.array_equal(one.held_out, two.held_out)
        for one, two in zip(first, other, strict=True)
    )


def test_scores_are_the_held_out_log_likelihoods() -> None:
    X, y = noisy(60, 4, signal=0.7)
    folds = grouped_folds(y, np.arange(60) // 3, 3, seed=0)
    grid = [0.01, 1.0]
    means = held_out_log_likelihoods(X, y, folds, grid)
    expected, Z = np.zeros(2), StandardScaler().fit_transform(X)
    for fold in folds:
        for index, C in enumerate(grid):
            probe = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-10)
            probability = probe.fit(Z[fold.fit], y[fold.fit]).predict_proba(Z[fold.held_out])
            expected[index] -= log_loss(y[fold.held_out], probability, normalize=False) / 60
    np.testing.assert_allclose(means, expected, rtol=1e-6)
    assert choose_C(X, y, folds, grid)[0] == grid[int(expected.argmax())]


def test_noise_asks_for_a_strong_penalty_and_signal_for_a_weak_one() -> None:
    grid = [1e-4, 1e-2, 1.0, 100.0]
    groups = np.arange(100)
    X, y = noisy(100, 30, signal=0.0)
    noise, _ = choose_C(X, y, grouped_folds(y, groups, 5, seed=0), grid)
    X, y = noisy(100, 2, signal=4.0)
    signal, _ = choose_C(X, y, grouped_folds(y, groups, 5, seed=0), grid)
    assert noise == 1e-4
    assert signal >= 1.0


def test_of_equal_scores_the_smallest_C_is_taken() -> None:
    y = np.arange(40) % 2
    folds = grouped_folds(y, np.arange(40), 4, seed=0)
    assert choose_C(np.ones((40, 3)), y, folds, [10.0, 0.1, 1.0, 0.1]) == (0.1, False)


def test_a_wider_grid_is_advised_where_an_end_wins_by_more_than_a_trifle() -> None:
    X, y = noisy(100, 2, signal=4.0)
    folds = grouped_folds(y, np.arange(100), 5, seed=0)
    for grid, wider in (([1e-9, 1e-8], False), ([1e-4, 1e-2], True), ([1e-9, 1e3, 1e9], False)):
        means = held_out_log_likelihoods(X, y, folds, grid)
        C, advised = choose_C(X, y, folds, grid)
        assert advised is wider
        if wider:
            assert means[grid.index(C)] > np.sort(means)[-2] + EDGE_GAIN
    assert choose_C(X, y, folds, [0.5]) == (0.5, False)


def test_too_few_groups_or_rows_of_a_label_are_refused() -> None:
    y = np.arange(20) % 2
    with pytest.raises(ProbesteerError, match="4 groups and 10 rows of the rarer label"):
        grouped_folds(y, np.arange(20) // 5, 5, seed=0)
    rare = np.array([1, 1, 1] + [0] * 17)
    with pytest.raises(ProbesteerError, match="3 rows of the rarer label cannot fill 5 folds"):
        grouped_folds(rare, np.arange(20), 5, seed=0)


def test_a_label_in_one_group_alone_is_refused() -> None:
    y = np.array([1] * 5 + [0] * 15)
    groups = np.array([0] * 5 + list(range(1, 16)))
    with pytest.raises(ProbesteerError, match="holds every row of a label"):
        grouped_folds(y, groups, 5, seed=0)
