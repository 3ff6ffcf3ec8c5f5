"""Controls: where they lie, and that they are drawn as promised."""

import numpy as np
import pytest

from probesteer.directions.controls import orthogonal_directions, shuffled_directions
from probesteer.directions.estimators import difference_of_means
from probesteer.directions.spectrum import spectrum_of
from probesteer.directions.training import TrainingRows


def flat_rows(n: int = 300, d: int = 20, rank: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Rows in a plane of `rank` dimensions, off the origin; and an orthonormal basis of it."""
    generator = np.random.default_rng(0)
    basis = np.linalg.qr(generator.standard_normal((d, rank)))[0]
    return generator.standard_normal((n, rank)) * [9, 7, 5, 3, 2] @ basis.T + 4, basis


def test_orthogonal_directions_lie_in_the_plane_of_the_data_and_not_along_the_concept() -> None:
    X, basis = flat_rows()
    concept = np.random.default_rng(1).standard_normal(20)
    vectors = orthogonal_directions(X, concept, 50, [3], share=1.0)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1)
    np.testing.assert_allclose(vectors @ concept, 0, atol=1e-12)
    np.testing.assert_allclose(vectors @ basis @ basis.T, vectors, atol=1e-10)
    # Evenly over what is left, 4 dimensions.
    many = orthogonal_directions(X, concept, 4_000, [3], share=1.0)
    values = np.linalg.eigvalsh(many.T @ many / 4_000)
    np.testing.assert_allclose(values[-4:], 0.25, atol=0.02)


def test_the_share_of_variance_sets_the_size_of_the_subspace() -> None:
    X, _ = flat_rows()
    variances = spectrum_of(X - X.mean(axis=0)).variances
    held = np.cumsum(variances) / variances.sum()
    for count in range(2, 6):
        vectors = orthogonal_directions(X, np.ones(20), 40, [0], share=held[count - 1] - 1e-9)
        assert np.linalg.matrix_rank(vectors, tol=1e-8) == count - 1


def test_several_concepts_are_avoided_at_once() -> None:
    X, basis = flat_rows()
    concepts = np.stack([basis[:, 0] + basis[:, 1], basis[:, 2]])
    vectors = orthogonal_directions(X, concepts, 5, [0], share=0.1)
    np.testing.assert_allclose(vectors @ concepts.T, 0, atol=1e-12)
    assert orthogonal_directions(X[:, :1], np.ones(1), 5, [0]).shape == (0, 1)


def test_draws_are_seeded() -> None:
    X, _ = flat_rows()
    one, same, other = (orthogonal_directions(X, np.ones(20), 3, [seed]) for seed in (0, 0, 1))
    assert one.tobytes() == same.tobytes()
    assert one.tobytes() != other.tobytes()


@pytest.mark.parametrize(("n", "d"), [(50, 7), (6, 40)])
def test_the_spectrum_is_that_of_a_plain_decomposition(n: int, d: int) -> None:
    X = np.random.default_rng(0).standard_normal((n, d))
    X -= X.mean(axis=0)
    found = spectrum_of(X)
    sizes = np.linalg.svd(X, compute_uv=False)
    rank = min(n - 1, d)
    np.testing.assert_allclose(found.variances, sizes[:rank] ** 2 / n, rtol=1e-9)
    np.testing.assert_allclose(found.basis.T @ found.basis, np.eye(rank), atol=1e-10)
    scaled = found.basis * found.variances
    np.testing.assert_allclose(scaled @ found.basis.T, X.T @ X / n, atol=1e-10)


def test_shuffled_directions_belong_to_labels_dealt_out_anew() -> None:
    generator = np.random.default_rng(0)
    y = np.arange(60) % 2
    X = generator.standard_normal((60, 30)) + np.outer(y, np.full(30, 2.0))
    groups = np.repeat(np.arange(15), 4)
    vectors = shuffled_directions(TrainingRows(X, y, groups=groups), 20, 5)
    assert len({vector.tobytes() for vector in vectors}) == 20
    true = difference_of_means(X, y)
    # Each is the difference between 30 rows and the other 30: shorter than the true one.
    assert np.linalg.norm(vectors, axis=1).max() < np.linalg.norm(true)
    again = shuffled_directions(TrainingRows(X, y, groups=groups), 20, 5)
    assert again.tobytes() == vectors.tobytes()


def test_labels_that_go_with_their_group_are_dealt_to_groups() -> None:
    groups = np.repeat(np.arange(6), 3)
    y = np.repeat([0, 1, 0, 1, 0, 1], 3)
    X = np.eye(6)[groups]
    vectors = shuffled_directions(TrainingRows(X, y, groups=groups), 10, 0)
    # Three whole groups on either side: a third each, plus or minus.
    np.testing.assert_allclose(np.abs(vectors), 1 / 3)
    np.testing.assert_allclose(vectors.sum(axis=1), 0, atol=1e-12)
