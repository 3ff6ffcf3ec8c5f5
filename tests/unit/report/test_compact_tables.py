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


def test_the_evidence_of_probes_is_shown_as_in_its_tables(
    made: dict[str, CompactTable], tables: Tables
) -> None:
    rows = tables["probes"].query("concept == 'question' and layer == 2 and draw == -1")
    on_test = rows.query("split == 'test'")
    shown = row(made["Controls"], "question", "2")

    def written(method: str, metric: str = "accuracy") -> str:
        found = on_test.query("method == @method and metric == @metric").iloc[0]
        return "{value:.2f} [{low:.2f}, {high:.2f}]".format(**found)

    assert shown["untrained model"] == written("untrained")
    assert shown["selectivity"] == written("logistic", "selectivity")
    for column, method in (("control tasks", "control_task"), ("other splits", "resplit")):
        found = on_test[on_test["method"] == method].iloc[0]
        assert shown[column] == f"{found['value']:.2f} ± {found['high'] - found['value']:.2f}"
    compression = rows.query("metric == 'compression'")["value"].item()
    assert shown["compression, training rows"] == f"{compression:.2f}"
    others = row(made["Other probes"], "question", "2")
    assert others["ridge"] == written("ridge")
    assert others["gain of MLP"] == written("mlp", "gain_over_linear")
    p_value = tables["significance"].query("concept == 'question' and layer == 2")
    assert row(made["Reading"], "question", "2")["corrected p"] == (
        f"{p_value['adjusted'].item():.2g}"
    )


def test_transfer_has_a_row_for_each_pair_at_the_place_of_its_finding(
    made: dict[str, CompactTable],
) -> None:
    shown = made["Transfer"]
    assert shown.columns[3:5] == ["logistic probe", "difference of means"]
    assert len(shown.rows) == 6 * 5
    assert not [cells for cells in shown.rows if cells[0] == cells[2]]
    assert len({(cells[0], cells[1]) for cells in shown.rows}) == 6


def test_few_neurons_tokens_and_bins_are_shown(
    made: dict[str, CompactTable], tables: Tables
) -> None:
    neurons = [cells for cells in made["Few neurons"].rows if cells[0] == "sentiment"]
    assert [cells[2] for cells in neurons] == ["1", "2", "4", "8", "16"]
    assert made["Tokens"].columns == ["concept", "layer", "-3", "-2", "-1", "0"]
    tokens = tables["positions"].query(
        "concept == 'sentiment' and layer == 3 and method == 'logistic' and split == 'test'"
    )
    written = row(made["Tokens"], "sentiment", "3")
    assert [written[str(at)] for at in (-3, -2, -1, 0)] == [f"{v:.2f}" for v in tokens["value"]]
    bins = [cells for cells in made["Calibration"].rows if cells[0] == "sentiment"]
    assert bins[0][2:] == ["0.08", "0.17 [0.05, 0.29]", "20"]
    assert len(bins) == 6
