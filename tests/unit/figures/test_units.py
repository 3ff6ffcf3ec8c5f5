import math

import pandas as pd
import pytest

from probesteer.errors import ProbesteerError
from probesteer.figures.units import amount, many, meaning, one, per, span, step_of, unit_of


@pytest.mark.parametrize(
    ("unit", "single", "several"),
    [
        ("gap", "class gap", "class gaps"),
        ("sigma", "sigma", "sigmas"),
        ("norm", "mean norm", "mean norms"),
        ("angle", "degree", "degrees"),
        ("share", "share", "share"),
        ("factor", "factor", "factor"),
    ],
)
def test_names_of_the_units(unit: str, single: str, several: str) -> None:
    assert (one(unit), many(unit), per(unit)) == (single, several, f"nats per {single}")


def test_amounts_and_spans_have_their_unit_and_number() -> None:
    assert amount(1, "gap") == "1 class gap"
    assert amount(-2, "gap", "+g") == "-2 class gaps"
    assert span(1, "gap") == "between -1 and +1 class gap"
    assert span(0.25, "norm") == "between -0.25 and +0.25 mean norms"
    assert span(0.5) == "between -0.5 and +0.5"
    assert span(math.nan) == "between the smallest strengths on both sides of 0"
    assert per("") == "nats"


def test_every_unit_is_explained() -> None:
    assert all(one(unit) in meaning(unit) for unit in ("gap", "sigma", "norm"))
    assert meaning("") == ""


def test_the_unit_is_that_of_all_rows() -> None:
    rows = pd.DataFrame({"unit": ["gap", "gap", "norm"]})
    assert unit_of(rows.iloc[:2], "scale") == "gap"
    assert unit_of(rows.iloc[:0], "scale") == ""
    with pytest.raises(ProbesteerError, match="scale table: strengths in gap and norm; make"):
        unit_of(rows, "scale")


def test_the_step_is_that_of_all_slopes() -> None:
    assert step_of(pd.DataFrame({"strength": [0.5, 0.5]})) == 0.5
    assert math.isnan(step_of(pd.DataFrame({"strength": [0.5, 1.0]})))
    assert math.isnan(step_of(pd.DataFrame({"strength": []})))
