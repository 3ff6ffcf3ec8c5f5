"""Rows of text on scale show the tables' numbers."""

import pandas as pd

from probesteer.report.compact_table import CompactTable
from probesteer.report.sensitivity_tables import (
    decodable_table,
    prompts_table,
    ranges_table,
    units_table,
)

Tables = dict[str, pd.DataFrame]


def row(table: CompactTable, concept: str, layer: str) -> dict[str, str]:
    (found,) = (row for row in table.rows if row[:2] == [concept, layer])
    return dict(zip(table.columns, found, strict=True))


def test_slopes_of_prompts_are_those_of_the_test_prompts(tables: Tables) -> None:
    table = prompts_table(tables)
    assert len(table.rows) == 7 * 6
    shown = row(table, "past_tense", "2")
    slope = (
        tables["steerability"]
        .query(
            "concept == 'past_tense' and layer == 2 and metric == 'prompt_slope' "
            "and method == 'difference_of_means' and split == 'test'"
        )
        .iloc[0]
    )
    expected = "{value:.2f} [{low:.2f}, {high:.2f}]".format(**slope)
    assert shown["slope (nats per class gap)"] == expected
    assert (shown["p (random)"], shown["corrected p"]) == ("0.05", "0.06")


def test_reading_stands_beside_steering(tables: Tables) -> None:
    shown = row(decodable_table(tables), "question", "1")
    rows = tables["decodable_vs_steerable"].query("concept == 'question' and layer == 1")
    selectivity = rows.query("metric == 'selectivity'").iloc[0]
    expected = "{value:.2f} [{low:.2f}, {high:.2f}]".format(**selectivity)
    assert shown["selectivity"] == expected
    assert shown["effect at a KL of 0.10 nats"].startswith("0.00 [")
    assert shown["usable range"] == "[-2.00, 2.00]"


def test_what_has_no_selectivity_has_a_dash(tables: Tables) -> None:
    rows = tables["decodable_vs_steerable"]
    less = {"decodable_vs_steerable": rows[rows["metric"] != "selectivity"]}
    assert row(decodable_table(less), "question", "1")["selectivity"] == "–"


def sensitivity(unit: str = "gap") -> pd.DataFrame:
    nan = float("nan")
    rows = [
        ("linear_high", 0.5, 0.4, 0.6),
        ("turning_high", nan, nan, nan),
        ("usable_low", -2.0, -3.0, -1.0),
        ("usable_high", 2.5, 2.0, 3.0),
        ("chosen_strength", 2.0, nan, nan),
        ("effect_at_chosen", 3.0, 2.5, 3.5),
    ]
    table = pd.DataFrame(rows, columns=["metric", "value", "low", "high"])
    return table.assign(
        model="demo",
        concept="x",
        site="resid_post",
        layer=1,
        operator="add",
        method="difference_of_means",
        unit=unit,
    )


def test_ranges_are_read_from_their_metrics_and_a_dash_is_not_reached() -> None:
    shown = row(ranges_table({"sensitivity": sensitivity()}), "x", "1")
    assert list(shown.values()) == [
        *("x", "1", "0.50 [0.40, 0.60]", "–", "–", "-2.00 [-3.00, -1.00]", "2.50 [2.00, 3.00]"),
        *("2.00", "3.00 [2.50, 3.50]"),
    ]


def test_the_usable_range_stands_in_every_unit() -> None:
    both = pd.concat([sensitivity("gap"), sensitivity("angle")])
    shown = row(units_table({"sensitivity_in_units": both}), "x", "1")
    assert list(shown.items()) == [
        ("concept", "x"),
        ("layer", "1"),
        ("class gaps", "2.50 [2.00, 3.00]"),
        ("degrees", "2.50 [2.00, 3.00]"),
    ]


def test_without_their_tables_there_are_no_rows() -> None:
    for made in (prompts_table, ranges_table, decodable_table, units_table):
        assert made({}).rows == []
