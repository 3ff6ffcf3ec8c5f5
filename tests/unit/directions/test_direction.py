"""Statistics of a direction against numbers worked out by hand."""

import numpy as np
import pytest

from probesteer.directions.direction import Direction, describe, towards_label_1
from probesteer.errors import ProbesteerError
from probesteer.places import Place

PLACE = Place("resid_post", 1)
# Along the first axis: label 0 at 1 and 3, label 1 at 6, 7 and 8. Lengths 5, 3, 10, 7, 17.
X = np.array([[1.0, 24**0.5], [3, 0], [6, 8], [7, 0], [8, 15]])
Y = np.array([0, 0, 1, 1, 1])


def test_statistics_by_hand() -> None:
    direction = describe(np.array([4.0, 0.0]), X, Y, PLACE, "difference_of_means")
    assert direction.vector.dtype == np.float32
    np.testing.assert_array_equal(direction.vector, [1, 0])
    assert (direction.place, direction.method, direction.draw) == (PLACE, "difference_of_means", -1)
    assert direction.gap == 7 - 2
    assert direction.offset == (7 + 2) / 2
    # Squares about the class means: 1 + 1 and 1 + 0 + 1, over 5 - 2.
    assert direction.sigma == pytest.approx((4 / 3) ** 0.5)
    assert direction.gap_in_sigmas == pytest.approx(5 / (4 / 3) ** 0.5)
    assert direction.mean_norm == pytest.approx((5 + 3 + 10 + 7 + 17) / 5)
    assert direction.n == 5


def test_pushes_are_in_the_named_unit() -> None:
    direction = describe(np.array([4.0, 0.0]), X, Y, PLACE, "difference_of_means")
    np.testing.assert_allclose(direction.push(2, "gap"), [10, 0])
    np.testing.assert_allclose(direction.push(-1.5, "sigma"), [-1.5 * (4 / 3) ** 0.5, 0])
    np.testing.assert_allclose(direction.push(0.5, "norm"), [0.5 * 8.4, 0])
    np.testing.assert_array_equal(direction.push(0, "gap"), [0, 0])
    with pytest.raises(ProbesteerError, match="unit: 'alpha' is unknown"):
        direction.push(1, "alpha")


def test_one_gap_moves_the_mean_of_label_0_onto_that_of_label_1() -> None:
    generator = np.random.default_rng(0)
    y = generator.integers(0, 2, 100)
    rows = generator.standard_normal((100, 6)) + np.outer(y, generator.standard_normal(6))
    means = [rows[y == label].mean(axis=0) for label in (0, 1)]
    direction = describe(means[1] - means[0], rows, y, PLACE, "difference_of_means")
    np.testing.assert_allclose(means[0] + direction.push(1, "gap"), means[1], atol=1e-6)


def test_the_opposite_vector_turns_the_sign_of_gap_and_offset_alone() -> None:
    one = describe(np.array([1.0, 2.0]), X, Y, PLACE, "m")
    other = describe(np.array([-1.0, -2.0]), X, Y, PLACE, "m")
    assert other.gap == pytest.approx(-one.gap)
    assert other.offset == pytest.approx(-one.offset)
    assert (other.sigma, other.mean_norm) == pytest.approx((one.sigma, one.mean_norm))


def test_borrowed_lengths_set_the_push_and_leave_the_separation() -> None:
    own = describe(np.array([0.0, 1.0]), X, Y, PLACE, "random", draw=2)
    lender = describe(np.array([1.0, 0.0]), X, Y, PLACE, "difference_of_means")
    borrowed = describe(np.array([0.0, 1.0]), X, Y, PLACE, "random", draw=2, lengths_of=lender)
    np.testing.assert_allclose(borrowed.push(1, "gap"), [0, lender.gap])
    np.testing.assert_allclose(borrowed.push(1, "sigma"), [0, lender.sigma])
    assert borrowed.gap_in_sigmas == own.gap_in_sigmas
    assert borrowed.draw == 2


def test_no_spread_leaves_the_gap_in_sigmas_undefined() -> None:
    direction = describe(np.array([1.0, 0.0]), np.eye(2)[[0, 0, 1, 1]], Y[[0, 1, 2, 3]], PLACE, "m")
    assert direction.sigma == 0
    assert np.isnan(direction.gap_in_sigmas)


@pytest.mark.parametrize("vector", [[0.0, 0.0], [np.nan, 1.0], [np.inf, 0.0]])
def test_vectors_without_a_direction_are_refused(vector: list[float]) -> None:
    with pytest.raises(ProbesteerError, match="m at resid_post, layer 1: the direction has norm"):
        describe(np.array(vector), X, Y, PLACE, "m")


def test_rows_that_are_not_finite_are_named() -> None:
    rows = X.copy()
    rows[3, 1] = np.nan
    with pytest.raises(ProbesteerError, match="m at resid_post, layer 1: row 3: activation is NaN"):
        describe(np.array([1.0, 0.0]), rows, Y, PLACE, "m")


def test_half_precision_rows_are_summed_in_double() -> None:
    rows = np.full((4_000, 2), 60_000, dtype=np.float16)
    y = np.arange(4_000) % 2
    rows[y == 1] = 60_032
    direction: Direction = describe(np.array([1.0, 0.0]), rows, y, PLACE, "m")
    assert direction.gap == 32
    assert direction.mean_norm == pytest.approx(60_016 * 2**0.5)


def test_an_angle_is_that_by_which_a_push_turns_a_mean_activation() -> None:
    direction = describe(np.array([4.0, 0.0]), X, Y, PLACE, "difference_of_means")
    across = np.array([0.0, direction.mean_norm])
    for degrees in (-60, 0, 30, 89):
        moved = across + direction.push(degrees, "angle")
        turned = np.degrees(np.arctan2(moved[0], moved[1]))
        assert turned == pytest.approx(degrees, abs=1e-9)
    with pytest.raises(ProbesteerError, match="no push turns by 90 or more"):
        direction.push(90, "angle")
    with pytest.raises(ProbesteerError, match="strength: nan degrees"):
        direction.push(float("nan"), "angle")


def test_a_direction_is_turned_towards_label_1_with_all_that_it_measures() -> None:
    vector = np.array([-1.0, 0.5])
    turned = towards_label_1(describe(vector, X, Y, PLACE, "m"))
    expected = describe(-vector, X, Y, PLACE, "m")
    np.testing.assert_array_equal(turned.vector, expected.vector)
    for name in ("gap", "sigma", "gap_in_sigmas", "mean_norm", "offset"):
        assert getattr(turned, name) == pytest.approx(getattr(expected, name))
    assert towards_label_1(expected) is expected
