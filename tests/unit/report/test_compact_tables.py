import numpy as np
import pandas as pd
import pytest

from probesteer.report.compact_tables import CompactTable, compact_tables, resource_table

Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def made(tables: Tables) -> dict[str, CompactTable]:
    return {table.title: table for table in compact_tables(tables, "demo")}


def row(table: CompactTable, concept: str, layer: str) -> dict[str, str]:
    (found,) = (row for row in table.rows if row[:2] == [concept, layer])
    return dict(zip(table.columns, found, strict=True))


def test_each_concept_and_place_has_one_row_in_order(made: dict[str, CompactTable]) -> None:
    for table in made.values():
        assert len(table.rows) == 7 * 6
        assert [cells[1] for cells in table.rows[:6]] == ["emb", "0", "1", "2", "3", "4"]
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
    assert shown["slope (nats per gap)"] == "{value:.2f} [{low:.2f}, {high:.2f}]".format(**slope)
    kl = source.query("metric == 'kl' and split == 'test' and strength == 1")["value"].item()
    assert shown["KL at 1 (nats)"] == f"{kl:.2f}"
    losses = source.query("metric == 'neutral_loss'").set_index("strength")["value"]
    assert shown["loss rise at 1 (nats/token)"] == f"{losses[1.0] - losses[0.0]:.2f}"
    assert shown["angle at 1 (degrees)"] == f"{np.degrees(np.arctan(1 / 4)):.1f}"
    assert shown["same top token at 1"] == "–"  # not in the synthetic tables


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


def test_tables_that_were_not_made_are_left_out(tables: Tables) -> None:
    only = compact_tables({"probes": tables["probes"]}, "demo")
    assert [table.title for table in only] == ["Reading"]
    assert row(only[0], "sentiment", "emb")["gap (sigmas)"] == "–"
    assert compact_tables(tables, "another model") == []


def test_resources_end_with_their_total() -> None:
    jobs = pd.DataFrame(
        {
            "model": ["m", "m"],
            "concept": ["c", None],
            "stage": ["probes", "steering"],
            "wall_s": [1.25, 100.0],
            "peak_rss_mb": [500.0, 812.0],
            "peak_gpu_mb": [np.nan, 0.0],
        }
    )
    assert resource_table(jobs).rows == [
        ["m", "c", "probes", "1.25", "500", "–"],
        ["m", "–", "steering", "100", "812", "–"],
        ["all jobs", "", "sum, largest, largest", "101", "812", "–"],
    ]
    assert resource_table(jobs.iloc[:0]).rows == []
