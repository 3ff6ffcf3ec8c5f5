"""Boundary density against loops over pairs."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from probesteer.geometry.polytopes.codes import pack_codes
from probesteer.geometry.polytopes.density import (
    PairDensities,
    _means,
    compare_densities,
    densities_of,
    euclidean_matrix,
    pair_densities,
)
from probesteer.geometry.polytopes.hamming import soft_hamming_matrix

N = 24


def data(seed: int = 0) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, N)
    active = rng.random((N, 90)) < 0.2 + 0.25 * labels[:, None]
    return active, rng.standard_normal((N, 5)) + labels[:, None], labels


def of_pairs(
    active: NDArray[np.bool_], X: NDArray[np.float64], labels: NDArray[np.int64]
) -> tuple[list[float], list[float]]:
    """Densities within and between, pair by pair."""
    within: list[float] = []
    between: list[float] = []
    for i in range(len(X)):
        for j in range(i + 1, len(X)):
            distance = float(np.sqrt(((X[i] - X[j]) ** 2).sum()))
            if distance > 0:
                density = int((active[i] != active[j]).sum()) / distance
                (within if labels[i] == labels[j] else between).append(density)
    return within, between


def test_means_are_those_of_a_loop_over_pairs() -> None:
    active, X, labels = data()
    found = compare_densities(pair_densities(pack_codes(active), X), labels, seed=0)
    within, between = of_pairs(active, X, labels)
    overall = np.mean(within + between)
    assert found.within == pytest.approx(np.mean(within) / overall, rel=1e-5)
    assert found.between == pytest.approx(np.mean(between) / overall, rel=1e-5)
    assert found.difference == pytest.approx(found.within - found.between)
    assert (found.within_pairs, found.between_pairs) == (len(within), len(between))
    welch = stats.ttest_ind(within, between, equal_var=False)
    assert found.welch_t == pytest.approx(welch.statistic, rel=1e-4)
    assert found.welch_p == pytest.approx(welch.pvalue, rel=1e-3)


def test_soft_codes_that_are_hard_have_the_same_densities() -> None:
    active, X, _ = data()
    hard = pair_densities(pack_codes(active), X)
    soft = densities_of(soft_hamming_matrix(active.astype(np.float32)), X)
    assert np.array_equal(soft.density, hard.density)
    assert np.array_equal(soft.valid, hard.valid)


def test_equal_activations_make_no_pair() -> None:
    active, X, labels = data()
    X[3] = X[7]
    pairs = pair_densities(pack_codes(active), X)
    assert not pairs.valid[3, 7]
    assert int((~pairs.valid).sum()) == N + 2
    found = compare_densities(pairs, labels, seed=0)
    within, between = of_pairs(active, X, labels)
    assert found.within_pairs + found.between_pairs == N * (N - 1) // 2 - 1
    assert found.within == pytest.approx(np.mean(within) / np.mean(within + between), rel=1e-5)


def test_weights_are_repeated_examples() -> None:
    active, X, labels = data()
    pairs = pair_densities(pack_codes(active), X)
    counts = np.random.default_rng(1).multinomial(N, np.full(N, 1 / N), size=4)
    members = [np.flatnonzero(labels == label) for label in range(3)]
    found = _means(counts.astype(float), pairs, members)
    for row, times in enumerate(counts):
        drawn = np.repeat(np.arange(N), times)
        # Two copies of one example have the distance 0 and make no pair.
        within, between = of_pairs(active[drawn], X[drawn], labels[drawn])
        overall = np.mean(within + between)
        expected = [np.mean(within) / overall, np.mean(between) / overall]
        np.testing.assert_allclose(found[row], expected, rtol=1e-5)


def test_interval_holds_the_estimate_and_follows_the_seed() -> None:
    active, X, labels = data()
    pairs = pair_densities(pack_codes(active), X)
    one, same, other = (compare_densities(pairs, labels, seed, draws=400) for seed in (0, 0, 1))
    assert one == same
    assert one.within_interval != other.within_interval
    for value, ends in (
        (one.within, one.within_interval),
        (one.between, one.between_interval),
        (one.difference, one.difference_interval),
    ):
        assert ends.low < value < ends.high


def test_without_a_difference_the_interval_holds_zero() -> None:
    rng = np.random.default_rng(5)
    active, X = rng.random((60, 200)) < 0.5, rng.standard_normal((60, 8))
    labels = np.arange(60) % 2
    found = compare_densities(pair_densities(pack_codes(active), X), labels, seed=0)
    assert found.difference_interval.low < 0 < found.difference_interval.high


def test_groups_that_are_drawn_together_widen_the_interval() -> None:
    active, X, labels = data()
    repeated = np.repeat(np.arange(N), 3)
    jitter = np.random.default_rng(0).standard_normal((3 * N, 5)) * 0.01
    pairs = pair_densities(pack_codes(active[repeated]), X[repeated] + jitter)
    alone = compare_densities(pairs, labels[repeated], 0)
    grouped = compare_densities(pairs, labels[repeated], 0, groups=repeated)
    width = [
        ends.high - ends.low for ends in (alone.difference_interval, grouped.difference_interval)
    ]
    assert width[1] > 1.3 * width[0]


def test_one_class_has_nothing_between() -> None:
    active, X, _ = data()
    pairs = pair_densities(pack_codes(active), X)
    found = compare_densities(pairs, np.zeros(N, dtype=np.int64), seed=0)
    assert found.within == pytest.approx(1)
    assert np.isnan([found.between, found.difference, found.welch_t]).all()
    assert np.isnan(found.difference_interval.low)


def test_distances_of_far_away_points_keep_their_digits() -> None:
    X = np.random.default_rng(0).standard_normal((9, 4)) + 1e5
    expected = np.sqrt(((X[:, None] - X[None]) ** 2).sum(axis=2))
    np.testing.assert_allclose(euclidean_matrix(X), expected, atol=1e-6)


def test_distances_are_the_same_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    X = np.random.default_rng(0).standard_normal((23, 4))
    X[20] = X[3]
    monkeypatch.setattr("probesteer.geometry.polytopes.density._ROWS_AT_ONCE", 5)
    found = euclidean_matrix(X)
    np.testing.assert_allclose(found, np.sqrt(((X[:, None] - X[None]) ** 2).sum(axis=2)), atol=1e-7)
    assert np.array_equal(found, found.T)
    assert found[3, 20] == 0
    assert int((found == 0).sum()) == 23 + 2


def test_a_code_is_needed_for_every_activation() -> None:
    active, X, _ = data()
    with pytest.raises(ValueError, match="24 codes of 23 activations"):
        pair_densities(pack_codes(active), X[:-1])
    assert isinstance(pair_densities(pack_codes(active), X), PairDensities)
