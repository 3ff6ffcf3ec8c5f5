"""Directions from differences within pairs."""

import numpy as np
import pytest

from probesteer.directions.estimators import difference_of_means
from probesteer.directions.pairs import pair_differences, paired_difference, pca_of_differences
from probesteer.directions.training import TrainingRows
from probesteer.directions.zero import ZeroDirectionError
from probesteer.errors import ProbesteerError


def planted(n: int, d: int, seed: int = 0) -> tuple[TrainingRows, np.ndarray]:
    """Pairs that share a large part of their own, and differ along one direction."""
    generator = np.random.default_rng(seed)
    direction = np.eye(d)[0]
    topics = generator.standard_normal((n, d)) * 20
    y = np.tile([0, 1], n)
    X = np.repeat(topics, 2, axis=0) + np.outer(y, direction)
    X += generator.standard_normal(X.shape) * 0.3
    return TrainingRows(
        X, y, pairs=np.repeat(np.arange(n), 2).astype(str).astype(object)
    ), direction


def test_differences_by_hand() -> None:
    X = np.array([[1.0, 0], [2, 5], [4, 1], [9, 9], [7, 7], [0, 2]])
    y = np.array([0, 1, 1, 1, 0, 0])
    pairs = np.array(["a", "a", "a", None, "b", "c"], dtype=object)
    # Pair a has two rows of label 1, whose mean counts; b and c lack a label.
    rows = TrainingRows(X, y, pairs=pairs)
    np.testing.assert_array_equal(pair_differences(rows), [[2, 3]])
    groups = np.array(["x", "x", "y", "y", "y", "y"])
    both = TrainingRows(
        X, y, groups=groups, pairs=np.array(["a", "b", "c", "d", "e", None], object)
    )
    # No pair is whole: groups stand in.
    np.testing.assert_array_equal(pair_differences(both), [[1, 5], [6.5 - 3.5, 5 - 4.5]])
    np.testing.assert_array_equal(paired_difference(both), [2, 2.75])


def test_the_order_of_rows_does_not_matter() -> None:
    rows, _ = planted(30, 5)
    assert rows.pairs is not None
    order = np.random.default_rng(1).permutation(len(rows.y))
    mixed = TrainingRows(rows.X[order], rows.y[order], pairs=rows.pairs[order])
    np.testing.assert_allclose(paired_difference(mixed), paired_difference(rows), atol=1e-12)


def test_in_whole_pairs_the_mean_is_the_difference_of_means() -> None:
    rows, _ = planted(30, 5)
    np.testing.assert_allclose(
        paired_difference(rows), difference_of_means(rows.X, rows.y), atol=1e-10
    )


def test_rows_without_a_partner_spoil_the_unpaired_difference_alone() -> None:
    rows, direction = planted(200, 12)
    assert rows.pairs is not None
    kept = np.arange(400) < 390  # the last five pairs stand alone below
    lone = np.array([None] * 10, dtype=object)
    far = TrainingRows(
        np.vstack([rows.X[kept], np.full((10, 12), 100.0)]),
        np.concatenate([rows.y[kept], np.ones(10, dtype=np.int64)]),
        pairs=np.concatenate([rows.pairs[kept], lone]),
    )

    def cosine(vector: np.ndarray) -> float:
        return float(vector @ direction / np.linalg.norm(vector))

    assert cosine(paired_difference(far)) > 0.99
    assert cosine(difference_of_means(far.X, far.y)) < 0.5


@pytest.mark.parametrize(("n", "d"), [(40, 6), (5, 30)])
def test_the_component_is_that_of_a_plain_decomposition(n: int, d: int) -> None:
    rows, _ = planted(n, d)
    D = rows.X[1::2] - rows.X[::2]
    first = np.linalg.svd(D)[2][0]
    first *= np.sign(D.mean(axis=0) @ first)
    found = pca_of_differences(rows)
    np.testing.assert_allclose(found, first, atol=1e-8)


def test_the_mean_is_kept_which_centring_would_lose() -> None:
    generator = np.random.default_rng(0)
    D = np.array([5.0, 0, 0]) + generator.standard_normal((300, 3)) * [0.1, 2, 0.1]
    X = np.zeros((600, 3))
    X[1::2] = D
    rows = TrainingRows(X, np.tile([0, 1], 300), pairs=np.repeat(np.arange(300), 2))
    assert pca_of_differences(rows)[0] > 0.99
    turned = TrainingRows(X, np.tile([1, 0], 300), pairs=np.repeat(np.arange(300), 2))
    assert pca_of_differences(turned)[0] < -0.99


def test_neither_pairs_nor_groups_with_both_labels_is_one_line() -> None:
    X, y = np.eye(4), np.array([0, 0, 1, 1])
    with pytest.raises(ProbesteerError, match="no pair and no group has examples of both labels"):
        pair_differences(TrainingRows(X, y, groups=np.array(list("aabb"))))
    with pytest.raises(ProbesteerError, match="no pair and no group"):
        pair_differences(TrainingRows(X, y))


def test_pairs_that_are_alike_or_cancel_out_give_no_direction() -> None:
    pairs, y = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    alike = TrainingRows(np.repeat([[0.1, 0.3], [7.0, 0.2]], 2, axis=0), y, pairs=pairs)
    with pytest.raises(ZeroDirectionError, match="cancel out"):
        paired_difference(alike)
    with pytest.raises(ZeroDirectionError, match="the rows of every pair are alike"):
        pca_of_differences(alike)
    opposite = TrainingRows(np.array([[0.0, 1], [0, 2], [0, 2], [0, 1]]), y, pairs=pairs)
    with pytest.raises(ZeroDirectionError, match="cancel out"):
        paired_difference(opposite)


def test_a_pair_that_is_drawn_twice_weighs_twice() -> None:
    X = np.array([[0.0], [1], [0], [4]])
    rows = TrainingRows(X, np.array([0, 1, 0, 1]), pairs=np.array(["a", "a", "b", "b"]))
    assert paired_difference(rows.resampled(np.array([2, 2, 1, 1]))) == pytest.approx([2])
    assert paired_difference(rows.resampled(np.array([1, 1, 0, 0]))) == pytest.approx([1])
    none = TrainingRows(X, rows.y, pairs=np.array(["a", "a", None, None], dtype=object))
    assert paired_difference(none.resampled(np.array([3, 3, 2, 2]))) == pytest.approx([1])
