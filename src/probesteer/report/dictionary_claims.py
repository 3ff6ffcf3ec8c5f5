"""Claims on sparse dictionaries, from their table."""

import pandas as pd

from probesteer.figures.dictionary_quality import KINDS
from probesteer.figures.places import axis_label
from probesteer.figures.rows import concepts_of, matching
from probesteer.report.claim import FAILS, HOLDS, UNSHOWN, Claim, counted
from probesteer.report.claim_rows import ends_of, rows_by_place
from probesteer.report.numbers import estimate, number

SLIGHT = 0.02
"""AUROC by which an atom may fall short of the probe and still count as good, and by which it must
exceed random directions: where every row is read right, intervals have no width."""


def dictionary_claims(table: pd.DataFrame) -> list[Claim]:
    """What dictionaries rebuild, and what their atoms read; table: of one model, may be empty."""
    kinds = [kind for kind in KINDS if kind in set(table["method"])]
    claims = [claim for kind in kinds for claim in _rebuilt(table, kind)]
    read = table[table["concept"] != ""]
    for concept in concepts_of(read):
        own = matching(read, concept=concept)
        for kind in kinds:
            claims += [*_beyond_chance(own, kind, concept), *_as_probe(own, kind, concept)]
    return claims


def _rebuilt(table: pd.DataFrame, kind: str) -> list[Claim]:
    said, control, verdicts = [], [], []
    for place, here in rows_by_place(matching(table, concept="", method=kind)):
        explained, less, components, active, dead = (
            matching(here, metric=metric)
            for metric in (
                "explained",
                "explained_less_components",
                "explained_by_components",
                "l0",
                "dead",
            )
        )
        at = axis_label(place)
        counts = f"{_value(active)} active, {_share(_value_of(dead))} dead"
        said.append(f"{at}: {_value(explained)} ({counts})")
        control.append(f"{at}: {_value(components)}")
        low, high = (float(less[end].iloc[0]) for end in ("low", "high"))
        verdicts.append(HOLDS if low > 0 else FAILS if high < 0 else UNSHOWN)
    if not said:
        return []
    return [
        Claim(
            "A dictionary rebuilds more than as many directions at right angles",
            f"all, {KINDS[kind]}",
            f"share of the variance by layer: {'; '.join(said)}",
            f"as many principal components: {'; '.join(control)}",
            counted(verdicts),
        )
    ]


def _beyond_chance(rows: pd.DataFrame, kind: str, concept: str) -> list[Claim]:
    said, control, verdicts = [], [], []
    for place, here in rows_by_place(matching(rows, metric="auroc")):
        atom, drawn = (matching(here, method=name) for name in (kind, "random_directions"))
        if atom.empty or drawn.empty:
            continue
        value, low, high = ends_of(atom)
        _, lowest, highest = ends_of(drawn)
        at = axis_label(place)
        said.append(f"{at}: {estimate(value, low, high)}")
        control.append(f"{at}: {number(lowest)} to {number(highest)}")
        beyond = low > highest and value > highest + SLIGHT
        verdicts.append(HOLDS if beyond else FAILS if high < lowest else UNSHOWN)
    if not said:
        return []
    return [
        Claim(
            "A single atom reads the concept better than the best of as many random directions",
            f"{concept}, {KINDS[kind]}",
            f"AUROC by layer: {'; '.join(said)}",
            f"random directions: {'; '.join(control)}",
            counted(verdicts),
        )
    ]


def _as_probe(rows: pd.DataFrame, kind: str, concept: str) -> list[Claim]:
    """Only where the probe reads the concept at all."""
    said, control, verdicts = [], [], []
    for place, here in rows_by_place(rows):
        less = matching(here, method=kind, metric="auroc_less_probe")
        probe = matching(here, method="probe", metric="auroc")
        if less.empty or probe.empty or not ends_of(probe)[1] > 0.5:
            continue
        value, low, high = ends_of(less)
        at = axis_label(place)
        said.append(f"{at}: {estimate(value, low, high)}")
        control.append(f"{at}: {_value(probe)}")
        verdicts.append(HOLDS if low >= -SLIGHT else FAILS if high < -SLIGHT else UNSHOWN)
    if not said:
        return []
    return [
        Claim(
            "A single atom reads the concept as well as the probe",
            f"{concept}, {KINDS[kind]}",
            f"AUROC less the probe's, by layer: {'; '.join(said)}",
            f"the probe: {'; '.join(control)}",
            counted(verdicts),
        )
    ]


def _value_of(rows: pd.DataFrame) -> float:
    return float(rows["value"].iloc[0])


def _value(rows: pd.DataFrame) -> str:
    return number(_value_of(rows))


def _share(value: float) -> str:
    return f"{100 * value:.0f}%"
