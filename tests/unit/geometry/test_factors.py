"""Directions found without labels, where the parts are planted."""

import numpy as np
import pytest

from probesteer.geometry.polytopes.factors import (
    direction_cosines,
    monosemanticity,
    nmf_directions,
    pca_directions,
)

RNG = np.random.default_rng(0)
LABELS = np.repeat(["cat", "dog", "eel"], 40)
PARTS = np.eye(9)[[1, 4, 7]]
# Each class is made of one part, with a little of everything.
X = PARTS[np.repeat([0, 1, 2], 40)] * RNG.uniform(1, 3, (120, 1)) + 0.05 * RNG.random((120, 9))


def test_nmf_finds_the_parts_and_each_is_about_one_label() -> None:
    found = nmf_directions(X, 3, seed=0)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1)
    assert found.min() >= 0
    nearest = direction_cosines(PARTS, found)
    np.testing.assert_allclose(nearest.max(axis=1), 1, atol=0.01)
    about = monosemanticity(direction_cosines(X, found), LABELS, seed=0)
    assert about.purity.tolist() == [1, 1, 1]
    assert sorted(about.label.tolist()) == [0, 1, 2]
    assert 0.35 < about.chance < 0.55


def test_pca_finds_the_plane_of_the_parts() -> None:
    found = pca_directions(X, 2, seed=0)
    np.testing.assert_allclose(found @ found.T, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(found @ PARTS.T @ PARTS, axis=1), 1, atol=0.01)


def test_a_direction_of_two_labels_is_not_about_one() -> None:
    both = (PARTS[0] + PARTS[1])[None]
    rows = np.concatenate([X[:10], X[40:50]])
    labels = np.repeat([0, 1], 10)
    found = monosemanticity(direction_cosines(rows, both), labels, seed=0)
    assert found.purity.tolist() == [0.5]
    assert found.chance == 0.5


def test_cosines_are_those_of_each_pair() -> None:
    a, b = RNG.standard_normal((4, 5)), RNG.standard_normal((3, 5))
    b[2] = 0
    expected = [
        [x @ y / np.linalg.norm(x) / np.linalg.norm(y) if y.any() else 0 for y in b] for x in a
    ]
    np.testing.assert_allclose(direction_cosines(a, b), expected)


def test_what_cannot_be_factored_is_refused() -> None:
    with pytest.raises(ValueError, match="negative somewhere"):
        nmf_directions(X - 1, 2, seed=0)
    with pytest.raises(ValueError, match="120 activations are fewer than the 121"):
        monosemanticity(direction_cosines(X, PARTS), LABELS, seed=0, nearest=121)
