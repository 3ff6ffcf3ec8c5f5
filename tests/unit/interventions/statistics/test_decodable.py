"""What is read beside what steers, from planted tables."""

from typing import Any

import numpy as np
import pandas as pd

from probesteer.interventions.statistics.decodable import COLUMNS, decodable_vs_steerable

WHERE: dict[str, Any] = {"model": "m", "concept": "a", "site": "resid_post"}
ENDS: dict[str, Any] = {"low": 0.0, "high": 1.0, "n": 9, "interval": "bootstrap 95%"}


def tables() -> dict[str, pd.DataFrame]:
    probes = pd.DataFrame(
        [
            (0, "logistic", "test", "selectivity", 0.3),
            (0, "logistic", "test", "accuracy", 0.9),
            (0, "logistic", "validation", "selectivity", 0.7),
            (0, "control_task", "test", "accuracy", 0.6),
            (1, "logistic", "test", "selectivity", 0.1),
            (2, "logistic", "test", "selectivity", 0.2),  # no push was measured there
        ],
        columns=["layer", "method", "split", "metric", "value"],
    ).assign(draw=-1, **WHERE, **ENDS)
    transfer = pd.DataFrame(
        [
            ("a", 0, "logistic", "auroc", 0.99),
            ("b", 0, "logistic", "auroc", 0.6),
            ("c", 0, "logistic", "auroc", 0.8),
            ("c", 0, "difference_of_means", "auroc", 0.1),
        ],
        columns=["other", "layer", "method", "metric", "value"],
    ).assign(**WHERE, **ENDS)
    pushes = [
        (layer, operator, metric, value)
        for layer, operator in ((0, "add"), (1, "add"), (0, "rotate"))
        for metric, value in (("effect_at_cost", 2.0 + layer), ("usable_high", 4.0), ("other", 1.0))
    ]
    sensitivity = pd.DataFrame(pushes, columns=["layer", "operator", "metric", "value"]).assign(
        method="difference_of_means", positions="from_last", unit="gap", bound=0.1, **WHERE, **ENDS
    )
    steerability = pd.DataFrame(
        [(0, "from_last", "test", 0.04), (0, "all", "test", 0.5), (0, "from_last", "all", 0.6)],
        columns=["layer", "positions", "split", "value"],
    ).assign(
        metric="adjusted_p_value",
        method="difference_of_means",
        unit="gap",
        bound=2,
        **WHERE,
        **ENDS,
    )
    return {
        "probes": probes,
        "transfer": transfer,
        "sensitivity": sensitivity,
        "steerability": steerability,
    }


def test_every_place_that_was_pushed_has_what_is_known_of_it() -> None:
    table = decodable_vs_steerable(**tables())
    assert list(table.columns) == COLUMNS
    found = {(row["layer"], row["metric"]): row["value"] for row in table.to_dict("records")}
    assert len(found) == len(table)
    assert found == {
        (0, "selectivity"): 0.3,
        (0, "accuracy"): 0.9,
        (1, "selectivity"): 0.1,
        (0, "transfer"): 0.7,
        (0, "effect_at_cost"): 2.0,
        (0, "usable_high"): 4.0,
        (1, "effect_at_cost"): 3.0,
        (1, "usable_high"): 4.0,
        (0, "adjusted_p_value"): 0.04,
    }
    transfer = table[table["metric"] == "transfer"].iloc[0]
    assert [transfer[name] for name in ("low", "high", "n")] == [0.6, 0.8, 2]
    assert transfer["interval"] == "range of concepts"
    assert transfer["unit"] == ""


def test_p_values_of_other_positions_stand_in_where_there_are_no_others() -> None:
    given = tables()
    given["steerability"] = given["steerability"].query("positions == 'all'")
    table = decodable_vs_steerable(**given)
    np.testing.assert_array_equal(table[table["metric"] == "adjusted_p_value"]["value"], [0.5])


def test_without_families_controls_or_ranks_there_are_no_such_rows() -> None:
    given = tables()
    for name in ("transfer", "steerability"):
        given[name] = given[name].iloc[:0]
    given["probes"] = given["probes"].query("metric == 'accuracy'")
    table = decodable_vs_steerable(**given)
    assert set(table["metric"]) == {"accuracy", "effect_at_cost", "usable_high"}
    given["sensitivity"] = given["sensitivity"].iloc[:0]
    assert decodable_vs_steerable(**given).empty
