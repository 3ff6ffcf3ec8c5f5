"""Claims on directions of PCA and NMF against clusters, from their table."""

import pandas as pd

from probesteer.figures.cluster_cosines import METHODS
from probesteer.figures.places import axis_label
from probesteer.figures.rows import concepts_of, matching
from probesteer.report.claim import FAILS, HOLDS, UNSHOWN, Claim, counted
from probesteer.report.claim_rows import ends_of, rows_by_place
from probesteer.report.numbers import estimate, number

ALONE = 0.9
"""Share of a direction's high end from which it means one cluster."""
BEYOND = 0.05
"""By how much more than any set of random directions."""


def component_claims(table: pd.DataFrame) -> list[Claim]:
    """Of clusters of codes; table: components of one model, may be empty."""
    codes = matching(table, clusters="codes") if len(table) else table
    return [
        claim
        for concept in (concepts_of(codes) if len(codes) else [])
        for method in METHODS
        for claim in _beyond_random(matching(codes, concept=concept), method, concept)
    ]


def _beyond_random(rows: pd.DataFrame, method: str, concept: str) -> list[Claim]:
    said, control, verdicts = [], [], []
    for place, here in rows_by_place(matching(rows, metric="share")):
        own = matching(here, method=method)
        mean, each = own[own["direction"] < 0], own[own["direction"] >= 0]
        random = matching(here, method="random")
        lots = matching(
            rows, metric="share_by_lot", method=method, site=place.site, layer=place.layer
        )
        if mean.empty or random.empty or lots.empty:
            continue
        at, value = axis_label(place), ends_of(mean)[0]
        _, lowest, highest = ends_of(random)
        by_lot, _, most = ends_of(lots)
        alone = int((each["value"] >= ALONE).sum())
        said.append(f"{at}: {number(value)} ({alone} of {len(each)} from {ALONE:g})")
        control.append(f"{at}: {estimate(*ends_of(random))}, {number(by_lot)}")
        verdicts.append(_verdict(value, lowest, highest, most))
    if not said:
        return []
    return [
        Claim(
            f"A direction of {METHODS[method]} means one cluster more than a random direction does",
            concept,
            f"mean share by layer: {'; '.join(said)}",
            f"random directions [range], clusters by lot: {'; '.join(control)}",
            counted(verdicts),
        )
    ]


def _verdict(value: float, lowest: float, highest: float, by_lot: float) -> str:
    if value > highest + BEYOND and value > by_lot:
        return HOLDS
    return FAILS if value < lowest or value <= by_lot else UNSHOWN
