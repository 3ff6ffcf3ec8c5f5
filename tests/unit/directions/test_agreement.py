"""Agreement of a direction with itself: between resamples, and between layers."""

from dataclasses import replace

import numpy as np
import pytest

from probesteer.directions.agreement import layer_table, resample_table
from probesteer.directions.direction import Direction, describe
from probesteer.directions.training import TrainingRows
from probesteer.errors import ProbesteerError
from probesteer.places import Place
from probesteer.probes.logistic import fit_logistic
from probesteer.probes.metrics.intervals import group_resamples

PLACE = Place("resid_post", 2)
METHODS = ["difference_of_means", "paired_difference", "lda"]


def training(gap: float, groups: int = 20) -> TrainingRows:
    generator = np.random.default_rng(0)
    y = np.tile([0, 1], groups * 2)
    X = generator.standard_normal((len(y), 10)) + gap * np.outer(y, np.eye(10)[0])
    return TrainingRows(X, y, groups=np.repeat(np.arange(groups), 4))


def test_cosines_equal_those_of_directions_that_are_fitted_by_hand() -> None:
    rows = training(1.0)
    assert rows.groups is not None
    table = resample_table(rows, PLACE, ["difference_of_means"], 50, [7])
    whole = rows.X[rows.y == 1].mean(axis=0) - rows.X[rows.y == 0].mean(axis=0)
    cosines = []
    for counts in group_resamples(rows.groups, 50, [7]).counts:
        drawn = np.concatenate(
            [np.flatnonzero(rows.groups == g) for g in np.repeat(range(20), counts)]
        )
        X, y = rows.X[drawn], rows.y[drawn]
        other = X[y == 1].mean(axis=0) - X[y == 0].mean(axis=0)
        cosines.append(whole @ other / np.linalg.norm(whole) / np.linalg.norm(other))
    row = table.iloc[0]
    assert row["value"] == pytest.approx(np.mean(cosines))
    assert row["low"] == pytest.approx(np.quantile(cosines, 0.025))
    assert row["high"] == pytest.approx(np.quantile(cosines, 0.975))
    assert row[["site", "layer", "method", "metric"]].tolist() == [
        "resid_post",
        2,
        "difference_of_means",
        "resample_cosine",
    ]
    assert (row["n"], row["interval"]) == (80, "bootstrap 95%")


def test_a_clear_concept_agrees_with_itself_better_than_a_faint_one() -> None:
    clear, faint = (
        resample_table(training(gap), PLACE, METHODS, 30, [0]).set_index("method")["value"]
        for gap in (5.0, 0.1)
    )
    assert list(clear.index) == METHODS
    assert clear.min() > 0.97
    assert (faint < clear - 0.1).all()


def test_logistic_gets_a_probe_of_each_resample() -> None:
    rows = training(2.0)
    rows = replace(rows, probe=fit_logistic(rows.X, rows.y, 1.0))

    def refit(drawn: TrainingRows) -> TrainingRows:
        assert drawn.probe is None
        return replace(drawn, probe=fit_logistic(drawn.X, drawn.y, 1.0))

    table = resample_table(rows, PLACE, ["logistic", "file"], 8, [0], refit)
    assert table["method"].tolist() == ["logistic"]
    assert 0.7 < table["value"].item() < 1
    with pytest.raises(ProbesteerError, match="logistic needs a refit"):
        resample_table(rows, PLACE, ["logistic"], 8, [0])


def test_too_few_groups_give_no_numbers() -> None:
    table = resample_table(training(1.0, groups=4), PLACE, METHODS, 10, [0])
    assert table[["value", "low", "high"]].isna().all(axis=None)
    assert len(table) == len(METHODS)
    with pytest.raises(ProbesteerError, match="have no groups"):
        resample_table(replace(training(1.0), groups=None), PLACE, METHODS, 10, [0])


def test_resamples_that_lack_a_label_are_left_out() -> None:
    X = np.random.default_rng(0).standard_normal((6, 3))
    rows = TrainingRows(X, np.array([0, 0, 0, 0, 0, 1]), groups=np.arange(6))
    table = resample_table(rows, PLACE, ["difference_of_means"], 40, [0])
    assert np.isfinite(table["value"].item())


def line(angles: dict[int, float], method: str = "lda", n: int = 9) -> list[Direction]:
    X, y = np.eye(2)[[0, 1, 0]], np.array([0, 1, 1])
    return [
        replace(
            describe(
                np.array([np.cos(np.deg2rad(a)), np.sin(np.deg2rad(a))]),
                X,
                y,
                Place("resid_post", layer),
                method,
            ),
            n=n + layer,
        )
        for layer, a in angles.items()
    ]


def test_layers_are_compared_within_a_method_and_site() -> None:
    wide = replace(line({5: 0.0})[0], vector=np.ones(1, dtype=np.float32))
    table = layer_table([*line({0: 0, 1: 60, 2: 90}), *line({0: 0}, "random"), wide])
    matrix = table[table["layer"] < 5].pivot(index="layer", columns="other_layer", values="value")
    expected = [[1, 0.5, 0], [0.5, 1, 3**0.5 / 2], [0, 3**0.5 / 2, 1]]
    np.testing.assert_allclose(matrix.to_numpy(), expected, atol=1e-6)
    assert set(table["method"]) == {"lda"}
    assert len(table) == 10
    assert table.query("layer == 1 and other_layer == 2")["n"].item() == 10
    assert table[["low", "high"]].isna().all(axis=None)
    assert layer_table([]).columns.tolist() == table.columns.tolist()
