"""Means, LDA and ridge beside scikit-learn and direct solutions."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.covariance import ledoit_wolf
from sklearn.covariance import ledoit_wolf_shrinkage as independent_shrinkage
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.neighbors import NearestCentroid
from sklearn.preprocessing import StandardScaler

from probesteer.probes.estimators.difference_of_means import fit_difference_of_means
from probesteer.probes.estimators.interface import LinearProbe, UnfittableError
from probesteer.probes.estimators.lda import fit_lda, ledoit_wolf_shrinkage
from probesteer.probes.estimators.nearest_centroid import fit_nearest_centroid
from probesteer.probes.estimators.ridge import PENALTIES, fit_ridge, left_out_errors
from probesteer.probes.estimators.spectrum import thin_spectrum

Rows = NDArray[np.float64]
shapes = pytest.mark.parametrize(("n", "d"), [(90, 6), (40, 70)])


def rows(n: int, d: int) -> tuple[Rows, NDArray[np.int64]]:
    """Correlated features of unlike size, with a label that some of them carry; 2 : 3."""
    generator = np.random.default_rng(d)
    y = (np.arange(n) % 5 < 2).astype(np.int64)
    X = generator.standard_normal((n, d)) @ generator.standard_normal((d, d))
    X[:, :3] += 1.2 * np.sqrt(d) * y[:, None]
    return X * np.exp(generator.standard_normal(d)) + 5, y


@shapes
def test_difference_of_means_reads_the_nearer_mean(n: int, d: int) -> None:
    X, y = rows(n, d)
    probe = fit_difference_of_means(X, y, y, None, 0)
    np.testing.assert_array_equal(probe.scores(X) > 0, NearestCentroid().fit(X, y).predict(X) == 1)
    means = np.stack([X[y == 0].mean(axis=0), X[y == 1].mean(axis=0)])
    at_means = probe.scores(means)
    assert at_means[1] == pytest.approx(-at_means[0])


@shapes
def test_nearest_centroid_is_that_of_scaled_features(n: int, d: int) -> None:
    X, y = rows(n, d)
    scaled = StandardScaler().fit_transform(X)
    probe = fit_nearest_centroid(X, y, y, None, 0)
    found = NearestCentroid().fit(scaled, y)
    np.testing.assert_array_equal(probe.scores(X) > 0, found.predict(scaled) == 1)
    distances = ((scaled[:, None] - found.centroids_) ** 2).sum(axis=2)
    np.testing.assert_allclose(probe.scores(X), (distances[:, 0] - distances[:, 1]) / 2)


@shapes
def test_lda_is_the_shrunk_covariance_solved(n: int, d: int) -> None:
    X, y = rows(n, d)
    scaled = StandardScaler().fit_transform(X)
    means = np.stack([scaled[y == 0].mean(axis=0), scaled[y == 1].mean(axis=0)])
    covariance, _ = ledoit_wolf(scaled - means[y], assume_centered=True)
    weights = np.linalg.solve(covariance, means[1] - means[0])
    expected = (scaled - means.mean(axis=0)) @ weights + np.log(y.mean() / (1 - y.mean()))
    np.testing.assert_allclose(fit_lda(X, y, y, None, 0).scores(X), expected, rtol=1e-8)


@shapes
def test_shrinkage_from_either_gram_matrix(n: int, d: int) -> None:
    residuals = rows(n, d)[0]
    residuals -= residuals.mean(axis=0)
    expected = independent_shrinkage(residuals, assume_centered=True)
    assert 0 < expected < 1
    for gram in (residuals @ residuals.T, residuals.T @ residuals):
        assert ledoit_wolf_shrinkage(residuals, gram, d) == pytest.approx(expected)


def test_classes_without_spread_are_read_along_their_means() -> None:
    y = np.tile([0, 1], 10)
    X = np.stack([3.0 * y, -1.0 * y, np.full(20, 7.0)], axis=1)
    probe = fit_lda(X, y, y, None, 0)
    assert isinstance(probe, LinearProbe)
    assert probe.coefficient[0] * 3 == pytest.approx(-probe.coefficient[1])  # scaled: 2 each
    np.testing.assert_allclose(probe.scores(X), 4.0 * (2 * y - 1))


@shapes
def test_ridge_with_groups_of_one_row_is_that_of_leaving_rows_out(n: int, d: int) -> None:
    X, y = rows(n, d)
    scaled = StandardScaler().fit_transform(X)
    values = thin_spectrum(scaled)[1]
    penalties = np.array(PENALTIES) * np.mean(values**2)
    independent = RidgeCV(alphas=penalties).fit(scaled, 2.0 * y - 1)
    probe = fit_ridge(X, y, np.arange(n), None, 0)
    assert penalties[0] < independent.alpha_ < penalties[-1]
    np.testing.assert_allclose(probe.scores(X), independent.predict(scaled), rtol=1e-6, atol=1e-8)


@shapes
def test_errors_on_left_out_groups_are_those_of_fits_without_them(n: int, d: int) -> None:
    X, y = rows(n, d)
    X -= X.mean(axis=0)
    targets = np.where(y == 1, 1.0, -1.0)
    groups = np.random.default_rng(0).choice(9, n, p=[0.2, 0.2, *[0.6 / 7] * 7])
    penalties: Rows = np.array([0.5, 50.0, 5e3])
    left, values = thin_spectrum(X)
    found = left_out_errors(left, values, targets, groups, penalties)
    expected = np.zeros(3)
    for index, penalty in enumerate(penalties):
        for group in range(9):
            held_out = groups == group
            model = Ridge(alpha=penalty).fit(X[~held_out], targets[~held_out])
            residuals = targets[held_out] - model.predict(X[held_out])
            expected[index] += np.sum(residuals**2) / n
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_groups_of_near_copies_call_for_a_stronger_penalty() -> None:
    # ten near copies of each of 30 rows whose labels mean nothing: copies give each other away
    generator = np.random.default_rng(3)
    groups = np.repeat(np.arange(30), 10)
    y = np.repeat(np.arange(30) % 2, 10)
    X = generator.standard_normal((30, 60))[groups] + 0.05 * generator.standard_normal((300, 60))
    by_row, by_group = (fit_ridge(X, y, units, None, 0) for units in (np.arange(300), groups))
    assert isinstance(by_row, LinearProbe)
    assert isinstance(by_group, LinearProbe)
    assert np.linalg.norm(by_group.coefficient) < np.linalg.norm(by_row.coefficient) / 10


def test_one_group_cannot_be_left_out() -> None:
    X, y = rows(20, 4)
    with pytest.raises(UnfittableError, match="one group"):
        fit_ridge(X, y, np.zeros(20), None, 0)


@shapes
def test_the_spectrum_is_the_singular_value_decomposition(n: int, d: int) -> None:
    X, _ = rows(n, d)
    X[:, -1] = X[:, 0]  # one rank less with more rows than columns
    left, values = thin_spectrum(X)
    expected = np.linalg.svd(X, compute_uv=False)
    expected = expected[expected > 1e-6 * expected[0]]
    np.testing.assert_allclose(values[::-1], expected, rtol=1e-6)
    np.testing.assert_allclose((left * values) @ (X.T @ left / values).T, X, atol=1e-6)
