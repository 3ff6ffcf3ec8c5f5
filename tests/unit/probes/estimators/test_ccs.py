"""Contrast-consistent search: pairs, loss, and planted contradictions."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import check_grad

from probesteer.probes.estimators.ccs import PENALTY, ccs_loss, contrast_pairs, fit_ccs
from probesteer.probes.estimators.interface import LinearProbe, UnfittableError


def planted(pairs: int, d: int, gap: float) -> tuple[NDArray[np.float64], NDArray[np.int64], Any]:
    """Pairs along one direction, in topics that vary more than the contradiction does."""
    generator = np.random.default_rng(pairs + d)
    direction = generator.standard_normal(d)
    first = generator.integers(0, 2, pairs)
    y = np.stack([first, 1 - first], axis=1).ravel()
    topic = np.repeat(3 * generator.standard_normal((pairs, d)), 2, axis=0)
    noise = 0.2 * generator.standard_normal((2 * pairs, d))
    return topic + noise + gap * np.outer(2 * y - 1, direction), y, np.arange(2 * pairs) // 2


@pytest.mark.parametrize(("n", "d"), [(300, 20), (60, 200)])
def test_planted_contradictions_are_found(n: int, d: int) -> None:
    X, y, pairs = planted(n + 100, d, 0.5)
    train = slice(0, 2 * n)
    probe = fit_ccs(X[train], y[train], pairs[train], pairs[train], 0)
    scores = probe.scores(X[2 * n :])
    # Topics shift both rows of a pair: what is read is which of them is higher.
    higher = (scores[0::2] > scores[1::2]) == (y[2 * n :: 2] == 1)
    assert higher.mean() > 0.95


def test_of_two_contradictions_the_one_with_the_lower_loss_is_found_from_any_start() -> None:
    # the label is in three features, another contradiction in two: a second minimum of the loss
    pairs, y = np.arange(120) // 2, np.tile([0, 1], 60)
    other = np.where(pairs % 2 == 0, 2 * y - 1, 1 - 2 * y)
    X = np.stack([2 * y - 1] * 3 + [other] * 2, axis=1).astype(np.float64)
    for seed in range(10):
        assert (fit_ccs(X, y, pairs, pairs, seed).scores(X) > 0).tolist() == (y == 1).tolist()


def test_labels_enter_by_the_sign_alone() -> None:
    X, y, pairs = planted(80, 10, 2.0)
    one, other = fit_ccs(X, y, pairs, pairs, 0), fit_ccs(X, 1 - y, pairs, pairs, 0)
    np.testing.assert_allclose(other.scores(X), -one.scores(X), rtol=1e-6, atol=1e-6)
    assert np.mean((one.scores(X) > 0) == (y == 1)) > 0.95


def test_the_mean_of_the_label_is_not_normalised_away() -> None:
    # all that differs is the label; each side less its own mean would leave nothing
    X = np.outer(np.tile([-1.0, 1.0], 30), np.ones(4))
    X += 1e-3 * np.random.default_rng(0).standard_normal(X.shape)
    y, pairs = np.tile([0, 1], 30), np.arange(60) // 2
    assert ((fit_ccs(X, y, pairs, pairs, 0).scores(X) > 0) == (y == 1)).all()


def test_rows_without_a_pair_play_no_part() -> None:
    X, y, pairs = planted(40, 6, 2.0)
    alone = 50 * np.random.default_rng(1).standard_normal((5, 6))
    names = np.array([*(f"pair {pair}" for pair in pairs), None, float("nan"), None, "x", "y"])
    names = names.astype(object)
    names[81] = float("nan")
    more_y = np.append(y, [0, 1, 1, 0, 1])
    probe = fit_ccs(np.vstack([X, alone]), more_y, np.arange(85), names, 0)
    without = fit_ccs(X, y, pairs, pairs, 0)
    assert isinstance(probe, LinearProbe)
    assert isinstance(without, LinearProbe)
    np.testing.assert_array_equal(probe.coefficient, without.coefficient)


def test_pairs_are_matched_in_order() -> None:
    y = np.array([1, 0, 0, 1, 1, 0, 1, 1])
    names = np.array(["a", "a", "b", "b", "b", "b", "c", None], dtype=object)
    ones, zeros = contrast_pairs(y, names)
    np.testing.assert_array_equal(ones, [0, 3, 4])
    np.testing.assert_array_equal(zeros, [1, 2, 5])


@pytest.mark.parametrize("pairs", [None, np.full(20, None), np.append([3, 3], np.arange(10, 28))])
def test_without_pairs_it_is_not_measured(pairs: NDArray[Any] | None) -> None:
    X, y, _ = planted(10, 4, 1.0)
    with pytest.raises(UnfittableError, match=r"CCS: [01] pairs"):
        fit_ccs(X, y, np.arange(20), pairs, 0)


def test_pairs_of_equal_rows_are_not_measured() -> None:
    X = np.repeat(np.random.default_rng(0).standard_normal((10, 3)), 2, axis=0)
    y, pairs = np.tile([0, 1], 10), np.arange(20) // 2
    with pytest.raises(UnfittableError, match="alike"):
        fit_ccs(X, y, pairs, pairs, 0)


def test_the_loss_is_consistency_and_confidence_and_its_gradient_fits() -> None:
    generator = np.random.default_rng(2)
    Z, solution = generator.standard_normal((14, 4)), generator.standard_normal(5)
    p = 1 / (1 + np.exp(-(Z @ solution[:4] + solution[4])))
    terms = [(p[i] + p[i + 7] - 1) ** 2 + min(p[i], p[i + 7]) ** 2 for i in range(7)]
    expected = np.mean(terms) + PENALTY / 2 * np.sum(solution[:4] ** 2)
    assert ccs_loss(solution, Z)[0] == pytest.approx(expected)
    error = check_grad(lambda x: ccs_loss(x, Z)[0], lambda x: ccs_loss(x, Z)[1], solution)
    assert error < 1e-6
