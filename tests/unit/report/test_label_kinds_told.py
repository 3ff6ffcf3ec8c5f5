import dataclasses

import pandas as pd
import pytest

from probesteer.figures.rows import matching
from probesteer.report.compact_tables import compact_tables
from probesteer.report.content import ReportContent
from probesteer.report.evidence import Evidence, Spread
from probesteer.report.evidence_sentences import evidence_sentences
from probesteer.report.finding import Finding
from probesteer.report.findings import findings_of
from probesteer.report.page import render_report
from probesteer.report.sentences import reading_sentence
from probesteer.report.terminal import findings_table
from tests.unit.figures.synthetic_kinds import CLASSES, REAL, of_kinds
from tests.unit.report.example_finding import finding

Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def kinds(tables: Tables) -> Tables:
    significance = tables["significance"].copy()
    real = significance["concept"] == REAL
    significance.loc[real, ["method", "metric"]] = ["ridge", "r2"]
    return {**tables, "probes": of_kinds(tables["probes"]), "significance": significance}


@pytest.fixture(scope="module")
def found(kinds: Tables) -> dict[str, Finding]:
    return {finding.concept: finding for finding in findings_of(kinds)}


def test_a_finding_has_the_measure_and_the_guess_of_its_kind(
    found: dict[str, Finding], tables: Tables
) -> None:
    told = {name: (own.metric, own.chance) for name, own in found.items()}
    assert (told.pop(REAL), told.pop(CLASSES)) == (("r2", 0.0), ("accuracy", 1 / 3))
    assert set(told.values()) == {("accuracy", 0.5)}
    for own in findings_of(tables):  # the numbers were not changed
        same = found[own.concept]
        assert (same.best_place, same.accuracy) == (own.best_place, own.accuracy)
        assert (same.read_from, same.verdict) == (own.read_from, own.verdict)
        assert same.evidence.adjusted == own.evidence.adjusted
        assert same.evidence.unreached_by == own.evidence.unreached_by


def test_sentences_of_classes_name_their_chance(found: dict[str, Finding]) -> None:
    assert "] of the test examples (chance 0.33), against" in reading_sentence(found[CLASSES])
    assert "chance" not in reading_sentence(found["past_tense"])


def test_sentences_of_real_numbers_are_of_variance(found: dict[str, Finding]) -> None:
    sentence = reading_sentence(found[REAL])
    assert sentence.startswith("sentiment can be read: a probe at ")
    assert "] of the variance of the test examples (R²), against" in sentence
    assert "right" not in sentence
    first = reading_sentence(finding(metric="r2"))
    assert "is layer 1: an R² of 0.88 [0.82, 0.93] on the test examples." in first
    nothing = finding(metric="r2", accuracy=-0.2, accuracy_low=-0.4, accuracy_high=-0.1)
    assert (
        "explains none of the variance of the test examples (R² -0.20 [-0.40, -0.10]); "
    ) in reading_sentence(nothing)
    again = finding(metric="r2", evidence=Evidence(resplits=Spread(0.6, 0.1, 4)))
    assert evidence_sentences(again) == [
        "With the groups split in 4 other ways, the probe at this place gets an R² of 0.60 ± 0.10."
    ]


def test_the_terminal_marks_what_is_no_accuracy() -> None:
    lines = findings_table([finding(metric="r2"), finding()]).splitlines()
    assert "  R² 0.95 [.90-.98]  " in lines[1] and "  0.95 [.90-.98]  " in lines[2]


def test_tables_have_rows_of_every_kind(kinds: Tables) -> None:
    made = {table.title: table for table in compact_tables(kinds, "demo")}
    for title in ("Reading", "Controls"):
        names = {row[0] for row in made[title].rows}
        assert {REAL, CLASSES} < names
        assert made[title].note.endswith("R² stands for the accuracy.")
    assert {row[0] for row in made["Other probes"].rows}.isdisjoint({REAL, CLASSES})
    reading = made["Reading"]
    assert "rank correlation" not in reading.columns  # not measured
    at = reading.columns.index("accuracy")
    (cell,) = (row[at] for row in reading.rows if row[:2] == [REAL, "3"])
    rows = matching(kinds["probes"], concept=REAL, method="ridge", metric="r2", split="test")
    value = rows.query("layer == 3 and site == 'resid_post'")["value"].item()
    assert cell.startswith(f"{value:.2f} [")
    assert "a guess between k classes costs log2 k bits" in made["Controls"].note


def test_the_rank_correlation_has_a_column_where_it_was_measured(kinds: Tables) -> None:
    probes = kinds["probes"]
    ranks = matching(probes, concept=REAL, method="ridge", metric="r2").assign(metric="spearman")
    more = {**kinds, "probes": pd.concat([probes, ranks])}
    reading = next(table for table in compact_tables(more, "demo") if table.title == "Reading")
    at, accuracy = (reading.columns.index(name) for name in ("rank correlation", "accuracy"))
    for row in reading.rows:
        assert row[at] == (row[accuracy] if row[0] == REAL else "–")


def test_the_page_says_where_r_squared_stands_for_accuracy(
    content: ReportContent, kinds: Tables
) -> None:
    page = render_report(dataclasses.replace(content, tables=kinds, figures={}))
    assert "<td>R² 0.9" in page and "or R², where labels are real numbers" in page
    assert "R²" not in render_report(dataclasses.replace(content, figures={}))
