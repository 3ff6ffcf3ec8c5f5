"""All directions of a place, and the random ones that push equally far."""

import logging

import numpy as np
import pytest

from probesteer.directions.direction import Direction
from probesteer.directions.fitting import ControlDraws, fit_directions
from probesteer.directions.methods import ESTIMATORS, FOREIGN
from probesteer.directions.random import random_directions
from probesteer.directions.training import TrainingRows
from probesteer.errors import ProbesteerError
from probesteer.places import Place
from probesteer.probes.logistic import fit_logistic

PLACE = Place("resid_post", 3)
METHODS = ["difference_of_means", "logistic"]
GENERATOR = np.random.default_rng(0)
Y = np.arange(80) % 2
X = GENERATOR.standard_normal((80, 16)) + np.outer(Y, GENERATOR.standard_normal(16))
PROBE = fit_logistic(X, Y, 0.1)


def fit(
    methods: list[str] = METHODS, draws: int = 3, place: Place = PLACE, seed: int = 0
) -> list[Direction]:
    return fit_directions(TrainingRows(X, Y, PROBE), place, methods, ControlDraws(draws), [seed])


def test_methods_come_first_and_random_draws_after() -> None:
    named = [(direction.method, direction.draw) for direction in fit()]
    assert named == [
        ("difference_of_means", -1),
        ("logistic", -1),
        ("random", 0),
        ("random", 1),
        ("random", 2),
    ]


def test_vectors_have_unit_norm_and_those_of_methods_point_to_label_1() -> None:
    for direction in fit():
        assert np.linalg.norm(direction.vector) == pytest.approx(1, abs=1e-6)
        if direction.method != "random":
            assert direction.gap > 0


@pytest.mark.parametrize("methods", [METHODS, ["logistic"], []])
def test_random_directions_push_as_far_as_the_difference_of_means(methods: list[str]) -> None:
    difference = X[Y == 1].mean(axis=0) - X[Y == 0].mean(axis=0)
    random = [direction for direction in fit(methods) if direction.method == "random"]
    assert len(random) == 3
    for direction in random:
        length = np.linalg.norm(direction.push(-2, "gap"))
        assert length == pytest.approx(2 * np.linalg.norm(difference), rel=1e-6)


def test_places_and_seeds_draw_their_own_vectors() -> None:
    vectors = [
        fit([], 1, place, seed)[0].vector.tobytes()
        for place, seed in [
            (PLACE, 0),
            (PLACE, 0),
            (Place("resid_post", 4), 0),
            (Place("resid_pre", 3), 0),
            (PLACE, 1),
        ]
    ]
    assert vectors[0] == vectors[1]
    assert len(set(vectors)) == 4


def test_random_directions_are_even_on_the_sphere() -> None:
    vectors = random_directions(8, 4_000, 0)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1)
    np.testing.assert_allclose(vectors.mean(axis=0), 0, atol=0.03)
    np.testing.assert_allclose(vectors.T @ vectors / 4_000, np.eye(8) / 8, atol=0.02)


def test_more_draws_keep_the_first_ones() -> None:
    few, many = random_directions(8, 2, [1, 2]), random_directions(8, 9, [1, 2])
    assert few.tobytes() == many[:2].tobytes()


def test_a_place_where_all_rows_are_alike_has_no_directions(
    caplog: pytest.LogCaptureFixture,
) -> None:
    same = np.tile([0.1, 0.2, 0.3], (80, 1))
    with caplog.at_level(logging.INFO, logger="probesteer"):
        rows = TrainingRows(same, Y, fit_logistic(same, Y, 1.0))
        directions = fit_directions(rows, PLACE, METHODS, ControlDraws(3), [0])
    assert directions == []
    assert "layer 3: no directions: difference of means" in caplog.text


def test_an_unknown_method_is_told_in_one_line() -> None:
    with pytest.raises(ProbesteerError, match=r"directions.methods: 'pca' is unknown; choose from"):
        fit(["difference_of_means", "pca"])


def test_rows_that_are_not_finite_are_named_with_their_place() -> None:
    rows = X.copy()
    rows[9, 0] = np.nan
    with pytest.raises(ProbesteerError, match="activations of resid_post, layer 3: row 9"):
        fit_directions(TrainingRows(rows, Y, PROBE), PLACE, METHODS, ControlDraws(1), [0])


GROUPS = np.repeat(np.arange(20), 4).astype(str)
ROWS = TrainingRows(X, Y, PROBE, GROUPS, gradients=-X[:5], given=np.arange(16.0) - 7)


def test_every_method_gives_a_unit_vector_and_those_of_labels_point_to_label_1() -> None:
    found = fit_directions(ROWS, PLACE, list(ESTIMATORS), ControlDraws(), [0])
    assert [direction.method for direction in found] == list(ESTIMATORS)
    for direction in found:
        assert np.linalg.norm(direction.vector) == pytest.approx(1, abs=1e-6)
        assert direction.gap > 0
        if direction.method not in FOREIGN:
            assert direction.gap_in_sigmas == pytest.approx(direction.gap / direction.sigma)


def test_what_is_not_from_the_labels_keeps_its_sign_and_pushes_as_far_as_the_difference() -> None:
    found = {
        one.method: one
        for one in fit_directions(
            ROWS,
            PLACE,
            ["logit_gradient", "file"],
            ControlDraws(),
            [0],
            {"mood": -np.ones(16, dtype=np.float32)},
        )
    }
    assert list(found) == ["logit_gradient", "file", "other_mood"]
    difference = X[Y == 1].mean(axis=0) - X[Y == 0].mean(axis=0)
    expected = {
        "logit_gradient": -X[:5].mean(axis=0),
        "file": ROWS.given,
        "other_mood": -np.ones(16),
    }
    for method, direction in found.items():
        vector = expected[method]
        assert vector is not None
        np.testing.assert_allclose(direction.vector, vector / np.linalg.norm(vector), atol=1e-6)
        assert np.linalg.norm(direction.push(1, "gap")) == pytest.approx(np.linalg.norm(difference))
        # The separation is its own, with its sign.
        assert np.sign(direction.gap_in_sigmas) == np.sign(difference @ vector)


def test_controls_follow_and_push_equally_far() -> None:
    found = fit_directions(ROWS, PLACE, [], ControlDraws(2, 3, 4), [0])
    named = [(direction.method, direction.draw) for direction in found]
    assert named == [
        *(("random", draw) for draw in range(2)),
        *(("orthogonal", draw) for draw in range(3)),
        *(("shuffled", draw) for draw in range(4)),
    ]
    assert len({direction.gap for direction in found}) == 1
    assert len({direction.vector.tobytes() for direction in found}) == 9
    difference = X[Y == 1].mean(axis=0) - X[Y == 0].mean(axis=0)
    for direction in found[2:5]:
        assert abs(direction.vector @ difference) < 1e-6 * np.linalg.norm(difference)


@pytest.mark.parametrize(
    ("method", "what"),
    [
        ("logistic", "the place's probe"),
        ("logit_gradient", "gradients of the read-out"),
        ("file", "a vector from a file"),
    ],
)
def test_a_method_that_lacks_what_it_needs_says_so(method: str, what: str) -> None:
    with pytest.raises(ProbesteerError, match=f"directions.methods: {method} needs {what}"):
        fit_directions(TrainingRows(X, Y), PLACE, [method], ControlDraws(), [0])
