"""The best neurons are found on training rows, and a random basis is worse where neurons count."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from probesteer.errors import ProbesteerError
from probesteer.places import Place
from probesteer.probes.cross_validation import grouped_folds
from probesteer.probes.sparse.evaluation import evaluate_sparse_probes
from probesteer.probes.sparse.probes import (
    fit_cross_validated,
    fit_sparse_probes,
    mean_difference_ranking,
)
from probesteer.settings.schema import ProbeSettings

PLACE = Place("mlp_act", 2)
N, D = 300, 256
KEY = ["site", "layer", "method", "size", "draw", "split", "metric"]


def quick(neurons: tuple[int, ...] = (1, 4), bases: int = 3) -> ProbeSettings:
    return ProbeSettings(
        C=[0.01, 0.1, 1.0], folds=3, bootstrap_draws=100, neurons=[*neurons], bases=bases
    )


@dataclass
class Data:
    """300 rows in groups of 4, of which three in five train, at one place."""

    X: NDArray[np.float64]
    labels: NDArray[np.int64]
    groups: NDArray[np.str_]
    splits: NDArray[np.str_]

    def table(self, settings: ProbeSettings | None = None, seed: int = 0) -> pd.DataFrame:
        return evaluate_sparse_probes(
            {PLACE: self.X}.__getitem__,
            [PLACE],
            self.labels,
            self.groups,
            self.splits,
            settings or quick(),
            seed,
        )


def planted(direction: NDArray[np.float64], gap: float) -> Data:
    """Noise of variance 1, and the classes `gap` apart along a unit vector."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, N)
    group = np.arange(N) // 4
    X = generator.standard_normal((N, len(direction))) + gap * np.outer(labels, direction)
    splits = np.array(["train", "train", "train", "validation", "test"])[group % 5]
    return Data(X, labels, np.char.add("g", group.astype(str)), splits)


def dense_direction() -> NDArray[np.float64]:
    """Drawn evenly: to the neurons, as random a direction as to any other basis."""
    drawn = np.random.default_rng(1).standard_normal(D)
    unit: NDArray[np.float64] = drawn / np.linalg.norm(drawn)
    return unit


def value(table: pd.DataFrame, method: str, size: int, metric: str = "auroc") -> float:
    found = table[
        (table["split"] == "test")
        & (table["method"] == method)
        & (table["size"] == size)
        & (table["draw"] == -1)
        & (table["metric"] == metric)
    ]
    return float(found["value"].item())


def deviations_above_the_bases(table: pd.DataFrame, size: int) -> float:
    """How far the neurons' AUROC lies above that of the bases, in their standard deviations."""
    of_size = table[(table["method"] == "random_basis") & (table["size"] == size)]
    of_size = of_size[of_size["split"] == "test"]
    draws = of_size.loc[(of_size["draw"] >= 0) & (of_size["metric"] == "auroc"), "value"].to_numpy()
    return float((value(table, "neurons", size) - draws.mean()) / draws.std(ddof=1))


def test_one_planted_neuron_suffices_and_one_random_direction_does_not() -> None:
    table = planted(np.eye(D)[77], gap=5).table(quick(bases=8))
    assert value(table, "neurons", 1) > 0.98
    assert value(table, "neurons", 1, "accuracy") > 0.95
    assert value(table, "random_basis", 1) < 0.8
    assert value(table, "random_basis", 4) < 0.95
    assert deviations_above_the_bases(table, 1) > 3


def test_of_a_planted_dense_direction_neurons_carry_no_more_than_random_directions() -> None:
    table = planted(dense_direction(), gap=6).table(quick(bases=8))
    assert value(table, "dense", D) > 0.9
    assert value(table, "neurons", 1) < 0.8
    for size in (1, 4):
        assert abs(deviations_above_the_bases(table, size)) < 2


def test_neurons_are_found_in_the_order_of_their_strength() -> None:
    data = planted(np.zeros(40), gap=0)
    for column, gap in ((31, 3.5), (4, 2.5), (17, 1.8), (9, 1.3)):
        data.X[:, column] += gap * data.labels
    X = data.X * np.linspace(0.01, 100, 40)  # units of its own for every neuron
    assert mean_difference_ranking(X, data.labels)[:4].tolist() == [31, 4, 17, 9]
    folds = grouped_folds(data.labels, data.groups, 3, 0)
    found = fit_sparse_probes(X, data.labels, [1, 2, 4], folds, [0.1])
    assert list(found) == [4, 2, 1]
    assert found[4].columns.tolist() == [31, 4, 17, 9]
    assert found[2].columns.tolist() == [31, 4]
    assert found[1].columns.tolist() == [31]


def test_the_penalty_and_the_fit_are_those_of_one_fit_a_fold() -> None:
    data = planted(np.eye(30)[7], gap=1)
    X = data.X * np.linspace(0.1, 10, 30) + 3
    y = data.labels
    folds = grouped_folds(y, data.groups, 3, 0)
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)

    def alone(rows: NDArray[np.int64], C: float) -> LogisticRegression:
        return LogisticRegression(C=C, tol=1e-10, max_iter=1000).fit(scaled[rows], y[rows])

    likelihoods = {}
    for C in (1e-4, 1e-2, 1.0):
        chances = [alone(fold.fit, C).predict_proba(scaled[fold.held_out]) for fold in folds]
        of_label_1 = np.concatenate([part[:, 1] for part in chances])
        held_out = np.concatenate([y[fold.held_out] for fold in folds])
        told = np.where(held_out == 1, of_label_1, 1 - of_label_1)
        likelihoods[C] = float(np.log(told).mean())
    best = max(likelihoods, key=likelihoods.__getitem__)
    probe, likelihood = fit_cross_validated(X, y, folds, [1.0, 1e-4, 1e-2])
    assert probe.C == best == 1e-2
    assert probe.converged
    assert likelihood == pytest.approx(likelihoods[best], abs=1e-5)
    whole = alone(np.arange(N), best)
    np.testing.assert_allclose(probe.coefficient * X.std(axis=0), whole.coef_[0], atol=1e-5)
    np.testing.assert_allclose(probe.scores(X), whole.decision_function(scaled), atol=1e-4)


def test_the_table_holds_a_row_for_each_measurement() -> None:
    table = planted(np.eye(20)[7], gap=3).table(quick((1, 4, 64), bases=3))
    assert list(table.columns) == [*KEY, "value", "low", "high", "n", "interval"]
    assert not table.duplicated(KEY).any()
    # Sizes 1 and 4 of 20 columns: neurons, three bases and their summary; and all columns. Each of
    # them has two splits and two metrics.
    assert len(table) == 2 * 2 * (2 + 2 * 3 + 2 + 1)
    assert set(table["split"]) == {"validation", "test"}
    assert set(table.loc[table["method"] == "dense", "size"]) == {20}
    assert set(table["site"]) == {"mlp_act"}
    assert set(table["layer"]) == {2}
    measured = table[table["interval"] == "bootstrap 95%"]
    assert set(measured["n"]) == {60}
    assert (measured["low"] <= measured["value"]).all()
    assert (measured["value"] <= measured["high"]).all()


def test_the_bases_are_summarised() -> None:
    table = planted(np.eye(20)[7], gap=3).table(quick((2,), bases=4))
    bases = table[(table["method"] == "random_basis") & (table["metric"] == "accuracy")]
    bases = bases[bases["split"] == "test"]
    draws, summary = bases[bases["draw"] >= 0], bases[bases["draw"] == -1]
    assert draws["draw"].tolist() == [0, 1, 2, 3]
    assert draws["value"].std() > 0
    assert summary["value"].item() == pytest.approx(draws["value"].mean())
    spread = draws["value"].std(ddof=1)
    assert summary["low"].item() == pytest.approx(draws["value"].mean() - spread)
    assert summary["high"].item() == pytest.approx(draws["value"].mean() + spread)
    assert summary["interval"].item() == "standard deviation"
    assert summary["n"].item() == 4


def test_each_place_has_bases_of_its_own() -> None:
    data = planted(np.eye(20)[7], gap=3)
    places = [PLACE, Place("mlp_act", 3)]
    table = evaluate_sparse_probes(
        lambda place: data.X, places, data.labels, data.groups, data.splits, quick((1,)), 0
    )
    drawn = table[(table["method"] == "random_basis") & (table["metric"] == "auroc")]
    own = table[table["method"] == "neurons"]
    assert (
        own.loc[own["layer"] == 2, "value"].tolist() == own.loc[own["layer"] == 3, "value"].tolist()
    )
    first, second = (drawn.loc[drawn["layer"] == layer, "value"].tolist() for layer in (2, 3))
    assert first != second


def test_a_neuron_that_tells_the_label_of_test_rows_alone_is_not_chosen() -> None:
    data = planted(np.eye(20)[7], gap=1)
    honest = data.table(quick((1, 2)))
    held_out = data.splits != "train"
    data.X[held_out, 3] += 50 * data.labels[held_out]
    leaky = data.table(quick((1,)))
    assert value(leaky, "neurons", 1) == value(honest, "neurons", 1) < 0.9


def test_no_places_leave_a_table_with_types() -> None:
    data = planted(np.eye(20)[7], gap=1)
    table = evaluate_sparse_probes(
        dict[Place, NDArray[np.float64]]().__getitem__,
        [],
        data.labels,
        data.groups,
        data.splits,
        quick(),
        0,
    )
    assert len(table) == 0
    assert list(table.columns) == [*KEY, "value", "low", "high", "n", "interval"]
    assert table["value"].dtype == np.float64
    assert table["size"].dtype == np.int64


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    data = planted(dense_direction()[:30], gap=3)
    first, again, other = (data.table(quick((2,)), seed=seed) for seed in (4, 4, 5))
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    assert first["value"].tolist() != other["value"].tolist()


def break_value(data: Data) -> None:
    data.X[170, 3] = np.nan


def break_rows(data: Data) -> None:
    data.X = data.X[:-1]


def break_labels(data: Data) -> None:
    data.labels[data.splits == "train"] = 0


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (break_value, r"activations of mlp_act, layer 2: row 170: activation is NaN"),
        (break_rows, r"activations of mlp_act, layer 2: shape \(299, 20\) where 300 rows"),
        (break_labels, r"train split: labels are \[0\] where both 0 and 1 are needed"),
    ],
)
def test_bad_input_is_told_in_one_line(fault: Callable[[Data], None], message: str) -> None:
    data = planted(np.eye(20)[7], gap=1)
    fault(data)
    with pytest.raises(ProbesteerError, match=message) as raised:
        data.table()
    assert "\n" not in str(raised.value)
