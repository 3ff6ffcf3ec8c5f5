"""Toys with a known truth: each holds what is expected, and differs from its control."""

import numpy as np
import pytest
import torch

from probesteer.geometry.toys.collapse import collapse_toy
from probesteer.geometry.toys.l1_penalty import penalty_curve
from probesteer.geometry.toys.shortcut import _examples, shortcut_toy
from probesteer.geometry.toys.small_nets import NetTraining, relu_net, train_net
from probesteer.geometry.toys.toy_model import Training
from probesteer.geometry.toys.wired import absolute_value, bit_extraction, multiplication
from probesteer.probes.logistic import fit_logistic


def test_four_relu_neurons_multiply() -> None:
    toy = multiplication()
    x, y = toy.inputs.T
    assert sorted(map(tuple, toy.inputs.tolist())) == [
        (a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)
    ]
    assert np.array_equal(toy.neurons @ toy.readouts.T, np.stack([x, y, x * y], axis=1))
    assert [each for each in toy.calibrations() if not each.holds] == []
    assert len(toy.calibrations()) == 3


def test_an_absolute_value_is_not_linear_and_its_neurons_are() -> None:
    toy = absolute_value()
    assert np.array_equal(toy.neurons.sum(axis=1), np.abs(toy.x))
    assert [each.measured for each in toy.calibrations()] == [0.5, 1]
    # No probe does better than the threshold that AUROC stands for.
    large = (np.abs(toy.x) > 0.5).astype(np.int64)
    probe = fit_logistic(toy.x[:, None], large, C=1.0)
    assert probe.coefficient[0] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("bits", [3, 5, 8])
def test_bits_are_extracted_one_a_layer(bits: int) -> None:
    toy = bit_extraction(bits)
    numbers = np.arange(2**bits)
    expected = (numbers[:, None] >> np.arange(bits - 1, -1, -1)) & 1
    assert np.array_equal(toy.bits, expected)
    assert [layer.shape for layer in toy.layers] == [(2**bits, 1 + j) for j in range(bits + 1)]
    assert np.array_equal(toy.layers[2][:, 0], numbers % 2 ** (bits - 2))
    # A bit is read for 1/2 + 2^-k as the k-th highest of what remains, and surely once out.
    k = np.arange(1, bits + 1)[None] - np.arange(bits + 1)[:, None]
    np.testing.assert_allclose(toy.readability(), np.where(k < 1, 1, 0.5 + 0.5 ** np.maximum(k, 1)))
    assert [each for each in toy.calibrations() if not each.holds] == []


def test_a_net_is_made_from_its_seed_alone() -> None:
    before = torch.get_rng_state()
    one, same, other = (relu_net([3, 4, 2], seed) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    x = torch.ones(1, 3)
    assert torch.equal(one(x), same(x))
    assert not torch.equal(one(x), other(x))
    assert [type(module).__name__ for module in one] == ["Linear", "ReLU", "Linear"]


def test_training_minimises_on_fresh_batches() -> None:
    net = relu_net([1, 1], seed=0)

    def loss_of(generator: torch.Generator, batch: int) -> torch.Tensor:
        x = torch.rand(batch, 1, generator=generator)
        return torch.nn.functional.mse_loss(net(x), 3 * x - 1)

    train_net(net, loss_of, NetTraining(steps=600, batch=32, rate=0.05), seed=0)
    x = torch.tensor([[0.0], [1.0]])
    np.testing.assert_allclose(net(x).detach().numpy(), [[-1], [2]], atol=0.01)


def test_the_third_bit_agrees_as_often_as_asked() -> None:
    for agreement in (0.0, 0.5, 1.0):
        x, label = _examples(torch.Generator().manual_seed(0), 20_000, agreement)
        signs = (x > 0).float()
        differ = (signs[:, 0] != signs[:, 1]).float()
        assert torch.equal(differ, label)
        share = float((signs[:, 2] == label).float().mean())
        assert share == pytest.approx(agreement, abs=0.01)


def test_penalties_are_those_of_the_curve() -> None:
    curve = penalty_curve(0, [0.0, 5.0], 2, 6, 2, Training(steps=150, batch=64))
    assert curve.represented[0] >= 2
    assert curve.represented[1] == 0
    assert curve.loss[1] > curve.loss[0]
    assert curve.interference[1] == 0


@pytest.mark.slow
def test_collapse_is_told_by_all_but_the_loss() -> None:
    measured = collapse_toy(0).calibrations()
    assert len(measured) == 7
    assert [each for each in measured if not each.holds] == []


@pytest.mark.slow
def test_a_shortcut_suppresses_the_other_feature() -> None:
    measured = shortcut_toy(0).calibrations()
    assert len(measured) == 6
    assert [each for each in measured if not each.holds] == []


@pytest.mark.slow
def test_superposition_goes_with_the_penalty_and_so_does_performance() -> None:
    measured = penalty_curve(0).calibrations()
    assert len(measured) == 4
    assert [each for each in measured if not each.holds] == []
