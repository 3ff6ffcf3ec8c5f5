"""LEACE: what it promises, its closed form, and that it changes as little as can be."""

import numpy as np
import pytest
from scipy import linalg
from sklearn.linear_model import LogisticRegression

from probesteer.directions.estimators import difference_of_means
from probesteer.directions.leace import Eraser, StreamedLeace, as_targets, fit_eraser
from probesteer.errors import ProbesteerError


def labelled(n: int, d: int, classes: int = 2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Correlated rows whose means differ between classes of unequal size."""
    generator = np.random.default_rng(seed)
    y = np.minimum(generator.integers(0, classes + 1, n), classes - 1)
    y[:classes] = np.arange(classes)
    mixing = generator.standard_normal((d, d)) * np.geomspace(0.1, 4, d)
    means = generator.standard_normal((classes, d)) * 2
    return generator.standard_normal((n, d)) @ mixing + means[y] + 3, y


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize(("n", "d"), [(300, 10), (25, 60)])
def test_afterwards_no_linear_probe_beats_chance(n: int, d: int, classes: int) -> None:
    X, y = labelled(n, d, classes)
    before = LogisticRegression(C=10, max_iter=5_000).fit(X, y)
    assert before.score(X, y) > np.bincount(y).max() / n + 0.1
    clean = fit_eraser(X, y).erased(X)
    # Theorem 3.1: without any covariance, the best probe is the constant one.
    targets = as_targets(y)
    covariance = (clean - clean.mean(axis=0)).T @ (targets - targets.mean(axis=0)) / n
    assert np.abs(covariance).max() < 1e-10
    for C in (0.1, 1e4):
        after = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-9).fit(clean, y)
        assert np.abs(after.coef_).max() < 1e-4
        assert after.score(clean, y) == pytest.approx(np.bincount(y).max() / n)


@pytest.mark.parametrize("classes", [2, 3])
def test_it_is_the_closed_form(classes: int) -> None:
    X, y = labelled(200, 7, classes, seed=1)
    targets = as_targets(y)
    S_xx = np.cov(X.T, bias=True)
    S_xz = (X - X.mean(axis=0)).T @ (targets - targets.mean(axis=0)) / len(X)
    W = np.linalg.inv(linalg.sqrtm(S_xx).real)
    P = W @ S_xz @ np.linalg.pinv(W @ S_xz)
    expected = X - (X - X.mean(axis=0)) @ (np.linalg.inv(W) @ P @ W).T
    eraser = fit_eraser(X, y)
    assert eraser.read.shape == eraser.write.shape == (classes - 1, 7)
    np.testing.assert_allclose(eraser.erased(X), expected, atol=1e-9)


def test_it_changes_less_than_projecting_the_difference_of_means_out() -> None:
    X, y = labelled(400, 8)
    unit = difference_of_means(X, y)
    unit /= np.linalg.norm(unit)
    projected = X - np.outer((X - X.mean(axis=0)) @ unit, unit)
    eraser = fit_eraser(X, y)
    assert ((eraser.erased(X) - X) ** 2).mean() < ((projected - X) ** 2).mean()
    # For two labels both write along the difference of means; they read along other directions.
    cosine = eraser.write[0] @ unit / np.linalg.norm(eraser.write[0])
    assert abs(cosine) == pytest.approx(1, abs=1e-9)
    reads = np.linalg.lstsq(X - X.mean(axis=0), y - y.mean(), rcond=None)[0]
    assert abs(eraser.read[0] @ reads) == pytest.approx(
        np.linalg.norm(eraser.read[0]) * np.linalg.norm(reads), rel=1e-9
    )


def test_erasing_twice_is_erasing_once_and_the_mean_stays() -> None:
    X, y = labelled(100, 6, 3)
    eraser = fit_eraser(X, y)
    once = eraser.erased(X)
    np.testing.assert_allclose(eraser.erased(once), once, atol=1e-10)
    np.testing.assert_allclose(once.mean(axis=0), X.mean(axis=0), atol=1e-10)
    np.testing.assert_allclose(eraser.read @ eraser.write.T, np.eye(2), atol=1e-10)


@pytest.mark.parametrize("batch", [1, 7, 500])
def test_batches_give_what_all_rows_give(batch: int) -> None:
    X, y = labelled(150, 9, 3)
    X[:, 0] += 1_000  # an offset that sums of squares would drown in
    streamed = StreamedLeace(9, 3)
    for first in range(0, len(X), batch):
        streamed.partial_fit(X[first : first + batch], as_targets(y)[first : first + batch])
    streamed.partial_fit(X[:0], as_targets(y)[:0])
    assert streamed.n_ == 150
    np.testing.assert_allclose(
        streamed.eraser_.erased(X), fit_eraser(X, y).erased(X), rtol=1e-9, atol=1e-6
    )


def test_real_targets_are_erased_too() -> None:
    generator = np.random.default_rng(0)
    X = generator.standard_normal((200, 5))
    z = X @ [1.0, 2, 0, 0, 0] + generator.standard_normal(200)
    clean = fit_eraser(X, z).erased(X)
    assert np.abs(np.corrcoef(clean.T, z)[-1, :-1]).max() < 1e-10
    both = np.stack([z, X[:, 4]], axis=1)
    clean = fit_eraser(X, both).erased(X)
    assert np.abs((clean - clean.mean(axis=0)).T @ (both - both.mean(axis=0))).max() < 1e-9


def test_features_that_are_constant_or_repeated_do_no_harm() -> None:
    X, y = labelled(80, 4)
    wide = np.hstack([X, X[:, :2], np.full((80, 1), 7.0)])
    clean = fit_eraser(wide, y).erased(wide)
    assert np.isfinite(clean).all()
    assert np.abs(clean[y == 1].mean(axis=0) - clean[y == 0].mean(axis=0)).max() < 1e-9
    np.testing.assert_allclose(clean[:, 6], 7, atol=1e-9)


def test_where_there_is_no_concept_nothing_is_changed() -> None:
    X = np.vstack([np.eye(3), np.eye(3)]) + 0.1
    y = np.array([0, 0, 0, 1, 1, 1])
    eraser: Eraser = fit_eraser(X, y)
    assert eraser.read.shape == (0, 3)
    np.testing.assert_array_equal(eraser.erased(X), X)


def test_rows_that_are_not_finite_are_named() -> None:
    X = np.ones((4, 2))
    X[2, 0] = np.nan
    with pytest.raises(ProbesteerError, match="LEACE: row 2"):
        fit_eraser(X, np.array([0, 1, 0, 1]))
    with pytest.raises(ProbesteerError, match="LEACE: row 2"):
        StreamedLeace(2, 1).partial_fit(X, np.ones((4, 1)))
