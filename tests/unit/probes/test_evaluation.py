"""The probe table: planted concepts are found, nothing leaks, and faults are told."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.places import Place
from probesteer.probes.evaluation import (
    BAG_OF_TOKENS,
    evaluate_bag_of_tokens,
    evaluate_probes,
)
from probesteer.probes.metrics.intervals import group_resamples
from probesteer.probes.metrics.two_labels import METRICS, PROBABILITY_METRICS, auroc
from tests.unit.probes.planted_data import EMPTY, PLANTED, Data, pick, planted_data, quick

KEY = ["site", "layer", "method", "draw", "split", "metric"]
COLUMNS = [*KEY, "value", "low", "high", "n", "interval"]


@pytest.fixture
def data() -> Data:
    return planted_data()


def test_the_table_holds_a_row_for_each_measurement(data: Data) -> None:
    table = data.evaluate().table
    assert list(table.columns) == COLUMNS
    # A place: C, 2 splits x 6 metrics of the probe, 4 of them of 6 draws and their summary, the
    # p-value, and the 3 numbers of the description length.
    assert len(table) == 2 * (1 + 2 * 6 + 2 * 4 * 7 + 1 + 3)
    assert not table.duplicated(KEY).any()
    assert list(table[["site", "layer"]].drop_duplicates().itertuples(index=False, name=None)) == [
        ("resid_pre", 0),
        ("resid_post", 0),
    ]
    probe = pick(table, method="logistic")
    tested = probe[(probe["split"] == "test") & (probe["metric"] != "p_value")]
    assert set(tested["metric"]) == {*METRICS, *PROBABILITY_METRICS}
    assert set(tested["n"]) == {40}
    assert set(tested["interval"]) == {"bootstrap 95%"}
    assert set(pick(probe, metric="p_value")["n"]) == {6}
    penalty = pick(probe, metric="C")
    assert set(penalty["split"]) == {"train"}
    assert set(penalty["n"]) == {120}
    assert set(penalty["value"]) <= {0.01, 0.1, 1.0}
    assert penalty[["low", "high"]].isna().all(axis=None)


def test_a_planted_concept_is_found_and_noise_is_not(data: Data) -> None:
    table = pick(data.evaluate().table, method="logistic", split="test", metric="auroc")
    noise, found = pick(table, site="resid_pre"), pick(table, site="resid_post")
    assert found["value"].item() > 0.85
    assert noise["low"].item() < 0.5 < noise["high"].item()
    assert (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()


def test_values_and_intervals_come_from_the_probes_that_are_returned(data: Data) -> None:
    results = data.evaluate()
    test = data.splits == "test"
    scores = results.probes[PLANTED].scores(data.activations[PLANTED][test].astype(np.float32))
    row = pick(results.table, site="resid_post", method="logistic", split="test", metric="auroc")
    assert row["value"].item() == float(auroc(data.labels[test], scores))
    resamples = group_resamples(data.groups[test], 100, 0)
    other_draws = resamples.interval(lambda w: auroc(data.labels[test], scores, w))
    assert row["low"].item() == pytest.approx(other_draws.low, abs=0.05)
    assert row["high"].item() == pytest.approx(other_draws.high, abs=0.05)


@pytest.mark.parametrize("poison", ["activations", "labels"])
def test_rows_outside_training_do_not_touch_the_probe(data: Data, poison: str) -> None:
    clean = data.evaluate()
    held_out = data.splits != "train"
    if poison == "labels":
        data.labels = np.where(held_out, 1 - data.labels, data.labels)
    else:
        for rows in data.activations.values():
            rows[held_out] *= -1e6
    poisoned = data.evaluate()
    for place, probe in clean.probes.items():
        assert poisoned.probes[place].C == probe.C
        assert poisoned.probes[place].coefficient.tobytes() == probe.coefficient.tobytes()
        assert poisoned.probes[place].intercept == probe.intercept
    before = pick(clean.table, method="logistic", split="test")
    after = pick(poisoned.table, method="logistic", split="test")
    assert not np.array_equal(before["value"], after["value"])


def test_a_C_that_wins_at_the_end_of_its_grid_is_told(
    data: Data, caplog: pytest.LogCaptureFixture
) -> None:
    told = "probesteer.probes.chosen"
    caplog.set_level("INFO", logger=told)
    data.evaluate(quick([1e-4, 1e-2]))
    assert [each.message for each in caplog.records if each.name == told] == [
        "resid_post.000: C = 0.01 ends its grid and wins; widen probe.C"
    ]
    caplog.clear()
    data.evaluate(quick([0.1]))
    assert [each.message for each in caplog.records if each.name == told] == []


def test_few_groups_give_values_without_ends(data: Data) -> None:
    test = data.splits == "test"
    data.groups[test] = np.resize(["one", "two", "three", "four"], int(test.sum()))
    table = pick(data.evaluate().table, method="logistic", split="test")
    table = table[table["metric"] != "p_value"]
    assert table["value"].notna().all()
    assert table[["low", "high"]].isna().all(axis=None)
    assert set(table["interval"]) == {"bootstrap 95%"}


def test_each_place_is_read_once(data: Data) -> None:
    read: list[Place] = []

    def read_layer(place: Place) -> NDArray[np.float16]:
        read.append(place)
        return data.activations[place].astype(np.float16)

    results = evaluate_probes(
        read_layer,
        [PLANTED, EMPTY],
        data.rows,
        quick(),
        0,
    )
    assert read == [PLANTED, EMPTY]
    assert list(results.probes) == [PLANTED, EMPTY]


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(data: Data) -> None:
    first, again, other = (data.evaluate(seed=seed) for seed in (4, 4, 5))
    values = ["value", "low", "high"]
    assert first.table[values].to_numpy().tobytes() == again.table[values].to_numpy().tobytes()
    pd.testing.assert_frame_equal(first.table, again.table, check_exact=True)
    assert first.table[values].to_numpy().tobytes() != other.table[values].to_numpy().tobytes()


def test_a_test_split_with_one_label_has_an_accuracy_and_no_auroc(data: Data) -> None:
    data.labels[data.splits == "test"] = 1
    table = pick(data.evaluate().table, method="logistic", split="test")
    numbers = ["value", "low", "high"]
    assert pick(table, metric="auroc")[numbers].isna().all(axis=None)
    assert pick(table, metric="accuracy")[numbers].notna().all(axis=None)


def test_tokens_that_follow_the_label_are_read_by_the_bag(data: Data) -> None:
    generator = np.random.default_rng(1)
    lengths = generator.integers(3, 9, 200)
    texts = [
        np.append(generator.integers(10, 60, length - 1), 5 if label else 6)
        for length, label in zip(lengths, data.labels, strict=True)
    ]

    def bag(ids: NDArray[np.int64]) -> pd.DataFrame:
        return evaluate_bag_of_tokens(ids, lengths, data.rows, quick(), 0)

    table = bag(np.concatenate(texts))
    assert list(table.columns) == COLUMNS
    assert set(table["site"]) == {BAG_OF_TOKENS.site}
    assert set(table["layer"]) == {BAG_OF_TOKENS.layer}
    assert set(table["method"]) == {"bag_of_tokens"}
    assert len(table) == 1 + 2 * 6
    found = pick(table, split="test", metric="auroc")
    assert found["value"].item() > 0.95
    without = bag(generator.integers(10, 60, int(lengths.sum())))
    noise = pick(without, split="test", metric="auroc")
    assert 0.25 < noise["value"].item() < 0.75


def break_value(data: Data) -> None:
    data.activations[PLANTED][170, 3] = np.nan


def break_rows(data: Data) -> None:
    data.activations[PLANTED] = data.activations[PLANTED][:-1]


def break_labels(data: Data) -> None:
    data.labels[data.splits == "train"] = 0


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (break_value, r"activations of resid_post, layer 0: row 170: activation is NaN"),
        (break_rows, r"activations of resid_post, layer 0: shape \(199, 12\) where 200 rows"),
        (break_labels, r"train split: labels are \[0\] where both 0 and 1 are needed"),
    ],
)
def test_bad_input_is_told_in_one_line(
    data: Data, fault: Callable[[Data], None], message: str
) -> None:
    fault(data)
    with pytest.raises(ProbesteerError, match=message) as raised:
        data.evaluate()
    assert "\n" not in str(raised.value)
