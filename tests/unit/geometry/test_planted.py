"""Planted activations hold what they say, and the instruments of superposition find it."""

import numpy as np
import pytest

from probesteer.geometry.superposition.bounds import welch_bound
from probesteer.geometry.superposition.calibrations import calibrate_superposition
from probesteer.geometry.superposition.interference import cosines
from probesteer.geometry.toys.planted import (
    PlantedActivations,
    correlated_features,
    exclusive_or_features,
    orthogonal_features,
    simplex_features,
    superposed_features,
)
from probesteer.probes.logistic import fit_logistic
from probesteer.probes.metrics.two_labels import auroc


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_truth_is_found(seed: int) -> None:
    measured = calibrate_superposition(seed)
    assert len(measured) == 37
    assert [each for each in measured if not each.holds] == []


@pytest.mark.parametrize(
    "planted",
    [
        orthogonal_features(50, 8, 5, seed=1, noise=0),
        superposed_features(50, 8, 20, seed=1, noise=0),
        simplex_features(50, 8, seed=1, noise=0),
        correlated_features(50, 8, 0.3, 0.8, seed=1, noise=0),
    ],
    ids=["orthogonal", "superposed", "simplex", "correlated"],
)
def test_activations_are_sums_of_features(planted: PlantedActivations) -> None:
    np.testing.assert_allclose(planted.X, planted.features @ planted.directions, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(planted.directions, axis=1), 1)
    assert set(np.unique(planted.labels)) == {0, 1}


def test_directions_lie_as_planted() -> None:
    right = orthogonal_features(5, 8, 5, seed=1).directions
    np.testing.assert_allclose(cosines(right), np.eye(5), atol=1e-12)
    simplex = cosines(simplex_features(5, 8, seed=1).directions)
    np.testing.assert_allclose(simplex, np.eye(9) - (1 - np.eye(9)) * welch_bound(9, 8), atol=1e-12)
    assert cosines(correlated_features(5, 8, 0.3, 0.8, 1).directions)[0, 1] == pytest.approx(0.3)


def test_features_agree_as_often_as_planted() -> None:
    labels = correlated_features(20_000, 4, 0.3, 0.8, seed=0).labels
    assert np.mean(labels[:, 0] == labels[:, 1]) == pytest.approx(0.8, abs=0.01)


def test_an_exclusive_or_is_there_and_no_linear_probe_reads_it() -> None:
    planted = exclusive_or_features(3_000, 8, seed=0)
    train, test = slice(0, 2_000), slice(2_000, None)
    scores = []
    for X in (planted.X, np.column_stack([planted.X, np.prod(planted.features[:, :2], axis=1)])):
        probe = fit_logistic(X[train], planted.labels[train, 2], C=1.0)
        read = X[test] @ probe.coefficient + probe.intercept
        scores.append(float(auroc(planted.labels[test, 2], read)))
    assert scores[0] == pytest.approx(0.5, abs=0.05)
    assert scores[1] > 0.99
