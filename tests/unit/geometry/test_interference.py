"""Bounds on cosines and interference, against theory, sets that reach them, and naive sums."""

import numpy as np
import pytest

from probesteer.directions.random import random_directions
from probesteer.geometry.superposition.bounds import (
    fitting_directions,
    mean_random_cosine,
    random_bound,
    random_cosines,
    welch_bound,
)
from probesteer.geometry.superposition.interference import (
    cosines,
    measure_interference,
    readout_interference,
    whitened,
)
from probesteer.geometry.superposition.orthogonal import nearest_orthonormal, read_orthogonally

RNG = np.random.default_rng(0)
DIRECTIONS = RNG.standard_normal((5, 9))


def test_the_mercedes_star_reaches_the_welch_bound() -> None:
    angles = np.pi / 3 * np.arange(3)
    star = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    found = measure_interference(star, seed=0)
    assert found.largest == pytest.approx(0.5)
    assert found.welch == pytest.approx(0.5)
    assert found.mean == pytest.approx(0.5)


@pytest.mark.parametrize(("k", "d"), [(5, 2), (20, 6), (100, 10)])
def test_no_random_set_beats_the_welch_bound(k: int, d: int) -> None:
    chance = random_cosines(k, d, draws=50, seed=0)
    assert chance.largest.min() > welch_bound(k, d)
    sets = random_directions(d, k, 1)
    squares = cosines(sets)[np.triu_indices(k, 1)] ** 2
    assert squares.mean() >= welch_bound(k, d) ** 2


def test_directions_that_fit_have_no_bound() -> None:
    assert welch_bound(7, 7) == 0
    assert random_bound(1, 7) == 0


def test_random_directions_keep_their_bound() -> None:
    chance = random_cosines(30, 400, draws=200, seed=0)
    assert np.mean(chance.largest > random_bound(30, 400, miss=0.05)) <= 0.05
    assert random_bound(30, 2) == 1
    # The number that fits is where the chance of a miss reaches 1.
    k = fitting_directions(400, 0.3)
    assert random_bound(round(k), 400, miss=1) == pytest.approx(0.3, rel=1e-3)


@pytest.mark.parametrize("d", [2, 3, 50])
def test_the_mean_cosine_of_random_directions(d: int) -> None:
    pairs = random_directions(d, 40_000, 0).reshape(2, -1, d)
    assert np.abs((pairs[0] * pairs[1]).sum(axis=1)).mean() == pytest.approx(
        mean_random_cosine(d), rel=0.02
    )
    # On a circle the mean of |cos| is 2 / pi, on a sphere 1 / 2.
    assert mean_random_cosine(2) == pytest.approx(2 / np.pi)
    assert mean_random_cosine(3) == pytest.approx(1 / 2)


def test_overlap_by_chance_is_not_taken_for_more() -> None:
    # Of random sets, one in twenty is among the 5% that overlap most.
    shares = [
        measure_interference(random_directions(12, 4, [3, seed]), seed, 99).share_of_draws_as_far
        for seed in range(100)
    ]
    assert 0.01 <= np.mean(np.array(shares) <= 0.05) <= 0.12
    close = np.ones((4, 12)) + 0.1 * np.eye(4, 12)
    assert measure_interference(close, 0, 99).share_of_draws_as_far == 0.01


def test_one_direction_or_none_is_refused() -> None:
    with pytest.raises(ValueError, match="interferes with none"):
        measure_interference(DIRECTIONS[:1], seed=0)
    with pytest.raises(ValueError, match="direction 2 is zero"):
        cosines(DIRECTIONS * np.array([1, 1, 0, 1, 1])[:, None])


def test_whitened_cosines_are_those_of_the_inverse_covariance() -> None:
    mixing = RNG.standard_normal((9, 9))
    X = RNG.standard_normal((60_000, 9)) @ mixing
    inverse = np.linalg.inv(mixing.T @ mixing)
    products = DIRECTIONS @ inverse @ DIRECTIONS.T
    expected = products / np.sqrt(np.outer(np.diag(products), np.diag(products)))
    np.testing.assert_allclose(cosines(whitened(DIRECTIONS, X)), expected, atol=0.03)


def test_whitening_takes_fewer_rows_than_dimensions() -> None:
    few = np.random.default_rng(1).standard_normal((6, 9))
    assert np.isfinite(whitened(DIRECTIONS, few)).all()
    with pytest.raises(ValueError, match="don't vary"):
        whitened(DIRECTIONS, np.ones((6, 9)))


def test_read_out_interference_is_what_writing_moves() -> None:
    written, read = DIRECTIONS, RNG.standard_normal((5, 9))
    moved = readout_interference(written, read)
    x = RNG.standard_normal(9)
    for i in range(5):
        for j in range(5):
            change = (x + written[i]) @ read[j] - x @ read[j]
            own = (x + written[j]) @ read[j] - x @ read[j]
            assert moved[i, j] == pytest.approx(change / own)
    assert np.array_equal(np.diag(moved), np.ones(5))
    blind = readout_interference(np.eye(2), np.array([[1.0, 0.0], [1.0, 0.0]]))
    assert blind[:, 0].tolist() == [1, 0]
    assert np.isnan(blind[:, 1]).all()


def test_the_nearest_orthonormal_set_is_nearest() -> None:
    units = DIRECTIONS / np.linalg.norm(DIRECTIONS, axis=1, keepdims=True)
    nearest = nearest_orthonormal(DIRECTIONS)
    np.testing.assert_allclose(nearest @ nearest.T, np.eye(5), atol=1e-12)
    distance = ((nearest - units) ** 2).sum()
    for seed in range(50):
        step = 0.05 * np.random.default_rng(seed).standard_normal((9, 9))
        rotation, _ = np.linalg.qr(np.eye(9) + step - step.T)
        rotation *= np.sign(np.diag(rotation))
        assert ((nearest @ rotation - units) ** 2).sum() > distance


@pytest.mark.parametrize("dependent", [np.eye(3)[[0, 1, 2, 0]], np.array([[1.0, 0, 0], [2, 0, 0]])])
def test_dependent_directions_have_no_orthonormal_set(dependent: np.ndarray) -> None:
    with pytest.raises(ValueError, match="linearly dependent"):
        nearest_orthonormal(dependent)


def test_reading_at_right_angles_loses_what_must_share() -> None:
    # The second concept is only to be read where the first is cancelled.
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, (2_000, 2))
    X = np.zeros((2_000, 3))
    X[:, 0] = 3 * y[:, 0] + 0.1 * rng.standard_normal(2_000)
    X[:, 1] = y[:, 1] - X[:, 0]
    readouts = np.array([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]])
    found = read_orthogonally(readouts, [(X, labels) for labels in y.T])
    assert found.own.tolist() == [1, 1]
    np.testing.assert_allclose(found.turned, [22.5, 22.5])
    assert found.loss[1] > 0.05
