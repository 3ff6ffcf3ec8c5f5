"""The phase diagram and correlated pairs: closed forms, planted arrangements, training."""

import numpy as np
import pytest

from probesteer.geometry.toys.correlation import CorrelationToy, PairedToys, correlation_toy
from probesteer.geometry.toys.phases import (
    ALONE,
    LEFT_OUT,
    SHARED,
    PhaseDiagram,
    boundary,
    phase_diagram,
)
from probesteer.geometry.toys.rows import toy_table
from probesteer.geometry.toys.toy_model import TrainedToys, Training


def losses(sparsity: float, importance: float) -> tuple[float, float, float]:
    """Of the first feature alone, of the second alone and of the pair, on drawn features."""
    generator = np.random.default_rng(0)
    active = generator.random((400_000, 2)) >= sparsity
    x = generator.random((400_000, 2)) * active
    wrong = (x - x.mean(axis=0)) ** 2
    pair = np.maximum(x @ np.array([[1.0, -1.0], [-1.0, 1.0]]), 0)
    both = ((x - pair) ** 2).mean(axis=0)
    return (
        float(importance * wrong[:, 1].mean()),
        float(wrong[:, 0].mean()),
        float(both[0] + importance * both[1]),
    )


@pytest.mark.parametrize("importance", [0.2, 1.0, 3.0])
def test_losses_are_equal_on_the_boundary(importance: float) -> None:
    first, second, pair = losses(float(boundary(importance)), importance)
    assert pair == pytest.approx(min(first, second), rel=0.02)


def test_the_boundary_is_the_same_for_either_feature() -> None:
    assert float(boundary(1)) == pytest.approx(3 / 7)
    np.testing.assert_allclose(boundary([0.1, 0.5]), boundary([10, 2]))


def test_phases_of_planted_cells() -> None:
    diagram = PhaseDiagram(
        sparsity=np.array([0.0, 0.95]),
        importance=np.array([0.1, 1.05, 10.0]),
        norm=np.array([[0.1, 1.0, 1.0], [0.9, 1.0, 0.4]]),
        shared=np.array([[0.9, 0.0, 0.1], [0.9, 1.0, 1.0]]),
    )
    assert diagram.phase.tolist() == [[LEFT_OUT, ALONE, ALONE], [SHARED, SHARED, LEFT_OUT]]
    assert diagram.expected.tolist() == [[LEFT_OUT, ALONE, ALONE], [SHARED, SHARED, SHARED]]
    # Dense and as important: either feature may have the dimension.
    assert diagram.away.tolist() == [[True, False, True], [True, True, True]]
    agreement = diagram.calibrations()[-1]
    assert (agreement.measured, agreement.holds) == (4 / 5, False)
    table = toy_table(diagram.rows())
    cell = table.query("sparsity == 0.95 and importance == 10.0")
    assert cell.set_index("metric")["value"].to_dict() == {"norm": 0.4, "shared": 1, "phase": 0}
    limits = table.query("method == 'closed_form'")
    np.testing.assert_allclose(limits["value"], boundary(limits["importance"]))
    np.testing.assert_allclose(limits["importance"].iloc[[0, 20, 40]], [0.1, 1, 10])


def planted(*angles: float) -> TrainedToys:
    """Features of norm 1 in two dimensions, at angles in degrees."""
    turned = np.deg2rad(angles)
    weights = np.column_stack([np.cos(turned), np.sin(turned)])[None]
    return TrainedToys(weights, np.zeros((1, len(angles))), np.zeros(1))


def test_cosines_of_planted_pairs() -> None:
    square = PairedToys(planted(0, 90, 180, 270))
    opposite = PairedToys(planted(0, 180, 90, 270))
    beside = PairedToys(planted(0, 0, 120, 120, 240, 240))
    toy = CorrelationToy(square, opposite, beside)
    np.testing.assert_allclose(toy.together.within, 0, atol=1e-12)
    np.testing.assert_allclose(toy.together.across, -0.5)
    np.testing.assert_allclose(toy.apart.within, -1)
    np.testing.assert_allclose(toy.apart.across, 0, atol=1e-12)
    np.testing.assert_allclose(toy.crowded.within, 1)
    np.testing.assert_allclose(toy.crowded.across, -0.5)
    assert all(each.holds for each in toy.calibrations())
    table = toy_table(toy.rows())
    drawn = table.query("method == 'together' and metric == 'y'")
    np.testing.assert_allclose(drawn["value"], [0, 1, 0, -1], atol=1e-12)


def test_the_best_quarter_has_the_least_loss() -> None:
    toys = correlation_toy(0, instances=8, training=Training(steps=2, batch=8)).together
    assert toys.best == np.argsort(toys.toys.loss)[:2].tolist()
    assert toys.within.shape == toys.across.shape == (2,)


@pytest.mark.slow
def test_pairs_lie_as_published() -> None:
    found = correlation_toy(0)
    assert [each for each in found.calibrations() if not each.holds] == []


@pytest.mark.slow
def test_trained_phases_are_those_in_closed_form() -> None:
    found = phase_diagram(0)
    assert found.norm.shape == found.shared.shape == (9, 10)
    assert found.away.sum() > 60
    assert [each for each in found.calibrations() if not each.holds] == []
