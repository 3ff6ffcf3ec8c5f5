"""The hidden layer and the neighbours beside scikit-learn, and the gain over a linear probe."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from probesteer.probes.estimators.comparison import gain_over_linear
from probesteer.probes.estimators.interface import UnfittableError
from probesteer.probes.estimators.mlp import (
    EPOCHS,
    HIDDEN,
    HiddenLayerProbe,
    fit_mlp,
)
from probesteer.probes.estimators.nearest_neighbours import (
    NEIGHBOURS,
    NearestNeighbourProbe,
    fit_nearest_neighbours,
)
from probesteer.probes.estimators.standardisation import fit_standardisation
from probesteer.probes.metrics.intervals import bootstrap_mean, group_resamples

Rows = NDArray[np.float64]


def ring(n: int, seed: int = 0) -> tuple[Rows, NDArray[np.int64]]:
    """Label 1 within a ring of label 0, features of unlike size and origin."""
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((n, 3))
    y = (np.linalg.norm(X[:, :2], axis=1) < 1.1).astype(np.int64)
    return X * [1, 100, 0.01] + [0, 1000, 5], y


def fitted_mlp(X: Rows, y: NDArray[np.int64], seed: int = 0) -> HiddenLayerProbe:
    probe = fit_mlp(X, y, np.arange(len(y)), None, seed)
    assert isinstance(probe, HiddenLayerProbe)
    return probe


def test_scores_are_the_log_odds_of_the_network_that_scikit_learn_trains() -> None:
    X, y = ring(300)
    probe = fitted_mlp(X, y)
    scaled = StandardScaler().fit_transform(X)
    network = MLPClassifier((HIDDEN,), max_iter=1).partial_fit(scaled, y, classes=[0, 1])
    scale = fit_standardisation(X)
    network.coefs_ = [probe.inner * scale.scale[:, None], probe.outer[:, None]]
    network.intercepts_ = [
        probe.inner_bias + scale.mean @ probe.inner,
        np.array([probe.outer_bias]),
    ]
    log_probability = network.predict_log_proba(scaled)
    np.testing.assert_allclose(
        probe.scores(X), log_probability[:, 1] - log_probability[:, 0], rtol=1e-6, atol=1e-6
    )


def test_a_ring_is_read_and_seeds_differ() -> None:
    X, y = ring(900)
    probe = fitted_mlp(X[:600], y[:600])
    assert np.mean((probe.scores(X[600:]) > 0) == (y[600:] == 1)) > 0.88
    assert fitted_mlp(X[:600], y[:600], seed=1).scores(X).tobytes() != probe.scores(X).tobytes()


def test_training_stops_early_where_labels_mean_nothing() -> None:
    generator = np.random.default_rng(0)
    X, y = generator.standard_normal((400, 50)), np.tile([0, 1], 200)
    noise, signal = fitted_mlp(X, y), fitted_mlp(*ring(400))
    assert 1 <= noise.epochs < EPOCHS / 2 < signal.epochs <= EPOCHS


def test_copies_of_a_group_do_not_tell_the_network_when_to_stop() -> None:
    generator = np.random.default_rng(1)
    groups = np.repeat(np.arange(40), 10)
    X = generator.standard_normal((40, 50))[groups] + 0.01 * generator.standard_normal((400, 50))
    y = np.repeat(np.arange(40) % 2, 10)
    by_group, by_row = (fit_mlp(X, y, units, None, 0) for units in (groups, np.arange(400)))
    assert isinstance(by_group, HiddenLayerProbe)
    assert isinstance(by_row, HiddenLayerProbe)
    assert by_group.epochs < by_row.epochs


@pytest.mark.parametrize("fit", [fit_mlp, fit_nearest_neighbours])
def test_one_group_cannot_be_held_out(fit: type) -> None:
    X, y = ring(50)
    with pytest.raises(UnfittableError, match="held out"):
        fit(X, y, np.zeros(50), None, 0)


@pytest.mark.parametrize("neighbours", [1, 5, 33])
def test_votes_are_those_of_scikit_learn(neighbours: int) -> None:
    X, y = ring(400)
    scale = fit_standardisation(X[:200])
    scaled = scale.apply(X)
    probe = NearestNeighbourProbe(scale, scaled[:200].astype(np.float32), y[:200], neighbours)
    model = KNeighborsClassifier(neighbours, algorithm="brute").fit(scaled[:200], y[:200])
    votes = model.predict_proba(scaled[200:])[:, 1] * neighbours
    expected = np.log((votes + 1) / (neighbours - votes + 1))
    np.testing.assert_allclose(probe.scores(X[200:]), expected, atol=1e-12)


def test_every_row_may_be_a_neighbour_and_rows_are_read_in_parts() -> None:
    X, y = ring(65)
    scale = fit_standardisation(X)
    probe = NearestNeighbourProbe(scale, scale.apply(X).astype(np.float32), y, 65)
    expected = np.log((y.sum() + 1) / (65 - y.sum() + 1))
    np.testing.assert_allclose(probe.scores(np.tile(X, (40, 1))), np.full(2600, expected))


@pytest.mark.parametrize("nearer", [0, 1])
def test_of_rows_equally_far_the_earlier_votes(nearer: int) -> None:
    rows = np.ones((40, 1), dtype=np.float32)
    rows[30 : 30 + nearer] = 0
    labels = np.zeros(40, dtype=np.int64)
    labels[[0, 1, 2]] = [1, 0, 1]
    probe = NearestNeighbourProbe(fit_standardisation(np.array([[-1.0], [1.0]])), rows, labels, 3)
    expected = [np.log(3 / 2), np.log(2 / 3)][nearer]  # votes 1, 0, 1, or 0, 1, 0
    np.testing.assert_allclose(probe.scores(np.zeros((1, 1))), expected)


def test_the_number_of_neighbours_fits_the_rows() -> None:
    X, y = ring(400)
    noise = np.random.default_rng(0).integers(0, 2, 400)
    ranks = [fit_nearest_neighbours(X, y_, np.arange(400), None, 0) for y_ in (y, noise)]
    assert isinstance(ranks[0], NearestNeighbourProbe)
    assert isinstance(ranks[1], NearestNeighbourProbe)
    assert ranks[0].neighbours < ranks[1].neighbours == NEIGHBOURS[-1]


def test_copies_of_a_group_do_not_choose_the_neighbours() -> None:
    groups = np.repeat(np.arange(40), 10)
    X = np.random.default_rng(2).standard_normal((40, 5))[groups]
    y = np.repeat(np.arange(40) % 2, 10)
    by_group = fit_nearest_neighbours(X, y, groups, None, 0)
    by_row = fit_nearest_neighbours(X, y, np.arange(400), None, 0)
    assert isinstance(by_group, NearestNeighbourProbe)
    assert isinstance(by_row, NearestNeighbourProbe)
    assert by_row.neighbours <= 9 < 33 <= by_group.neighbours


def test_the_gain_is_that_of_paired_rows() -> None:
    generator = np.random.default_rng(0)
    labels, groups = generator.integers(0, 2, 90), np.arange(90) // 3
    linear, nonlinear = generator.standard_normal((2, 90))
    resamples = group_resamples(groups, 400, 3)
    found = gain_over_linear(labels, nonlinear, linear, resamples)
    by_row = ((nonlinear > 0) == labels).astype(float) - ((linear > 0) == labels)
    assert found.value == pytest.approx(by_row.mean())
    np.testing.assert_allclose([found.low, found.high], bootstrap_mean(by_row, groups, 400, 3))
    same = gain_over_linear(labels, linear, linear, resamples)
    assert (same.value, same.low, same.high) == (0, 0, 0)


def test_a_score_of_zero_reads_as_label_0() -> None:
    resamples = group_resamples(np.arange(4), 10, 0)
    found = gain_over_linear(np.array([0, 0, 0, 1]), np.zeros(4), np.ones(4), resamples)
    assert found.value == 0.5
    assert np.isnan([found.low, found.high]).all()  # too few groups


def test_the_registry_is_there_without_scikit_learn() -> None:
    program = (
        "import sys, probesteer.probes.estimators.registry;"
        "sys.exit(any(name.startswith('sklearn') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
