"""Two models between which a direction was turned, and what is told of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from probesteer.geometry.superposition.data_shift import shifted_data
from probesteer.geometry.superposition.drift_calibrations import calibrate_drift, two_models
from probesteer.geometry.superposition.drift_rows import (
    COLUMNS,
    Row,
    TwoModels,
    angle_rows,
    best_threshold,
    reading_rows,
)
from probesteer.geometry.superposition.halves import half_cosines, logistic_at, means_apart
from probesteer.geometry.superposition.slope_rows import share_of, slope_rows
from probesteer.probes.logistic import fit_logistic
from probesteer.probes.metrics.two_labels import accuracy, auroc


@dataclass(frozen=True)
class Told:
    """The numbers of one row."""

    value: float
    low: float
    high: float
    n: int


def told(rows: list[Row]) -> dict[tuple[Any, ...], Told]:
    """By method, direction and metric."""
    assert {len(row) for row in rows} == {len(COLUMNS)}
    found = {row[:3]: Told(*row[3:7]) for row in rows}  # type: ignore[arg-type]
    assert len(found) == len(rows)
    return found


def exactly_turned(turn: float) -> TwoModels:
    """The second model is the first, turned as a whole in the plane of the concept."""
    pair = two_models(0, 0)
    basis = np.linalg.qr(np.random.default_rng([0, 1]).standard_normal((24, 2)))[0]
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    plane = np.array([[cos, -sin], [sin, cos]]) - np.eye(2)
    rotation = np.eye(24) + basis @ plane @ basis.T
    return TwoModels(
        pair.first, pair.first @ rotation.T, pair.labels, pair.groups, pair.splits, pair.probe
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_calibrations_hold(seed: int) -> None:
    assert [each for each in calibrate_drift(seed) if not each.holds] == []


def test_means_and_probes_of_halves_are_those_of_their_rows() -> None:
    pair = two_models(0, 0)
    X, y = pair.first[:60], pair.labels[:60]
    taken = np.arange(60) < 30
    weights = np.stack([taken, ~taken]).astype(float)
    means = means_apart(X, y, weights)
    fitted = logistic_at(0.1)(X, y, weights)
    for at, rows in enumerate((taken, ~taken)):
        apart = X[rows][y[rows] == 1].mean(axis=0) - X[rows][y[rows] == 0].mean(axis=0)
        np.testing.assert_allclose(means[at], apart)
        alone = fit_logistic(X[rows], y[rows], 0.1).coefficient
        cosine = fitted[at] @ alone / np.linalg.norm(fitted[at]) / np.linalg.norm(alone)
        # Features are scaled on all rows rather than on those of the half.
        assert cosine > 0.95


def test_a_model_is_not_turned_against_itself_however_few_the_examples() -> None:
    pair = two_models(0, 0)
    X, y, groups = pair.first[:40], pair.labels[:40], pair.groups[:40]
    halves = half_cosines(X, X, y, groups, [means_apart] * 2, 20, 0)
    assert halves is not None
    np.testing.assert_array_equal(halves.within, halves.other_within)
    np.testing.assert_allclose(halves.across, halves.within)
    assert halves.angle == pytest.approx(0, abs=1e-5)
    assert halves.angle_within.mean() > 20


def test_directions_without_anything_in_common_have_no_angle() -> None:
    X = np.array([[1.0, 0], [0, 0], [-1, 0], [0, 0]])
    y, groups = np.array([1, 0, 1, 0]), np.array([0, 0, 1, 1])
    halves = half_cosines(X, X, y, groups, [means_apart] * 2, 5, 0)
    assert halves is not None
    np.testing.assert_array_equal(halves.within, -np.ones(5))
    assert np.isnan(halves.angle)


def test_halves_with_one_label_are_left_out() -> None:
    X, y = np.eye(4), np.array([0, 0, 1, 1])
    assert half_cosines(X, X, y, y, [means_apart] * 2, 5, 0) is None


@pytest.mark.parametrize("turn", [0.0, 30.0, 120.0])
def test_angles_of_a_turned_model(turn: float) -> None:
    pair = exactly_turned(turn)
    directions = pair.directions()
    rows = told(angle_rows(pair, directions, 0))
    for method, (first, other) in directions.items():
        expected = np.degrees(np.arccos(np.clip(first.vector @ other.vector, -1, 1)))
        found = rows[(method, "transferred", "angle")].value
        assert found == pytest.approx(expected, abs=1e-4)
        assert rows[(method, "transferred", "cosine")].value == pytest.approx(
            np.cos(np.radians(expected)), abs=1e-6
        )
        assert rows[method, "corrected", "angle"].value == pytest.approx(turn, abs=6)
        random = rows[method, "random", "angle"]
        assert 85 < random.value < 95
        assert 60 < random.low < 70
        assert 110 < random.high < 120


def test_reading_along_the_first_models_direction() -> None:
    pair = exactly_turned(60)
    directions = pair.directions()
    rows = told(reading_rows(pair, directions, 3, 50, 0))
    test, train = pair.splits == "test", pair.train
    X, y = np.asarray(pair.other)[test], pair.labels[test]
    stored = accuracy(y, pair.probe.scores(X))
    assert rows[("logistic", "transferred", "accuracy_as_stored")].value == stored
    area = auroc(y, pair.probe.scores(X))
    assert rows[("logistic", "transferred", "auroc")].value == area
    vector = directions["logistic"][0].vector
    along = np.asarray(pair.other)[train] @ vector
    threshold, right = best_threshold(along, pair.labels[train])
    assert right == ((along > threshold) == (pair.labels[train] == 1)).sum()
    expected = accuracy(y, X @ vector - threshold)
    assert rows[("logistic", "transferred", "accuracy")].value == expected
    for metric in ("accuracy", "accuracy_as_stored", "auroc"):
        own, moved, lost = (
            rows["logistic", name, metric] for name in ("own", "transferred", "lost")
        )
        assert lost.value == pytest.approx(own.value - moved.value)
        assert rows[("logistic", "lost", metric)].low > 0
    random = rows["logistic", "random", "accuracy"]
    # Their sign is fitted, so that none reads far below chance.
    assert 0.45 < random.low <= random.value <= random.high < 0.9
    assert random.n == 3


@pytest.mark.parametrize(
    ("along", "labels", "threshold", "right"),
    [
        # Between the classes, wherever their means lie.
        ([0.0, 1, 2, 3, 40], [0, 0, 1, 1, 1], 1.5, 5),
        # Two cuts read four right; of 0.5 and 2.5 the second is nearer to the midpoint, 8/3.
        ([0.0, 1, 2, 3, 9], [0, 1, 0, 1, 1], 2.5, 4),
        # Equal rows can't be parted.
        ([0.0, 1, 1, 1, 2], [0, 1, 0, 0, 1], 1.5, 4),
        # The wrong way round, nothing beats calling all of them by the commoner label.
        ([0.0, 1, 2, 3, 4], [1, 1, 1, 0, 0], np.nextafter(0.0, -1), 3),
        ([0.0, 1, 2, 3, 4], [1, 1, 0, 0, 0], 4.0, 3),
    ],
)
def test_the_best_threshold(
    along: list[float], labels: list[int], threshold: float, right: int
) -> None:
    assert best_threshold(np.array(along), np.array(labels)) == (threshold, right)


def test_slopes_and_their_shares() -> None:
    groups = np.repeat(np.arange(8), 2)
    own = np.linspace(1, 2, 16)
    slopes = np.stack([0.5 * own, -own, own, 2 * own, np.full(16, -0.1), np.full(16, 0.3)])
    rows = told(slope_rows(["a", "b"], slopes, groups, 200, 0))
    assert rows[("a", "transferred", "slope")].value == pytest.approx(0.75)
    assert rows[("b", "own", "slope")].value == pytest.approx(3)
    for method, share in (("a", 0.5), ("b", -0.5)):
        kept = rows[method, "transferred", "share_of_own"]
        np.testing.assert_allclose([kept.value, kept.low, kept.high], share)
        random = rows[method, "random", "slope"]
        np.testing.assert_allclose([random.value, random.low, random.high], [0.1, -0.1, 0.3])
        assert random.n == 2


def test_a_share_has_an_interval_over_groups() -> None:
    values, whole = np.array([1.0, 3, 1, 3, 1, 3]), np.ones(6)
    value, low, high = share_of(values, whole, np.arange(6), 500, 0)
    assert value == 2
    assert 1 <= low < 2 < high <= 3
    assert np.isnan(share_of(values, whole, np.zeros(6), 500, 0)[1])


def test_shifted_data_are_gathered_from_two_tables() -> None:
    at = {"site": "resid_post", "layer": 1, "low": np.nan, "high": np.nan, "n": 9, "interval": "x"}
    names = ("a", "b", "c")
    cosines = pd.DataFrame(
        [
            {**at, "concept": one, "method": "logistic", "other_concept": other}
            | {"other_method": method, "metric": "cosine", "value": 1.0 if one == other else 0.5}
            for one in names
            for other in names
            for method in ("logistic", "lda")
        ]
    )
    family = [("a", "a", 0.9), ("a", "b", 0.7), ("b", "a", 0.6), ("b", "b", 0.8), ("c", "c", 1.0)]
    transfer = pd.DataFrame(
        [
            {**at, "concept": one, "other": other, "method": "logistic"}
            | {"metric": "auroc", "value": value}
            for one, other, value in family
        ]
    )
    found = shifted_data(cosines, transfer)
    keys = ["concept", "other_concept", "direction", "metric"]
    assert found.set_index(keys)["value"].round(6).to_dict() == {
        ("a", "b", "transferred", "angle"): 60.0,
        ("b", "a", "transferred", "angle"): 60.0,
        ("a", "b", "transferred", "cosine"): 0.5,
        ("b", "a", "transferred", "cosine"): 0.5,
        ("a", "b", "transferred", "auroc"): 0.7,
        ("b", "a", "transferred", "auroc"): 0.6,
        ("a", "b", "own", "auroc"): 0.8,
        ("b", "a", "own", "auroc"): 0.9,
    }
    # Without families nothing is shifted.
    assert shifted_data(cosines, transfer[transfer["concept"] == "c"]).empty
