"""Claims on checkpoints are judged by intervals and their controls."""

import pandas as pd
import pytest

from probesteer.report.claim import FAILS, HOLDS, UNSHOWN
from probesteer.report.drift_claims import drift_claims
from probesteer.report.geometry_claims import geometry_tables
from tests.unit.figures.synthetic_drift import SHIFTS, shift_rows
from tests.unit.figures.synthetic_truth import TRUTHS

NAN = float("nan")
_TURNED = "A direction turned, by more than the choice of examples moves it"
_READS = "The direction of one checkpoint reads the other as well as its own"
_FITTED = "The probe of one, threshold and all, reads the other as well as its own"
_STEERS = "The direction of one checkpoint steers the other"


def table() -> pd.DataFrame:
    """One concept at one layer after the embedding."""
    rows = shift_rows(TRUTHS[:1], [("resid_pre", 0), ("resid_post", 0)], "demo")
    return pd.DataFrame(rows, columns=SHIFTS.split()).query("site == 'resid_post'")


def changed(direction: str, metric: str, low: float, high: float) -> pd.DataFrame:
    """The same with other ends of one interval."""
    found = table()
    rows = (found["direction"] == direction) & (found["metric"] == metric)
    found.loc[rows, ["value", "low", "high"]] = [(low + high) / 2, low, high]
    return found


def verdicts(rows: pd.DataFrame) -> dict[str, str]:
    return {claim.claim: claim.verdict for claim in drift_claims(rows)}


@pytest.mark.parametrize(
    ("ends", "verdict"),
    [((5.1, 9.0), HOLDS), ((1.0, 4.9), FAILS), ((4.0, 6.0), UNSHOWN), ((NAN, NAN), UNSHOWN)],
)
def test_directions_turned_by_more_than_a_little(ends: tuple[float, float], verdict: str) -> None:
    assert verdicts(changed("corrected", "angle", *ends))[_TURNED] == verdict


def test_no_direction_no_turn() -> None:
    assert verdicts(table())[_TURNED] == HOLDS
    assert verdicts(changed("halves_within", "angle", 60.0, 90.0))[_TURNED] == UNSHOWN


@pytest.mark.parametrize(
    ("ends", "verdict"),
    [((0.0, 0.05), HOLDS), ((0.051, 0.2), FAILS), ((0.0, 0.06), UNSHOWN), ((NAN, NAN), UNSHOWN)],
)
@pytest.mark.parametrize(
    ("claim", "metric"), [(_READS, "accuracy"), (_FITTED, "accuracy_as_stored")]
)
def test_reading_is_held_against_the_own_direction(
    claim: str, metric: str, ends: tuple[float, float], verdict: str
) -> None:
    found = verdicts(changed("lost", metric, *ends))
    assert found[claim] == verdict
    # The other claim has an interval of its own.
    assert found[_FITTED if claim == _READS else _READS] == FAILS


def test_where_the_own_direction_reads_nothing_none_is_as_good() -> None:
    found = verdicts(changed("own", "accuracy", 0.5, 0.7))
    assert _READS not in found
    assert _FITTED in found


@pytest.mark.parametrize(
    ("ends", "verdict"),
    # Random directions reach from -0.3 to 0.3.
    [((0.31, 1.0), HOLDS), ((-1.0, 0.29), FAILS), ((0.2, 1.0), UNSHOWN), ((NAN, NAN), UNSHOWN)],
)
def test_slopes_are_held_against_random_directions(ends: tuple[float, float], verdict: str) -> None:
    assert verdicts(changed("transferred", "slope", *ends))[_STEERS] == verdict


def test_one_chapter_of_pairs_alone() -> None:
    (made,) = geometry_tables({"shifts": table()}, "demo", [])
    assert made.title == "Directions of other checkpoints"
    # Angles of two methods, reading with two thresholds, slopes.
    assert len(made.rows) == 5
    assert {row[1] for row in made.rows} == {"sentiment in tuned"}
    assert geometry_tables({"shifts": table().assign(shift="data")}, "demo", []) == []
