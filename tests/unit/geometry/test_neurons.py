"""Neurons: AUROC against one at a time, concepts counted by hand, rotations against theory."""

import numpy as np
import pytest
from scipy import stats

from probesteer.geometry.neurons.calibrations import calibrate_neurons
from probesteer.geometry.neurons.privileged_basis import activation_kurtosis, axis_alignment
from probesteer.geometry.neurons.selectivity import (
    concepts_read,
    count_concepts,
    neuron_auroc,
    random_rotation,
)
from probesteer.probes.metrics.two_labels import auroc

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 2, (60, 4))
# Rectified, so that there are ties.
NEURONS = np.maximum(RNG.standard_normal((60, 11)) + LABELS[:, :1], 0)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_truth_is_found(seed: int) -> None:
    measured = calibrate_neurons(seed)
    assert len(measured) == 11
    assert [each for each in measured if not each.holds] == []


@pytest.mark.parametrize("at_once", [4_000_000, 130])
def test_auroc_is_that_of_each_neuron_and_concept(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("probesteer.geometry.neurons.selectivity._RANKS_AT_ONCE", at_once)
    found = neuron_auroc(NEURONS.astype(np.float32), LABELS)
    assert found.shape == (4, 11)
    for concept in range(4):
        for neuron in range(11):
            alone = auroc(LABELS[:, concept], NEURONS[:, neuron].astype(np.float32))
            assert found[concept, neuron] == pytest.approx(float(alone))


def test_a_concept_with_one_label_has_no_auroc() -> None:
    labels = np.column_stack([LABELS[:, 0], np.zeros(60, dtype=np.int64)])
    found = neuron_auroc(NEURONS, labels)
    assert np.isnan(found[1]).all()
    assert np.isfinite(found[0]).all()
    assert concepts_read(found, 0.5).tolist() == [1] * 11


def test_a_neuron_reads_a_concept_either_way_round() -> None:
    area = np.array([[0.9, 0.1, 0.8, 0.5], [0.2, 0.75, 0.8, 0.5]])
    assert concepts_read(area, 0.8).tolist() == [2, 1, 2, 0]


def test_controls_follow_the_seed() -> None:
    one, same, other = (count_concepts(NEURONS, LABELS, 0.6, seed) for seed in (0, 0, 1))
    assert one.random_directions.shape == one.rotations.shape == one.shuffled.shape == (5, 11)
    assert np.array_equal(one.rotations, same.rotations)
    assert not np.array_equal(one.rotations, other.rotations)
    assert not np.array_equal(one.random_directions, other.random_directions)
    assert one.share(one.neurons, 1) == np.mean(one.neurons >= 1)


def test_a_common_rotation_of_neurons_is_no_different_from_its_rotations() -> None:
    """Where the basis means nothing, neurons read as many concepts as rotated units."""
    labels = RNG.integers(0, 2, (800, 10))
    X = (labels @ RNG.standard_normal((10, 40))) @ random_rotation(40, RNG)
    found = count_concepts(X, labels, 0.65, seed=0, draws=10)
    means = found.rotations.mean(axis=1)
    assert means.min() <= found.neurons.mean() <= means.max()


def test_rotations_are_drawn_evenly() -> None:
    rotation = random_rotation(7, np.random.default_rng(0))
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(7), atol=1e-12)
    # The fourth moment of an entry of a random direction is 3 / (d (d + 2)).
    drawn = [random_rotation(4, np.random.default_rng(seed)) for seed in range(3_000)]
    assert np.mean(np.array(drawn) ** 4) == pytest.approx(3 / 24, rel=0.02)
    assert np.mean([each[0, 0] for each in drawn]) == pytest.approx(0, abs=0.02)


def test_alignment_counts_axes() -> None:
    found = axis_alignment(np.array([[0, 3.0, 0, 0], [1, 1, 1, -1], [0, 1, 0, -1]]), seed=0)
    np.testing.assert_allclose(found.axes, [1, 4, 2])
    np.testing.assert_allclose(found.kurtosis, [4, 1, 2])
    np.testing.assert_allclose(found.largest, [1, 0.5, np.sqrt(0.5)])


def test_rotated_directions_are_not_taken_for_aligned() -> None:
    aligned = np.eye(32)[:5]
    shares = []
    for seed in range(40):
        turned = aligned @ random_rotation(32, np.random.default_rng([9, seed]))
        shares.append(axis_alignment(turned, seed, draws=99).share_of_draws_as_high)
    # Even over (0, 1], as it is where nothing is to be found.
    assert stats.kstest(shares, "uniform").pvalue > 0.01
    assert axis_alignment(aligned, 0, draws=99).share_of_draws_as_high == 0.01


def test_rotation_keeps_the_angles_among_directions() -> None:
    # One direction many times is one draw: the mean spreads as that of one.
    single = axis_alignment(RNG.standard_normal((1, 16)), 0, draws=400).rotated.std()
    same = axis_alignment(np.ones((50, 1)) * RNG.standard_normal((1, 16)), 0, draws=400).rotated
    assert same.std() == pytest.approx(single, rel=0.25)


def test_a_zero_direction_is_refused() -> None:
    with pytest.raises(ValueError, match="direction 1 is zero"):
        axis_alignment(np.array([[1.0, 0], [0, 0]]), seed=0)


def test_kurtosis_is_that_of_scipy() -> None:
    found = activation_kurtosis(np.column_stack([NEURONS, np.ones(60)]), seed=0)
    np.testing.assert_allclose(found.units[:-1], stats.kurtosis(NEURONS, fisher=False))
    assert np.isnan(found.units[-1])
    assert found.rotated.shape == (3, 12)
