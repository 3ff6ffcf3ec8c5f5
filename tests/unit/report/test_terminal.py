import math

import pytest

from probesteer.report.terminal import findings_table
from tests.unit.report.example_finding import finding


def test_the_table_of_one_finding() -> None:
    assert findings_table([finding(concept="tense")]) == (
        "concept   from  accuracy        null/bag   slope per gap      random       verdict\n"
        "tense     1     0.95 [.90-.98]  0.50/0.70  1.50 [1.10, 1.90]  -0.20..0.30  reads, steers\n"
    )


@pytest.mark.parametrize(("count", "last"), [(1, None), (8, None), (9, "1 more"), (30, "22 more")])
def test_at_most_ten_lines(count: int, last: str | None) -> None:
    lines = findings_table([finding(concept=f"c{n}") for n in range(count)]).splitlines()
    assert len(lines) == 1 + min(count, 8) + (last is not None)
    assert len(lines) <= 10
    if last is not None:
        assert lines[-1] == f"{last} in the report"


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
    assert len(lines) == 3
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
