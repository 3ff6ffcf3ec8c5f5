import math

import pytest

from probesteer.report.evidence import Evidence
from probesteer.report.terminal import findings_table
from tests.unit.report.example_finding import finding


def test_the_table_of_one_finding() -> None:
    assert findings_table([finding(concept="tense")]) == (
        "concept   from  accuracy        null/bag   slope per class gap  random  verdict\n"
        "tense     1     0.95 [.90-.98]  0.50/0.70  1.50 [1.10, 1.90]    ±0.30   reads, steers\n"
        "Layers chosen on validation, numbers of the test split.\n"
    )


@pytest.mark.parametrize(
    ("count", "last"),
    [(1, "L"), (8, "L"), (9, "1 more in the report. L"), (30, "22 more in the report. L")],
)
def test_at_most_ten_lines(count: int, last: str) -> None:
    lines = findings_table([finding(concept=f"c{n}") for n in range(count)]).splitlines()
    assert len(lines) == 1 + min(count, 8) + 1 <= 10
    assert lines[-1] == f"{last}ayers chosen on validation, numbers of the test split."


def test_an_untrained_model_is_named_where_one_was_tried() -> None:
    tried = finding(concept="tense", evidence=Evidence(untrained=(0.61, 0.5, 0.7)))
    lines = findings_table([tried, finding(concept="mood")]).splitlines()
    assert [line[:50].rstrip() for line in lines[:3]] == [
        "concept   from  accuracy        null/bag/init   sl",
        "tense     1     0.95 [.90-.98]  0.50/0.70/0.61  1.",
        "mood      1     0.95 [.90-.98]  0.50/0.70/–     1.",
    ]
    assert lines[3:] == [
        "Layers chosen on validation, numbers of the test split; init: untrained.",
    ]
    many = findings_table([tried] * 30).splitlines()
    assert len(many) == 10 and max(map(len, many)) <= 100
    assert many[-1].endswith("; init: untrained.")


def test_the_slope_is_named_in_its_unit() -> None:
    assert "slope per sigma " in findings_table([finding(unit="sigma")])
    assert "slope  " in findings_table([finding(unit="")])


def test_long_names_and_numbers_fit_the_width() -> None:
    long = finding(
        model="an-organisation/a-model-with-a-long-name",
        concept="a_concept\nwith_a_name_that_goes_on_and_on",
        slope=-123.4,
        slope_low=-1234.5,
        slope_high=-12.3,
        random_low=-100.5,
        random_high=-99.0,
    )
    lines = findings_table([long, finding()]).splitlines()
    assert len(lines) == 4
    assert max(map(len, lines)) <= 100
    assert "-123 [-1234, -12.3]" in lines[1]
    assert lines[1].endswith("reads only")


def test_several_models_are_named() -> None:
    text = findings_table([finding(model="one"), finding(model="two")])
    assert "one sentiment" in text and "two sentiment" in text


def test_unknown_numbers_are_dashes() -> None:
    unknown = finding(
        read_from=None, slope=math.nan, slope_low=math.nan, random_low=math.nan, accuracy=math.nan
    )
    assert findings_table([unknown]).splitlines()[1].split() == [
        "sentiment",
        "–",
        "–",
        "0.50/0.70",
        "–",
        "–",
        "reads",
        "only",
    ]


def test_no_findings() -> None:
    assert findings_table([]) == "No findings.\n"
