"""Claims on the composition of two concepts, from its table."""

from collections.abc import Iterator

import pandas as pd

from probesteer.figures.places import axis_label
from probesteer.figures.rows import matching
from probesteer.report.claim import FAILS, HOLDS, UNSHOWN, Claim, counted
from probesteer.report.claim_rows import ends_of, rows_by_place
from probesteer.report.numbers import estimate, number

DEPENDS = 0.05
"""Share of an offset up to which it counts as the same whatever the other concept is."""
LESS = 0.05
"""AUROC or accuracy, likewise."""

_READ = {
    "auroc": "A direction learned at one label of another concept ranks examples of its other one",
    "balanced_accuracy": "And with the threshold learned there, it reads them",
}


def composition_claims(table: pd.DataFrame) -> list[Claim]:
    """Two concepts by two; table: composition, of one model, may be empty."""
    claims = []
    for (concept, other), rows in _pairs(table):
        if not matching(rows, method="predicted").empty:
            claims += _foreseen(table, concept, other)
        claims += _offsets(rows, concept, other)
        for metric in _READ:
            claims += _read(rows, concept, other, metric)
    return claims


def _pairs(table: pd.DataFrame) -> Iterator[tuple[tuple[str, str], pd.DataFrame]]:
    for concept, other in table[["concept", "other"]].drop_duplicates().to_numpy().tolist():
        yield (concept, other), matching(table, concept=concept, other=other)


def _foreseen(table: pd.DataFrame, concept: str, other: str) -> list[Claim]:
    """Each of the four combinations, against the labels of either concept by lot.

    Where one of the two changes nothing, four combinations are two.
    """
    said, control, verdicts = [], [], []
    names = (concept, other)
    both = table[table["concept"].isin(names) & table["other"].isin(names)]
    for place, rows in rows_by_place(both):
        if matching(rows, metric="joint_share")["value"].isna().any():
            continue
        here = matching(rows, metric="nearest")
        four = matching(here, method="predicted").query("unseen != ''")
        by_lot = matching(here, method="by_lot")
        least, most = float(by_lot["low"].min()), float(by_lot["high"].max())
        at = axis_label(place)
        said.append(f"{at}: {number(four['value'].min())} to {number(four['value'].max())}")
        control.append(f"{at}: {number(least)} to {number(most)}")
        beyond, below = float(four["low"].min()) > most, float(four["high"].min()) < least
        verdicts.append(HOLDS if beyond else FAILS if below else UNSHOWN)
    if not said:
        return []
    return [
        Claim(
            "Each combination of two concepts is where the other three foresee it",
            f"{concept}, {other}",
            f"examples nearest to the mean foreseen, worst to best combination, by layer:"
            f" {'; '.join(said)}",
            f"the labels of one of the two by lot: {'; '.join(control)}",
            counted(verdicts),
        )
    ]


def _offsets(rows: pd.DataFrame, concept: str, other: str) -> list[Claim]:
    said, control, verdicts = [], [], []
    for place, here in rows_by_place(rows):
        share = matching(here, metric="joint_share")
        if share.empty or pd.isna(share["value"].iloc[0]):
            continue
        value, low, high = ends_of(share)
        cosine, least, _ = ends_of(matching(here, method="combinations", metric="offset_cosine"))
        mean, _, most = ends_of(matching(here, method="by_lot", metric="offset_cosine"))
        at = axis_label(place)
        said.append(f"{at}: {estimate(value, low, high)} (cosine {number(cosine)})")
        control.append(f"{at}: {number(mean)}, up to {number(most)}")
        same = high < DEPENDS and least > most
        verdicts.append(HOLDS if same else FAILS if low > DEPENDS else UNSHOWN)
    if not said:
        return []
    return [
        Claim(
            "The offset of a concept is the same whatever another concept is",
            f"{concept}, with {other}",
            f"share of it that depends on the other, by layer: {'; '.join(said)}",
            f"cosine, its labels by lot: {'; '.join(control)}",
            counted(verdicts),
        )
    ]


def _read(rows: pd.DataFrame, concept: str, other: str, metric: str) -> list[Claim]:
    """Where the concept can be read at all; at the worse label of the other."""
    said, control, verdicts = [], [], []
    for place, here in rows_by_place(matching(rows, metric=metric)):
        _, least, most = ends_of(matching(here, method="by_lot"))
        if not ends_of(matching(here, method="seen", unseen=""))[1] > most:
            continue
        reached, verdict = _worse(here, most)
        at = axis_label(place)
        said.append(f"{at}: {reached}")
        control.append(f"{at}: {number(least)} to {number(most)}")
        verdicts.append(verdict)
    if not said:
        return []
    return [
        Claim(
            _READ[metric],
            f"{concept}, with {other}",
            f"{metric.replace('_', ' ')}, worse label (learned at the same label), by layer:"
            f" {'; '.join(said)}",
            f"labels by lot: {'; '.join(control)}",
            counted(verdicts),
        )
    ]


def _worse(here: pd.DataFrame, most: float) -> tuple[str, str]:
    """What is reached at the label of the other concept where less is, and the verdict on both."""
    told, verdicts = [], []
    for label in ("0", "1"):
        side = matching(here, unseen=label)
        value, low, high = ends_of(matching(side, method="unseen"))
        seen, _, _ = ends_of(matching(side, method="seen"))
        _, least, greatest = ends_of(matching(side, method="unseen_less_seen"))
        told.append((value, f"{estimate(value, low, high)} ({number(seen)})"))
        as_well = low > most and least > -LESS
        verdicts.append(HOLDS if as_well else FAILS if greatest < -LESS else UNSHOWN)
    verdict = FAILS if FAILS in verdicts else UNSHOWN if UNSHOWN in verdicts else HOLDS
    return min(told)[1], verdict
