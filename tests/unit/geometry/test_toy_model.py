"""The toy model of superposition: what is trained, what is measured, and what must come out."""

import numpy as np
import pytest
import torch
from torch import Tensor

from probesteer.figures.rows import matching
from probesteer.geometry.toys.rows import toy_table
from probesteer.geometry.toys.sparsity import sparsity_curve
from probesteer.geometry.toys.toy_model import (
    TrainedToys,
    Training,
    independent_features,
    paired_features,
    train_toys,
)

SHORT = Training(steps=20, batch=32)


def planted(*sets: list[list[float]]) -> TrainedToys:
    weights = np.array(sets)
    return TrainedToys(weights, np.zeros(weights.shape[:2]), np.zeros(len(weights)))


def test_dimensions_of_planted_arrangements() -> None:
    pentagon = [[float(np.cos(a)), float(np.sin(a))] for a in 2 * np.pi / 5 * np.arange(5)]
    found = planted(
        [[1, 0], [-1, 0], [0, 1], [0, -1], [0, 0.1]],  # antipodal pairs and one left out
        pentagon,
        [[0, 2], [1, 0], [0, 0], [0, 0], [0, 0]],  # each alone
    )
    assert found.represented.tolist() == [4, 5, 2]
    np.testing.assert_allclose(found.dimensionality[0, :4], 1 / 2.01, rtol=0.01)
    assert found.dimensionality[0, 4] == 0
    # Elhage et al.: the pentagon's features have 2/5 of a dimension each.
    np.testing.assert_allclose(found.dimensionality[1], 2 / 5)
    np.testing.assert_allclose(found.dimensionality[2], [1, 1, 0, 0, 0])
    np.testing.assert_allclose(found.interference[1], 1.5)
    np.testing.assert_allclose(found.interference[2, :2], 0)
    assert found.cosines(0)[0, 1] == -1


def test_instances_share_nothing() -> None:
    data = torch.rand(3, 2_000, 6, generator=torch.Generator().manual_seed(5))
    importance = torch.rand(3, 6, generator=torch.Generator().manual_seed(6))

    def of(instances: list[int]) -> TrainedToys:
        def sample(_: torch.Generator, batch: int) -> Tensor:
            return data[instances, :batch]

        penalty = torch.tensor([0.0, 0.1, 0.2])[instances]
        start = torch.Generator().manual_seed(0)
        whole = torch.randn(3, 6, 2, generator=start)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(torch, "randn", lambda *_, **__: whole[instances] * 1.0)
            shape = (len(instances), 6, 2)
            return train_toys(sample, shape, importance[instances], 0, SHORT, penalty)

    together = of([0, 1, 2])
    for instance in range(3):
        alone = of([instance])
        np.testing.assert_allclose(together.weights[instance], alone.weights[0], atol=1e-6)
        assert together.loss[instance] == pytest.approx(alone.loss[0], rel=1e-5)


def test_loss_is_the_weighted_error_without_the_penalty() -> None:
    data = torch.rand(1, 4_096, 4, generator=torch.Generator().manual_seed(5))
    importance = torch.tensor([1.0, 0.5, 0.25, 0.0])
    toys = train_toys(
        lambda _, batch: data[:, :batch], (1, 4, 2), importance, 0, SHORT, torch.tensor([0.3])
    )
    x, W, b = data[0].double().numpy(), toys.weights[0], toys.bias[0]
    rebuilt = np.maximum(x @ W @ W.T + b, 0)
    expected = (importance.numpy() * (x - rebuilt) ** 2).mean()
    assert toys.loss[0] == pytest.approx(expected, rel=1e-4)


def test_the_same_seed_gives_the_same_toys() -> None:
    one, same, other = (
        sparsity_curve(seed, [0.5], instances=2, training=SHORT).toys.weights for seed in (0, 0, 1)
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_features_are_as_sparse_as_asked() -> None:
    sample = independent_features(torch.tensor([0.0, 0.8]), 5)
    x = sample(torch.Generator().manual_seed(0), 40_000)
    active = (x > 0).float().mean(dim=(1, 2))
    np.testing.assert_allclose(active, [1, 0.2], atol=0.005)
    # Even between 0 and 1 where active: mean 1/2, variance 1/12.
    values = x[1][x[1] > 0]
    assert float(values.mean()) == pytest.approx(0.5, abs=0.005)
    assert float(values.var()) == pytest.approx(1 / 12, abs=0.002)
    assert float(values.max()) <= 1


@pytest.mark.parametrize("together", [True, False])
def test_pairs_come_together_or_one_at_a_time(together: bool) -> None:
    sample = paired_features(torch.tensor([0.6]), 4, together)
    active = sample(torch.Generator().manual_seed(0), 20_000)[0] > 0
    both = (active[:, 0] & active[:, 1]).float().mean()
    either = (active[:, 0] | active[:, 1]).float().mean()
    assert float(either) == pytest.approx(0.4, abs=0.01)
    assert float(both) == pytest.approx(0.4 if together else 0, abs=0.01)
    across = (active[:, 0] & active[:, 2]).float().mean()
    assert float(across) == pytest.approx(0.16 if together else 0.04, abs=0.01)


def test_a_curve_of_few_dense_features_keeps_the_most_important() -> None:
    curve = sparsity_curve(0, [0.0], 3, 6, 2, 0.5, Training(steps=400, batch=64))
    best = curve.toys.norms[curve.best[0]]
    assert sorted(np.argsort(-best)[:2].tolist()) == [0, 1]
    assert curve.represented.shape == (1, 3)
    assert [each.holds for each in curve.calibrations()] == [True]


def test_rows_of_a_curve_are_its_numbers() -> None:
    curve = sparsity_curve(0, [0.0, 0.5], 3, 6, 2, training=SHORT)
    table = toy_table(curve.rows())
    assert len(table) == 1 + 2 * (2 + 6)
    assert matching(table, metric="dimensions")["value"].tolist() == [2]
    for at, sparsity in enumerate([0.0, 0.5]):
        here = matching(table, sparsity=sparsity)
        (row,) = matching(here, metric="represented").to_dict("records")
        counts = curve.represented[at]
        assert (row["value"], row["n"]) == (counts.mean(), 3)
        assert (row["low"], row["high"]) == (counts.min(), counts.max())
        shares = matching(here, metric="dimensionality", method="lowest_loss")
        instance = 3 * at + int(curve.toys.loss[3 * at : 3 * at + 3].argmin())
        assert shares["value"].tolist() == curve.toys.dimensionality[instance].tolist()
        assert shares["feature"].tolist() == list(range(6))
        assert shares["low"].isna().all()


@pytest.mark.slow
def test_elhages_curve() -> None:
    curve = sparsity_curve(0, (0.0, 0.7, 0.8, 0.85, 0.95, 0.97), instances=4)
    measured = curve.calibrations()
    assert len(measured) == 4
    assert [each for each in measured if not each.holds] == []
    # More features are represented the sparser they are.
    assert (np.diff(curve.represented.mean(axis=1)) > 0).all()
