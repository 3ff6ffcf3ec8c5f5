import math

import numpy as np
import pandas as pd
import pytest

from probesteer.report.compact_table import CompactTable
from probesteer.report.compact_tables import compact_tables
from probesteer.report.steering_tables import rising_range

Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def made(tables: Tables) -> dict[str, CompactTable]:
    return {table.title: table for table in compact_tables(tables, "demo")}


def row(table: CompactTable, concept: str, layer: str) -> dict[str, str]:
    (found,) = (row for row in table.rows if row[:2] == [concept, layer])
    return dict(zip(table.columns, found, strict=True))


def test_each_concept_and_place_has_one_row_in_order(made: dict[str, CompactTable]) -> None:
    for title in ("Reading", "Controls", "Other probes", "Tokens", "Steering", "Scale"):
        table = made[title]
        assert len(table.rows) == 7 * 6
        assert [cells[1] for cells in table.rows[:6]] == ["emb", "0", "1", "2", "3", "4"]
    for table in made.values():
        assert all(len(cells) == len(table.columns) for cells in table.rows)


def test_reading_shows_the_test_rows(made: dict[str, CompactTable], tables: Tables) -> None:
    shown = row(made["Reading"], "question", "2")
    source = tables["probes"].query(
        "concept == 'question' and layer == 2 and split == 'test' and draw == -1"
    )
    accuracy = source.query("method == 'logistic' and metric == 'accuracy'").iloc[0]
    assert shown["accuracy"] == "{value:.2f} [{low:.2f}, {high:.2f}]".format(**accuracy)
    null = source.query("method == 'shuffled_labels'").iloc[0]
    assert shown["shuffled labels"] == f"{null['value']:.2f} ± {null['high'] - null['value']:.2f}"


def test_steering_shows_slope_and_cost_at_one_gap(
    made: dict[str, CompactTable], tables: Tables
) -> None:
    shown = row(made["Steering"], "past_tense", "1")
    source = tables["steering"].query(
        "concept == 'past_tense' and layer == 1 and positions == 'from_last' "
        "and method == 'difference_of_means'"
    )
    slope = source.query("metric == 'slope' and split == 'test'").iloc[0]
    assert shown[
        "slope between -0.5 and +0.5 (nats per class gap)"
    ] == "{value:.2f} [{low:.2f}, {high:.2f}]".format(**slope)
    kl = source.query("metric == 'kl' and strength == 1")["value"].item()
    assert shown["KL at 1 (nats)"] == f"{kl:.2f}"
    losses = source.query("metric == 'neutral_loss'").set_index("strength")["value"]
    assert shown["loss rise at 1 (nats/token)"] == f"{losses[1.0] - losses[0.0]:.2f}"
    assert shown["angle at 1 (degrees)"] == f"{np.degrees(np.arctan(1 / 4)):.1f}"
    assert shown["same top token at 1"] == "0.50"
    assert "All prompts: KL, top token and angle." in made["Steering"].note
    assert "same push at every token of the neutral texts" in made["Steering"].note


def test_scale_shows_ranges_and_doublings(made: dict[str, CompactTable]) -> None:
    assert row(made["Scale"], "sentiment", "4") == {
        "concept": "sentiment",
        "layer": "4",
        "response rises in": "[-8.00, 8.00]",
        "loss doubled, negative strength": "-32.0",
        "loss doubled, positive strength": "32.0",
        "loss doubled, smaller factor": "0.20",
        "loss doubled, larger factor": "2.40",
    }


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        ((-8.0, False), (16.0, False), "[-8.00, 16.0]"),
        ((-32.0, True), (32.0, True), "to the end (±32)"),
        ((-8.0, False), (32.0, True), "[-8.00, 32.0 (end)]"),
        ((-16.0, True), (32.0, True), "[-16.0 (end), 32.0 (end)]"),
        ((0.0, False), (0.0, False), "none"),
        ((0.0, False), (4.0, False), "[0.00, 4.00]"),
        ((math.nan, False), (math.nan, False), "–"),
    ],
)
def test_a_rising_range_says_where_it_ends(
    low: tuple[float, bool], high: tuple[float, bool], text: str
) -> None:
    assert rising_range(low, high) == text


def test_a_range_that_rises_to_its_bound_goes_to_the_end(tables: Tables) -> None:
    sensitivity = tables["sensitivity"].copy()
    for metric, end in (("monotone_low", -32.0), ("monotone_high", 32.0)):
        chosen = sensitivity["metric"] == metric
        sensitivity.loc[chosen, ["value", "bound"]] = end
    (scale,) = compact_tables({"sensitivity": sensitivity}, "demo")
    assert {row[2] for row in scale.rows} == {"to the end (±32)"}


@pytest.mark.parametrize(("unit", "words"), [("sigma", "sigma"), ("norm", "mean norm")])
def test_strengths_are_in_the_unit_of_the_tables(tables: Tables, unit: str, words: str) -> None:
    other = {
        name: frame.assign(unit=frame["unit"].replace("gap", unit)) if "unit" in frame else frame
        for name, frame in tables.items()
    }
    made = {table.title: table for table in compact_tables(other, "demo")}
    assert made["Steering"].columns[2] == f"slope between -0.5 and +0.5 (nats per {words})"
    for title in ("Steering", "Scale"):
        assert f"strengths in {words}s" in made[title].note
        assert "gap" not in made[title].note


def test_columns_of_training_rows_are_marked(made: dict[str, CompactTable]) -> None:
    marked = [name for name in made["Reading"].columns if "training rows" in name]
    assert marked == ["gap (sigmas), training rows", "mean norm, training rows"]


def test_tables_that_were_not_made_are_left_out(tables: Tables) -> None:
    old = tables["probes"].query("method in ('logistic', 'shuffled_labels', 'bag_of_tokens')")
    old = old[old["metric"].isin(["accuracy", "auroc"])]
    only = compact_tables({"probes": old}, "demo")
    assert [table.title for table in only] == ["Reading"]
    assert "corrected p" not in only[0].columns
    assert row(only[0], "sentiment", "emb")["gap (sigmas), training rows"] == "–"
    assert compact_tables(tables, "another model") == []
