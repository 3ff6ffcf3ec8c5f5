"""Toys with a known truth: each holds what is expected, and differs from its control."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from probesteer.geometry.toys.collapse import collapse_toy
from probesteer.geometry.toys.l1_penalty import PenaltyCurve, penalty_curve
from probesteer.geometry.toys.nonlinear_codes import CODES, Code, code_readings
from probesteer.geometry.toys.rows import toy_table
from probesteer.geometry.toys.shortcut import _examples, shortcut_toy
from probesteer.geometry.toys.small_nets import NetTraining, relu_net, train_net
from probesteer.geometry.toys.toy_model import TrainedToys, Training
from probesteer.geometry.toys.wired import absolute_value, bit_extraction, multiplication
from probesteer.probes.logistic import fit_logistic
from probesteer.probes.metrics.two_labels import auroc


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

    def loss_of(generator: torch.Generator, batch: int, _: int) -> torch.Tensor:
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


def test_a_net_is_looked_at_after_as_many_steps_as_asked_and_not_changed() -> None:
    training = NetTraining(steps=10, batch=4)
    assert training.looks(4) == [0, 2, 5, 8, 10]
    steps: list[int] = []

    def trained(looks: list[int]) -> list[float]:
        """The weight at each look, and after training."""
        net, seen = relu_net([1, 1], seed=0), list[float]()

        def loss_of(generator: torch.Generator, batch: int, step: int) -> torch.Tensor:
            steps.append(step)
            x = torch.rand(batch, 1, generator=generator)
            return torch.nn.functional.mse_loss(net(x), x)

        def look() -> None:
            seen.append(next(net.parameters()).item())

        train_net(net, loss_of, training, 0, looks, look)
        look()
        return seen

    (alone,) = trained([])
    assert steps == list(range(10))
    start = next(relu_net([1, 1], seed=0).parameters()).item()
    assert trained([0, 10]) == [start, alone, alone]


def test_penalties_are_those_of_the_curve() -> None:
    curve = penalty_curve(0, [0.0, 5.0], 2, 6, 2, Training(steps=150, batch=64))
    assert curve.represented.shape == (2, 2)
    assert (curve.represented[0] >= 2).all()
    assert curve.represented[1].tolist() == [0, 0]
    assert curve.loss[1].min() > curve.loss[0].max()
    assert curve.interference[1].tolist() == [0, 0]
    table = toy_table(curve.rows())
    assert table["penalty"].tolist()[1:] == [0, 5] * 3
    assert (table["metric"][0], table["value"][0]) == ("dimensions", 2)
    assert table["low"].tolist()[-2:] == curve.loss.min(axis=1).tolist()


def test_interference_is_the_mean_over_what_is_represented() -> None:
    # An antipodal pair, one that is too weak to count, and one alone; then none.
    weights = np.array([[[1.0, 0], [-1, 0], [0, 0.1], [0, 2]], [[0.1, 0]] * 4])
    toys = TrainedToys(weights, np.zeros((2, 4)), np.zeros(2))
    curve = PenaltyCurve(np.array([0.0]), toys)
    np.testing.assert_allclose(curve.interference, [[(1 + 1 + 0.01) / 3, 0]])


def test_a_curve_of_encoders_has_all_looks_and_one_start() -> None:
    toy = collapse_toy(0, encoders=2, training=NetTraining(steps=24, batch=32))
    assert toy.steps == tuple(range(0, 25, 2))
    for curve in (toy.collapsed, toy.guarded):
        assert curve.disagreement.shape == curve.nearest_mean.shape == (2, 13)
    assert np.array_equal(toy.collapsed.nearest_mean[:, 0], toy.guarded.nearest_mean[:, 0])
    assert (toy.collapsed.disagreement[:, -1] < toy.guarded.disagreement[:, -1]).all()
    rows = toy_table(toy.rows())
    assert len(rows) == 2 * 4 * 13
    (last,) = rows.query(
        "method == 'uniformity' and metric == 'nearest_mean' and step == 24"
    ).to_dict("records")
    assert last["value"] == toy.guarded.last("nearest_mean")


def test_a_shortcut_comes_when_it_should() -> None:
    toy = shortcut_toy(0, nets=1, training=NetTraining(steps=36, batch=64))
    assert toy.steps[toy.learned] == 12
    # Until the shortcut is there, training is that of the control, to the bit.
    until = toy.learned + 1
    for metric in ("misled", "readability"):
        later, never, start = (
            getattr(curve, metric)[0] for curve in (toy.later, toy.control, toy.shortcut)
        )
        assert np.array_equal(later[:until], never[:until])
        assert not np.array_equal(later[until:], never[until:])
        assert not np.array_equal(start[1:until], never[1:until])
    rows = toy_table(toy.rows())
    assert set(rows["method"]) == {"from_start", "later", "never"}
    assert len(rows) == 3 * 3 * 13 + 1
    assert rows.query("metric == 'start'")["value"].tolist() == [12]


@pytest.mark.parametrize(("make", "known"), [(*CODES[name],) for name in CODES])
def test_what_a_linear_probe_can_do_is_known(
    make: Callable[[int, np.random.Generator], Code], known: float
) -> None:
    code = make(20_000, np.random.default_rng(0))
    directions = np.random.default_rng(1).standard_normal((50, code.X.shape[1]))
    best = max(float(auroc(code.labels, code.X @ direction)) for direction in directions)
    assert best == pytest.approx(known, abs=0.02)


def test_wired_neurons_hold_the_code() -> None:
    generator = np.random.default_rng(0)
    both, size, bit = (make(500, generator) for make, _ in CODES.values())
    assert np.array_equal(both.neurons @ [1, 1, -1, -1] > 0, both.labels == 1)
    assert np.array_equal(size.neurons.sum(axis=1) > 0.5, size.labels == 1)
    assert np.array_equal(bit.neurons @ [1, -2, 2], bit.labels)
    assert set(bit.X[:, 0]) == {0, 1, 2, 3}


@pytest.mark.slow
def test_probes_read_the_codes_that_they_can() -> None:
    found = code_readings(3, draws=1)
    assert [each for each in found.calibrations() if not each.holds] == []
    table = toy_table(found.rows())
    assert table.query("method == 'closed_form'")["value"].tolist() == [0.5, 0.5, 0.75]


@pytest.mark.slow
def test_collapse_is_told_by_all_but_the_loss() -> None:
    measured = collapse_toy(0).calibrations()
    assert len(measured) == 7
    assert [each for each in measured if not each.holds] == []


@pytest.mark.slow
def test_a_shortcut_suppresses_the_other_feature() -> None:
    measured = shortcut_toy(0).calibrations()
    assert len(measured) == 9
    assert [each for each in measured if not each.holds] == []


@pytest.mark.slow
def test_superposition_goes_with_the_penalty_and_so_does_performance() -> None:
    measured = penalty_curve(0).calibrations()
    assert len(measured) == 4
    assert [each for each in measured if not each.holds] == []
