"""Dictionaries: codes are optimal or exact, gradients as stated, planted atoms are found."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from probesteer.directions.random import random_directions
from probesteer.errors import ProbesteerError
from probesteer.geometry.dictionaries import jump
from probesteer.geometry.dictionaries.autoencoder import (
    KINDS,
    AutoencoderSettings,
    Kind,
    fit_autoencoder,
)
from probesteer.geometry.dictionaries.calibrations import calibrate_dictionaries
from probesteer.geometry.dictionaries.dictionary import geometric_median, rebuild
from probesteer.geometry.dictionaries.quality import (
    LabelledRows,
    measure_quality,
    read_by_single_atoms,
    recovered,
)
from probesteer.geometry.dictionaries.sparse_coding import SparseCodingSettings, fit_sparse_coding
from probesteer.geometry.toys.planted import superposed_features
from probesteer.probes.metrics.two_labels import auroc

PLANTED = superposed_features(600, 8, 12, seed=0, active=0.1)
X = PLANTED.X + 3


@dataclass(frozen=True, eq=False)
class ByHand:
    """Atoms along the axes; codes are what is positive."""

    atoms: NDArray[np.float64]
    offset: NDArray[np.float64]

    def encode(self, rows: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        codes: NDArray[np.float64] = np.maximum((rows - self.offset) @ self.atoms.T, 0)
        return codes


def quick(kind: Kind, steps: int = 150) -> AutoencoderSettings:
    return AutoencoderSettings(kind=kind, atoms=12, active=3, steps=steps, batch=64)


def test_codes_of_sparse_coding_are_optimal() -> None:
    dictionary = fit_sparse_coding(X, SparseCodingSettings(atoms=12, epochs=3), seed=0)
    np.testing.assert_allclose(np.linalg.norm(dictionary.atoms, axis=1), 1)
    codes = dictionary.encode(X)
    assert codes.min() >= 0
    # The conditions of Karush, Kuhn and Tucker for |x - c A|^2 / 2 + penalty |c|_1, c >= 0.
    slope = (X - rebuild(dictionary, codes)) @ dictionary.atoms.T - dictionary.penalty
    assert np.abs(slope[codes > 0]).max() < 1e-3 * dictionary.penalty
    assert slope[codes == 0].max() < 1e-3 * dictionary.penalty


def test_sparse_coding_is_in_the_units_of_activations() -> None:
    settings = SparseCodingSettings(atoms=12, epochs=3)
    one, other = fit_sparse_coding(X, settings, 0), fit_sparse_coding(10 * X, settings, 0)
    assert other.penalty == pytest.approx(10 * one.penalty)
    assert np.array_equal(fit_sparse_coding(X, settings, 0).atoms, one.atoms)


@pytest.mark.parametrize("kind", KINDS)
def test_codes_of_an_autoencoder_follow_its_formula(kind: Kind) -> None:
    found = fit_autoencoder(X, quick(kind), seed=0)
    np.testing.assert_allclose(np.linalg.norm(found.atoms, axis=1), 1)
    codes, before = found.encode(X), (X - found.offset) @ found.encoder + found.bias
    if kind == "topk":
        for row, values in zip(codes, before, strict=True):
            kept = np.sort(values)[-3:]
            assert (
                np.flatnonzero(row).tolist()
                == np.flatnonzero(values >= max(kept[0], 1e-300)).tolist()
            )
    elif kind == "relu":
        assert np.array_equal(codes, np.maximum(before, 0))
    else:
        assert (found.threshold > 0).all()
        assert np.array_equal(codes, before * (before > found.threshold))
    assert np.array_equal(codes[codes != 0], before[codes != 0])


@pytest.mark.parametrize("kind", KINDS)
def test_scale_and_offset_of_activations_change_only_units(kind: Kind) -> None:
    one = fit_autoencoder(X, quick(kind, 40), seed=0)
    other = fit_autoencoder(8 * X - 5, quick(kind, 40), seed=0)
    np.testing.assert_allclose(other.atoms, one.atoms, atol=1e-4)
    np.testing.assert_allclose(other.encode(8 * X - 5), 8 * one.encode(X), atol=0.02)


def test_the_seed_alone_decides() -> None:
    state = torch.get_rng_state()
    one, same, other = (fit_autoencoder(X, quick("topk", 20), seed) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), state)
    assert np.array_equal(one.atoms, same.atoms)
    assert not np.array_equal(one.atoms, other.atoms)


@pytest.mark.parametrize("kind", KINDS)
def test_training_rebuilds_more(kind: Kind) -> None:
    few, many = (
        measure_quality(fit_autoencoder(X, quick(kind, steps), seed=0), X) for steps in (1, 200)
    )
    assert many.unexplained < 0.7 * few.unexplained


def test_a_mapped_file_can_be_read(tmp_path: Any) -> None:
    np.save(tmp_path / "x.npy", X.astype(np.float32))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    one = fit_autoencoder(mapped, quick("relu", 20), seed=0)
    other = fit_autoencoder(X.astype(np.float32), quick("relu", 20), seed=0)
    assert np.array_equal(one.atoms, other.atoms)
    assert one.encode(mapped[:0]).shape == (0, 12)


def test_jumps_have_the_gradients_of_a_rectangle_about_the_threshold() -> None:
    threshold = torch.tensor([0.5, 1.0], requires_grad=True)
    near = jump.WIDTH / 4
    before = torch.tensor([[0.5 + near, 3.0], [0.5 - near, 1.0 + near], [0.1, 0.2]])
    before.requires_grad_()
    codes = jump.jump_relu(before, threshold)
    expected = [[0.5 + near, 3.0], [0.0, 1.0 + near], [0.0, 0.0]]
    torch.testing.assert_close(codes, torch.tensor(expected))
    weights = torch.tensor([[2.0, 3.0], [5.0, 7.0], [11.0, 13.0]])
    of_before, of_threshold = torch.autograd.grad((weights * codes).sum(), [before, threshold])
    torch.testing.assert_close(of_before, weights * (codes > 0))
    # Rows within half a width: both for the first atom, the second for the second.
    inside = torch.tensor([-(2.0 + 5.0) * 0.5, -7.0 * 1.0]) / jump.WIDTH
    torch.testing.assert_close(of_threshold, inside)
    number = jump.active_above(before, threshold)
    torch.testing.assert_close(number, (codes > 0).float())
    (of_threshold,) = torch.autograd.grad((weights * number).sum(), [threshold])
    torch.testing.assert_close(of_threshold, torch.tensor([-7.0, -7.0]) / jump.WIDTH)


def test_quality_is_counted_by_hand() -> None:
    rows = np.array([[1.0, 2.0, -1.0], [-1.0, 0.0, -1.0], [0.0, -2.0, -1.0], [4.0, 0.0, -1.0]])
    quality = measure_quality(ByHand(np.eye(3), np.zeros(3)), rows)
    assert quality.l0 == 3 / 4
    assert quality.dead == 1 / 3
    assert quality.atoms == 3
    # Lost are -1 and -2 where something varies, and the -1 of four rows where nothing does.
    centred = rows - rows.mean(axis=0)
    assert quality.unexplained == pytest.approx((1 + 4 + 4) / (centred**2).sum())


def test_the_best_atom_is_chosen_on_training_rows() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 400)
    rows = rng.standard_normal((400, 5))
    rows[:, 3] += 6 * labels
    rows[200:, 1] = 10 * labels[200:]  # tells the test labels alone, so that it isn't chosen
    train = LabelledRows(rows[:200], labels[:200])
    test = LabelledRows(rows[200:], labels[200:])
    found = read_by_single_atoms(ByHand(np.eye(5), np.zeros(5)), train, test, seed=0)
    assert found.atom == 3
    assert found.area > 0.99
    assert found.probe > 0.99


def test_random_directions_are_chosen_in_the_same_way() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 400)
    rows = rng.standard_normal((400, 5)) + labels[:, None] * [0, 0, 3, 0, 0]
    parts = [LabelledRows(rows[part], labels[part]) for part in (slice(200), slice(200, 400))]
    found = read_by_single_atoms(ByHand(np.eye(5), np.zeros(5)), parts[0], parts[1], seed=0)
    areas = []
    for direction in random_directions(5, 5, 0):
        train, test = (float(auroc(part.labels, part.X @ direction)) for part in parts)
        areas.append((max(train, 1 - train), test if train > 0.5 else 1 - test))
    assert found.random == pytest.approx(max(areas)[1])
    assert found.random < found.area


def test_an_atom_may_read_a_concept_the_other_way_round() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 400)
    rows = rng.standard_normal((400, 2))
    rows[:, 0] += 4 * (1 - labels)
    parts = [LabelledRows(rows[part], labels[part]) for part in (slice(200), slice(200, 400))]
    found = read_by_single_atoms(ByHand(np.eye(2), np.zeros(2)), parts[0], parts[1], seed=0)
    assert (found.atom, found.area > 0.95) == (0, True)


def test_recovery_is_the_cosine_with_the_nearest_atom() -> None:
    directions = np.array([[2.0, 0, 0], [1.0, 1, 0], [0, 0, -1]])
    found = recovered(ByHand(np.eye(3), np.zeros(3)), directions)
    np.testing.assert_allclose(found, [1, np.sqrt(0.5), 0])


def test_sparse_features_of_few_dimensions_are_found() -> None:
    planted = superposed_features(1_000, 6, 4, seed=0, active=0.1)
    dictionary = fit_sparse_coding(planted.X, SparseCodingSettings(4, 0.2, 10), seed=0)
    assert recovered(dictionary, planted.directions).min() > 0.99


def test_the_geometric_median_is_where_the_distances_add_up_to_least() -> None:
    rows = np.random.default_rng(0).standard_normal((50, 3)) ** 3
    median = geometric_median(rows)
    pulls = rows - median
    total = (pulls / np.linalg.norm(pulls, axis=1, keepdims=True)).sum(axis=0)
    np.testing.assert_allclose(total, 0, atol=1e-4)
    # Where most rows are one point, it is that point.
    most = np.concatenate([np.full((40, 3), 7.0), rows[:20]])
    np.testing.assert_allclose(geometric_median(most), 7, atol=1e-6)
    assert geometric_median(np.full((4, 2), 3.0)).tolist() == [3, 3]


def test_impossible_settings_are_said() -> None:
    with pytest.raises(ProbesteerError, match="kind 'gated' is unknown"):
        fit_autoencoder(X, AutoencoderSettings(kind="gated"), seed=0)  # type: ignore[arg-type]
    with pytest.raises(ProbesteerError, match="13 of 12 atoms can't be active"):
        fit_autoencoder(X, AutoencoderSettings(atoms=12, active=13), seed=0)


@pytest.mark.slow
def test_every_truth_is_found() -> None:
    measured = calibrate_dictionaries(0)
    assert len(measured) == 19
    assert [each for each in measured if not each.holds] == []
