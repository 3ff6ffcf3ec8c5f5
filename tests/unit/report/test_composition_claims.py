"""Claims on two concepts are judged by intervals and by labels dealt out by lot."""

import pandas as pd
import pytest

from probesteer.report.claim import FAILS, HOLDS, UNSHOWN
from probesteer.report.composition_claims import composition_claims
from tests.unit.figures.synthetic_composition import COMPOSITION, composition_rows
from tests.unit.figures.synthetic_truth import TRUTHS

FORESEEN = "Each combination of two concepts is where the other three foresee it"
SAME = "The offset of a concept is the same whatever another concept is"
RANKS = "A direction learned at one label of another concept ranks examples of its other one"
READS = "And with the threshold learned there, it reads them"
FIRST, SECOND = (truth.name for truth in TRUTHS[:2])
OWN = f"{FIRST}, with {SECOND}"


@pytest.fixture
def table() -> pd.DataFrame:
    """One layer, no embedding; labels by lot reach from 0.35 to 0.55."""
    rows = composition_rows(TRUTHS[:2], [("resid_post", 0), ("resid_post", 1)], "demo")
    return pd.DataFrame(rows, columns=COMPOSITION.split()).query("layer == 1")


def put(table: pd.DataFrame, low: float, high: float, **wanted: str) -> None:
    """Give the rows of the first concept another interval."""
    keep = table["concept"] == FIRST
    for name, value in wanted.items():
        keep &= table[name] == value
    assert keep.any()
    table.loc[keep, ["value", "low", "high"]] = [(low + high) / 2, low, high]


def verdicts(table: pd.DataFrame) -> dict[tuple[str, str], str]:
    return {(claim.claim, claim.about): claim.verdict for claim in composition_claims(table)}


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.56, 0.9, HOLDS), (0.5, 0.9, UNSHOWN), (0.1, 0.34, FAILS), (0.1, 0.36, UNSHOWN)],
)
def test_the_worst_combination_is_held_against_labels_by_lot(
    low: float, high: float, verdict: str, table: pd.DataFrame
) -> None:
    for unseen in ("0,0", "0,1", "1,0"):
        put(table, 0.8, 0.9, metric="nearest", method="predicted", unseen=unseen)
    put(table, low, high, metric="nearest", method="predicted", unseen="1,1")
    assert verdicts(table)[FORESEEN, f"{FIRST}, {SECOND}"] == verdict


@pytest.mark.parametrize(
    ("share", "cosine", "verdict"),
    [
        ((-0.01, 0.04), 0.9, HOLDS),
        # No more alike than with labels by lot.
        ((-0.01, 0.04), 0.5, UNSHOWN),
        ((0.01, 0.06), 0.9, UNSHOWN),
        ((0.06, 0.2), 0.9, FAILS),
    ],
)
def test_offsets_are_the_same_or_depend_on_the_other(
    share: tuple[float, float], cosine: float, verdict: str, table: pd.DataFrame
) -> None:
    put(table, *share, metric="joint_share")
    put(table, cosine, cosine, metric="offset_cosine", method="combinations")
    found = verdicts(table)
    assert found[SAME, OWN] == verdict
    assert found[SAME, f"{SECOND}, with {FIRST}"] == FAILS


@pytest.mark.parametrize(
    ("unseen", "less", "verdict"),
    [
        ((0.8, 0.9), (-0.04, 0.0), HOLDS),
        ((0.5, 0.9), (-0.04, 0.0), UNSHOWN),
        ((0.8, 0.9), (-0.06, 0.0), UNSHOWN),
        ((0.8, 0.9), (-0.3, -0.06), FAILS),
    ],
)
@pytest.mark.parametrize(("metric", "claim"), [("auroc", RANKS), ("balanced_accuracy", READS)])
def test_directions_are_held_against_those_of_the_same_combinations(
    metric: str,
    claim: str,
    unseen: tuple[float, float],
    less: tuple[float, float],
    verdict: str,
    table: pd.DataFrame,
) -> None:
    for side in ("0", "1"):
        put(table, 0.9, 0.95, metric=metric, method="unseen", unseen=side)
        put(table, 0.0, 0.0, metric=metric, method="unseen_less_seen", unseen=side)
    put(table, *unseen, metric=metric, method="unseen", unseen="1")
    put(table, *less, metric=metric, method="unseen_less_seen", unseen="1")
    assert verdicts(table)[claim, OWN] == verdict


def test_what_is_not_there_is_not_judged(table: pd.DataFrame) -> None:
    put(table, float("nan"), float("nan"), metric="joint_share")
    put(table, 0.4, 0.5, metric="auroc", method="seen", unseen="")
    found = verdicts(table)
    for claim, about in ((FORESEEN, f"{FIRST}, {SECOND}"), (SAME, OWN), (RANKS, OWN)):
        assert (claim, about) not in found
    assert composition_claims(table.iloc[:0]) == []
