"""A random basis is orthonormal to rounding, at any width, and aligned with no neuron."""

import numpy as np
import pytest

from probesteer.probes.controls.random_rotation import random_rotation


@pytest.mark.parametrize("d", [1, 2, 3, 97, 128, 192])
def test_the_basis_is_orthonormal(d: int) -> None:
    basis = random_rotation(d, 0).rotate(np.eye(d))
    np.testing.assert_allclose(basis @ basis.T, np.eye(d), atol=1e-13)
    np.testing.assert_allclose(basis.T @ basis, np.eye(d), atol=1e-13)


def test_rotating_is_multiplying_by_the_basis() -> None:
    rotation = random_rotation(48, 1)
    X = np.random.default_rng(0).standard_normal((5, 48))
    np.testing.assert_allclose(rotation.rotate(X), X @ rotation.rotate(np.eye(48)), atol=1e-13)


def test_the_precision_is_kept_and_what_is_given_is_not_changed() -> None:
    rotation = random_rotation(96, 1)
    X = np.random.default_rng(0).standard_normal((7, 96)).astype(np.float32)
    before = X.copy()
    rotated = rotation.rotate(X)
    assert rotated.dtype == np.float32
    np.testing.assert_array_equal(X, before)
    np.testing.assert_allclose(rotated, rotation.rotate(X.astype(np.float64)), atol=1e-5)


def test_its_entries_are_as_those_of_a_gaussian_basis() -> None:
    """Evenly drawn bases have entries of mean 0, variance 1 / d and, for large d, kurtosis 3."""
    d = 512
    entries = np.sqrt(d) * random_rotation(d, 3).rotate(np.eye(d))
    assert np.abs(entries.mean()) < 0.01
    assert (entries**4).mean() == pytest.approx(3, abs=0.1)
    # Of a quarter of a million Gaussian numbers, one beyond 6 is not to be expected.
    assert np.abs(entries).max() < 6


def test_another_seed_draws_another_basis() -> None:
    first, again, other = (random_rotation(64, seed).rotate(np.eye(64)) for seed in (0, 0, [0, 1]))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first @ other.T).max() < 0.8
