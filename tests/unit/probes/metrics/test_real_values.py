"""Metrics of real-valued targets against scikit-learn and SciPy, with and without weights."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.metrics import mean_squared_error, r2_score

from probesteer.probes.metrics.real_values import REAL_METRICS, r2, spearman


def predicted(n: int = 70) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Targets and predictions of them, each with ties."""
    generator = np.random.default_rng(2)
    targets = np.round(generator.standard_normal(n), 1)
    return targets, np.round(0.7 * targets + 0.6 * generator.standard_normal(n), 1)


def test_every_set_of_weights_gives_what_the_libraries_give() -> None:
    targets, predictions = predicted()
    weights = np.random.default_rng(0).poisson(1.0, size=(15, len(targets))).astype(np.float64)
    expected = {
        "r2": [r2_score(targets, predictions, sample_weight=w) for w in weights],
        "spearman": [
            spearmanr(targets.repeat(w.astype(int)), predictions.repeat(w.astype(int))).statistic
            for w in weights
        ],
        "mean_squared_error": [
            mean_squared_error(targets, predictions, sample_weight=w) for w in weights
        ],
    }
    assert set(expected) == set(REAL_METRICS)
    for name, values in expected.items():
        measured = REAL_METRICS[name](targets, predictions, weights)
        assert measured.shape == (15,)
        np.testing.assert_allclose(measured, values, rtol=1e-10)
        unweighted = REAL_METRICS[name](targets, predictions, None)
        ones = np.ones(len(targets))
        assert float(unweighted) == float(REAL_METRICS[name](targets, predictions, ones))


def test_any_increasing_function_of_the_target_has_its_ranks() -> None:
    targets = np.array([3.0, -1.0, 0.5, 2.0])
    assert float(spearman(targets, np.exp(targets))) == 1
    assert float(spearman(targets, -(targets**3))) == -1


def test_the_mean_explains_nothing_and_the_target_everything() -> None:
    targets = np.array([0.1, 0.2, 0.4, 0.9])
    assert float(r2(targets, targets)) == 1
    assert float(r2(targets, np.full(4, targets.mean()))) == pytest.approx(0, abs=1e-15)


def test_a_target_that_does_not_vary_has_an_error_alone() -> None:
    # 0.1 has no exact mean: a variance of rounding errors would pass for one.
    targets, predictions = np.full(7, 0.1), np.arange(7) / 7
    assert np.isnan(r2(targets, predictions))
    assert np.isnan(spearman(targets, predictions))
    assert np.isnan(spearman(predictions, targets))
    assert float(REAL_METRICS["mean_squared_error"](targets, targets, None)) == 0


def test_a_draw_of_one_value_is_nan_and_the_others_are_not() -> None:
    targets, predictions = np.array([0.1, 0.1, 0.7]), np.array([0.0, 1.0, 2.0])
    weights = np.array([[3.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    np.testing.assert_array_equal(np.isnan(r2(targets, predictions, weights)), [True, False, True])
    np.testing.assert_array_equal(spearman(targets, predictions, weights), [np.nan, 1, np.nan])


@pytest.mark.parametrize("name", list(REAL_METRICS))
def test_no_rows_give_nan(name: str) -> None:
    none = np.zeros(0)
    assert np.isnan(REAL_METRICS[name](none, none, None))
    np.testing.assert_array_equal(REAL_METRICS[name](none, none, np.zeros((2, 0))), [np.nan] * 2)


def test_reversed_ranks_are_never_below_minus_1() -> None:
    # Rounding alone puts some of these below.
    for n in range(2, 30):
        generator = np.random.default_rng(n)
        weights = generator.integers(1, 5, n).astype(np.float64)
        targets = generator.standard_normal(n)
        assert -1 <= float(spearman(targets, -targets, weights)[()]) < -1 + 1e-12
