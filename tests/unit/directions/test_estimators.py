"""Estimators of a direction: planted truths, hand-computed vectors, and what they refuse."""

import numpy as np
import pytest

from probesteer.directions.estimators import (
    difference_of_means,
    given_direction,
    logistic_direction,
    mean_gradient,
)
from probesteer.directions.methods import ESTIMATORS, FOREIGN
from probesteer.directions.training import TrainingRows
from probesteer.directions.zero import ZeroDirectionError
from probesteer.errors import ProbesteerError
from probesteer.probes.logistic import fit_logistic
from probesteer.probes.probe import LogisticProbe


def test_difference_of_means_by_hand() -> None:
    X = np.array([[1.0, 2, 0], [3, 2, 0], [0, 8, 1]], dtype=np.float16)
    np.testing.assert_array_equal(difference_of_means(X, np.array([0, 0, 1])), [-2, 6, 1])


def test_a_planted_direction_is_recovered_by_every_estimator() -> None:
    generator = np.random.default_rng(0)
    planted = generator.standard_normal(20)
    planted /= np.linalg.norm(planted)
    y = generator.integers(0, 2, 3_000)
    X = generator.standard_normal((3_000, 20)) + np.outer(y, 3 * planted)
    rows = TrainingRows(X, y, fit_logistic(X, y, 1.0), groups=np.arange(3_000) // 4)
    for name in [name for name in ESTIMATORS if name not in FOREIGN]:
        vector = ESTIMATORS[name](rows)
        assert vector @ planted / np.linalg.norm(vector) > 0.97, name


@pytest.mark.parametrize("seed", range(5))
def test_on_its_training_rows_a_probe_points_from_label_0_to_label_1(seed: int) -> None:
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((40, 10)) * np.geomspace(0.1, 10, 10)
    y = np.arange(40) % 2
    for C in (1e-4, 1.0, 100.0):
        assert logistic_direction(fit_logistic(X, y, C)) @ difference_of_means(X, y) > 0


def test_identical_means_are_refused() -> None:
    # 0.1 is not exact in binary: the two means differ by rounding.
    X = np.tile([0.1, 0.7, -0.3], (30, 1))
    y = np.array([0] * 7 + [1] * 23)
    with pytest.raises(ZeroDirectionError, match="both labels have the same mean") as raised:
        difference_of_means(X, y)
    assert "\n" not in str(raised.value)
    with pytest.raises(ZeroDirectionError):
        difference_of_means(np.zeros((4, 2)), np.array([0, 1, 0, 1]))
    with pytest.raises(ZeroDirectionError, match="the coefficient of the probe is zero"):
        logistic_direction(fit_logistic(X, y, 1.0))


def test_a_small_difference_on_a_large_offset_is_kept() -> None:
    X = np.full((10, 3), 1_000.0)
    y = np.arange(10) % 2
    X[y == 1, 0] += 1e-4
    np.testing.assert_allclose(difference_of_means(X, y), [1e-4, 0, 0], rtol=1e-6)


def test_rows_that_are_not_finite_are_named() -> None:
    X = np.ones((6, 2))
    X[4, 1] = np.inf
    with pytest.raises(ProbesteerError, match="difference of means: row 4: activation is NaN or"):
        difference_of_means(X, np.arange(6) % 2)


def test_one_label_alone_is_refused() -> None:
    with pytest.raises(ProbesteerError, match="where both 0 and 1 are needed"):
        difference_of_means(np.ones((3, 2)), np.ones(3, dtype=np.int64))


def test_the_coefficient_is_the_direction() -> None:
    probe = LogisticProbe(np.array([3.0, -4.0]), 1.0, 1.0, True)
    np.testing.assert_array_equal(logistic_direction(probe), [3, -4])


def test_the_gradient_is_averaged_over_prompts() -> None:
    np.testing.assert_array_equal(mean_gradient(np.array([[1.0, 2], [3, -4]])), [2, -1])
    with pytest.raises(ZeroDirectionError, match="nothing at this place changes the read-out"):
        mean_gradient(np.zeros((3, 2)))
    with pytest.raises(ZeroDirectionError):
        mean_gradient(np.array([[1.0, 0], [-1, 0]]))
    with pytest.raises(ProbesteerError, match="logit gradient: row 1"):
        mean_gradient(np.array([[1.0, 0], [np.nan, 0]]))


def test_a_vector_of_another_width_is_refused() -> None:
    np.testing.assert_array_equal(given_direction(np.arange(3.0), 3), [0, 1, 2])
    with pytest.raises(ProbesteerError, match="it belongs to another model"):
        given_direction(np.arange(3.0), 4)
