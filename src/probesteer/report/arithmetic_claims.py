"""Claims on vector arithmetic, from its table."""

import pandas as pd

from probesteer.figures.places import axis_label
from probesteer.figures.rows import concepts_of, matching
from probesteer.report.claim import FAILS, HOLDS, UNSHOWN, Claim, counted
from probesteer.report.claim_rows import ends_of, rows_by_place
from probesteer.report.numbers import estimate, number


def arithmetic_claims(table: pd.DataFrame) -> list[Claim]:
    """Concept by concept; table: arithmetic, of one model, may be empty."""
    stream = table[table["site"] != "mlp_act"]
    claims = []
    for concept in concepts_of(stream):
        own = matching(stream, concept=concept)
        claims += [*_offsets(own, concept), *_analogies(own, concept)]
    return claims


def _offsets(rows: pd.DataFrame, concept: str) -> list[Claim]:
    said, control, verdicts = [], [], []
    for place, here in rows_by_place(matching(rows, metric="offset_cosine")):
        value, low, high = ends_of(matching(here, method="pairs"))
        mean, lowest, highest = ends_of(matching(here, method="shuffled"))
        if pd.isna(value):
            continue
        at = axis_label(place)
        said.append(f"{at}: {estimate(value, low, high)}")
        control.append(f"{at}: {number(mean)}")
        verdicts.append(HOLDS if low > highest else FAILS if high < lowest else UNSHOWN)
    if not said:
        return []
    return [
        Claim(
            "Pairs share an offset beyond the difference of the two sides",
            concept,
            f"mean cosine of two offsets, by layer: {'; '.join(said)}",
            f"shuffled pairs: {'; '.join(control)}",
            counted(verdicts),
        )
    ]


def _analogies(rows: pd.DataFrame, concept: str) -> list[Claim]:
    said, control, verdicts = [], [], []
    for place, here in rows_by_place(matching(rows, metric="top_1")):
        value, low, high = ends_of(matching(here, method="pairs"))
        _, lowest, highest = ends_of(matching(here, method="shuffled"))
        near, _, _ = ends_of(matching(here, method="without_offset"))
        _, least, most = ends_of(matching(here, method="gain_of_offset"))
        at = axis_label(place)
        said.append(f"{at}: {estimate(value, low, high)}")
        control.append(f"{at}: {number(lowest)} to {number(highest)}, {number(near)}")
        beyond, below = low > highest and least > 0, high < lowest or most < 0
        verdicts.append(HOLDS if beyond else FAILS if below else UNSHOWN)
    if not said:
        return []
    return [
        Claim(
            "The offset of one pair leads from a member of another to its partner",
            concept,
            f"share of analogies right at first, by layer: {'; '.join(said)}",
            f"shuffled pairs, and nearest without the offset: {'; '.join(control)}",
            counted(verdicts),
        )
    ]
