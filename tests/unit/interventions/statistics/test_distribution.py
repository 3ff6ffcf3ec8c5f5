"""Mahalanobis distances against scikit-learn's, and on a known normal distribution."""

import numpy as np
import pytest
from scipy.stats import chi
from sklearn.covariance import LedoitWolf

from probesteer.interventions.statistics.distribution import fit_distribution


@pytest.mark.parametrize(("n", "d"), [(200, 6), (12, 30)])
def test_distances_are_those_of_scikit_learn(n: int, d: int) -> None:
    rng = np.random.default_rng(0)
    mixing = rng.standard_normal((d, d))
    fitted, others = (rng.standard_normal((rows, d)) @ mixing + 3 for rows in (n, 40))
    found = fit_distribution(fitted, others, np.arange(40))
    reference = LedoitWolf().fit(fitted)
    assert found.share == pytest.approx(reference.shrinkage_, rel=1e-9)
    expected = np.sqrt(reference.mahalanobis(others))
    np.testing.assert_allclose(found.distances(others), expected, rtol=1e-8)
    np.testing.assert_allclose(found.typical, np.sort(expected), rtol=1e-8)


def test_of_a_normal_distribution_distances_and_percentiles_are_known() -> None:
    rng = np.random.default_rng(1)
    scales = np.array([1.0, 2.0, 0.5])
    fitted, unseen = (rng.standard_normal((20_000, 3)) * scales for _ in range(2))
    found = fit_distribution(fitted, unseen, np.arange(20_000))
    # Two standard deviations along the widest axis and along the narrowest are equally far.
    moved = np.array([[0.0, 4.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(found.distances(moved), [2, 2, 0], atol=0.05)
    for distance in (0.5, 1.5, 3.0):
        percentile = found.percentiles(np.array([distance]))[0]
        assert percentile == pytest.approx(100 * chi(3).cdf(distance), abs=1)


def test_off_the_span_of_few_rows_a_push_is_farther_than_within() -> None:
    rng = np.random.default_rng(2)
    rows = np.zeros((30, 10))
    rows[:, :3] = rng.standard_normal((30, 3))
    found = fit_distribution(rows, rows, np.arange(30))
    within, off = found.distances(np.eye(10)[[0, 9]])
    assert off > 2 * within


def test_what_does_not_vary_has_no_distance_and_what_is_unknown_no_percentile() -> None:
    constant = fit_distribution(np.ones((8, 3)), np.ones((4, 3)), np.arange(4))
    assert np.isnan(constant.distances(np.zeros((2, 3)))).all()
    rows = np.random.default_rng(0).standard_normal((20, 3))
    lone = fit_distribution(rows, rows[:0], np.arange(0))
    assert np.isnan(lone.percentiles(np.array([1.0]))).all()
    known = fit_distribution(rows, rows, np.arange(20))
    np.testing.assert_array_equal(
        known.percentiles(np.array([np.nan, 0.0, np.inf])), [np.nan, 0, 100]
    )
