"""A claim of a text, what was measured of it, and what that amounts to."""

from collections.abc import Sequence
from dataclasses import dataclass

from probesteer.report.compact_table import CompactTable

HOLDS = "holds"
FAILS = "does not hold"
UNSHOWN = "not shown"


@dataclass(frozen=True)
class Claim:
    """One claim on one model, and where it is of one concept, on that."""

    claim: str
    about: str
    """The concept, or "all"."""
    measurement: str
    control: str
    verdict: str


def counted(verdicts: Sequence[str]) -> str:
    """One verdict over layers: that of all of them, or at how many it holds."""
    if not verdicts:
        return UNSHOWN
    if len(set(verdicts)) == 1:
        return verdicts[0]
    held = sum(verdict == HOLDS for verdict in verdicts)
    return f"{HOLDS} at {held} of {len(verdicts)} layers" if held else UNSHOWN


def claim_table(title: str, note: str, claims: Sequence[Claim]) -> CompactTable:
    """Claims as rows of text, those of one wording together."""
    wordings = list(dict.fromkeys(each.claim for each in claims))
    ordered = sorted(claims, key=lambda each: wordings.index(each.claim))
    return CompactTable(
        title,
        note,
        ["claim", "concept", "verdict", "measured", "control"],
        [[c.claim, c.about, c.verdict, c.measurement, c.control] for c in ordered],
    )
