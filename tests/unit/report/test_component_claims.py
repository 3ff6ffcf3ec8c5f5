"""Directions against clusters: judged by their controls; examples of clusters are readable."""

import pandas as pd
import pytest

from probesteer.report.claim import FAILS, HOLDS, UNSHOWN
from probesteer.report.cluster_tables import clusters_table
from probesteer.report.component_claims import component_claims
from tests.unit.figures.synthetic_tables import synthetic_tables
from tests.unit.figures.synthetic_truth import TRUTHS

NAN = float("nan")
Tables = dict[str, pd.DataFrame]


def shares(mean: float, by: str = "codes") -> pd.DataFrame:
    """NMF at one layer; random directions reach from 0.5 to 0.6, clusters by lot to 0.45."""
    rows = [
        ("nmf", 0, "share", 0.9, NAN, NAN),
        ("nmf", 1, "share", 0.89, NAN, NAN),
        ("nmf", -1, "share", mean, NAN, NAN),
        ("nmf", -1, "share_by_lot", 0.4, 0.35, 0.45),
        ("random", -1, "share", 0.55, 0.5, 0.6),
    ]
    columns = ["method", "direction", "metric", "value", "low", "high"]
    found = pd.DataFrame(rows, columns=columns)
    return found.assign(concept="c", site="resid_post", layer=1, clusters=by)


@pytest.mark.parametrize(
    ("mean", "verdict"),
    [(0.66, HOLDS), (0.64, UNSHOWN), (0.5, UNSHOWN), (0.49, FAILS), (0.44, FAILS), (NAN, UNSHOWN)],
)
def test_directions_are_held_against_random_ones(mean: float, verdict: str) -> None:
    (claim,) = component_claims(shares(mean))
    assert claim.verdict == verdict
    assert claim.about == "c"


def test_measurement_and_control_are_told() -> None:
    (claim,) = component_claims(shares(0.7))
    assert claim.measurement == "mean share by layer: 1: 0.70 (1 of 2 from 0.9)"
    assert claim.control.endswith("clusters by lot: 1: 0.55 [0.50, 0.60], 0.40")


def test_only_clusters_of_codes_are_claimed() -> None:
    assert component_claims(shares(0.7, by="cosine")) == []
    assert component_claims(shares(0.7).iloc[:0]) == []
    assert component_claims(shares(0.7).query("method != 'random'")) == []


@pytest.fixture(scope="module")
def tables() -> Tables:
    return synthetic_tables(TRUTHS[:2], layers=4, draws=2)


def test_examples_are_those_of_the_middle_layer(tables: Tables) -> None:
    table = clusters_table(tables)
    assert len(table.rows) == 2 * 3 * 5
    # Of the embedding and layers 0, 1 and 2, layer 1.
    assert "activations of layer 1," in table.note
    name = TRUTHS[0].name
    first = [f"{name} 1", "30", "yes: 8, no: 2", "0.80", f"{name} resid_post 1 of cluster 7: 1"]
    assert table.rows[0] == first
    assert table.rows[1] == [first[0], "", "", "", first[-1][:-1] + "2"]
    assert [cells[0] for cells in table.rows[::5]] == [
        f"{truth.name} {rank}" for truth in TRUTHS[:2] for rank in (1, 2, 3)
    ]


def test_long_and_unprintable_texts(tables: Tables) -> None:
    odd = "start\x00\x1b[31m\n" + "x " * 400 + "end"
    shown = clusters_table(
        {"cluster_examples": tables["cluster_examples"].assign(text=odd, labels="a\x07")}
    )
    text = shown.rows[0][-1]
    assert len(text) == 240
    assert text.startswith("start\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}[31m x")
    assert text.endswith("x end")
    assert shown.rows[0][2] == "a\N{REPLACEMENT CHARACTER}"


def test_no_clusters_are_no_table(tables: Tables) -> None:
    assert clusters_table({}).rows == []
    assert clusters_table({"cluster_examples": tables["cluster_examples"].iloc[:0]}).rows == []
