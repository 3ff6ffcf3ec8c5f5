"""LDA and its shrinkage against scikit-learn's."""

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from probesteer.directions.estimators import difference_of_means
from probesteer.directions.lda import lda_direction, ledoit_wolf_share


def correlated(n: int, d: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    mixing = generator.standard_normal((d, d)) * np.geomspace(0.05, 3, d)
    y = np.arange(n) % 2
    X = generator.standard_normal((n, d)) @ mixing + np.outer(y, generator.standard_normal(d))
    return X + 5, y


@pytest.mark.parametrize(("n", "d"), [(200, 8), (40, 40), (30, 90)])
def test_shrinkage_and_direction_equal_those_of_scikit_learn(n: int, d: int) -> None:
    X, y = correlated(n, d)
    means = np.stack([X[y == 0].mean(axis=0), X[y == 1].mean(axis=0)])
    covariance, share = ledoit_wolf(X - means[y], assume_centered=True)
    assert ledoit_wolf_share(X - means[y]) == pytest.approx(share, rel=1e-9)
    assert 0 < share < 1
    expected = np.linalg.solve(covariance, means[1] - means[0])
    np.testing.assert_allclose(lda_direction(X, y), expected, rtol=1e-6, atol=1e-9)


def test_with_many_rows_it_is_the_plain_discriminant() -> None:
    generator = np.random.default_rng(0)
    y = np.arange(4_000) % 2
    X = generator.standard_normal((4_000, 6)) * np.arange(1, 7) + np.outer(y, np.ones(6))
    plain = LinearDiscriminantAnalysis(solver="lsqr").fit(X, y).coef_[0]
    found = lda_direction(X, y)
    assert found @ plain / np.linalg.norm(found) / np.linalg.norm(plain) > 0.999


def test_it_sees_through_noise_that_turns_the_difference_of_means() -> None:
    generator = np.random.default_rng(1)
    y = np.arange(60) % 2
    X = np.outer(y, [1.0, 0, 0]) + generator.standard_normal((60, 3)) * [0.2, 30, 0.2]
    true = np.array([1.0, 0, 0])
    found, difference = lda_direction(X, y), difference_of_means(X, y)
    assert abs(difference @ true) / np.linalg.norm(difference) < 0.5
    assert found @ true / np.linalg.norm(found) > 0.9


def test_without_any_spread_it_is_the_difference_of_means() -> None:
    X, y = np.eye(2)[[0, 1, 0, 1]], np.array([0, 1, 0, 1])
    np.testing.assert_array_equal(lda_direction(X, y), [-1, 1])
    assert ledoit_wolf_share(np.zeros((4, 2))) == 0
