"""What a push does beside its effect, and what words do instead, as numbers; nothing is judged."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from probesteer.figures.entanglement import METRICS, beyond_random, shown_rows
from probesteer.figures.places import depth
from probesteer.figures.rows import concepts_of, first_split, matching
from probesteer.places import Place
from probesteer.report.evidence import UNKNOWN, Numbers, Trial
from probesteer.report.evidence_rows import first_numbers

_REPORTED = ("test", "all")


@dataclass(frozen=True)
class Survival:
    """What the last probe reads of the push of the smallest positive strength."""

    pushed_at: Place
    read_at: Place
    strength: float
    unit: str
    read: Numbers
    """1 is the difference of the class means of that probe's read-outs."""

    random: Numbers
    """Mean and range over random directions of the same length."""


@dataclass(frozen=True)
class Words:
    """Change of the logit difference when either side is asked for and nothing is pushed; nats."""

    positive: Numbers
    negative: Numbers


@dataclass(frozen=True)
class Moved:
    """Which other concepts a push moves beyond every random direction."""

    strength: float
    unit: str
    tried: int
    """Other concepts that were measured."""

    logits: tuple[Trial, ...]
    """Change of the logit difference, nats."""

    probes: tuple[Trial, ...]
    """Change of what the probe reads, in its class difference."""


@dataclass(frozen=True)
class SideEffects:
    """All that was measured beside the effect; None for what was not."""

    survival: Survival | None = None
    words: Words | None = None
    moved: Moved | None = None


NOT_MEASURED = SideEffects()


def side_effects_of(tables: Mapping[str, pd.DataFrame], model: str, concept: str) -> SideEffects:
    """tables: by name, with the rows of all models; "readout", "prompting" and "entanglement" where
    they were made."""
    own = {
        name: matching(tables[name], model=model)
        for name in ("readout", "prompting", "entanglement")
        if name in tables and not tables[name].empty
    }
    return SideEffects(
        survival=_survival(own.get("readout"), concept),
        words=_words(own.get("prompting"), concept),
        moved=_moved(own.get("entanglement"), concept),
    )


def _survival(table: pd.DataFrame | None, concept: str) -> Survival | None:
    if table is None:
        return None
    rows = first_split(matching(table, concept=concept, metric="probe_readout"), _REPORTED)
    rows = rows[rows["strength"] > 0]
    rows = rows[rows["strength"] == rows["strength"].min()]
    pushed = matching(rows, method="difference_of_means")
    if pushed.empty:
        return None
    first = pushed.iloc[0]
    start = Place(str(first["site"]), int(first["layer"]))
    read = {
        Place(str(site), int(layer))
        for site, layer in zip(pushed["read_site"], pushed["read_layer"], strict=True)
    }
    last = max(read, key=depth)
    if last == start:
        return None
    there = matching(rows, read_site=last.site, read_layer=last.layer)
    return Survival(
        pushed_at=start,
        read_at=last,
        strength=float(first["strength"]),
        unit=str(first["unit"]),
        read=first_numbers(matching(there, method="difference_of_means")),
        random=first_numbers(matching(there, method="random")),
    )


def _words(table: pd.DataFrame | None, concept: str) -> Words | None:
    if table is None:
        return None
    own = matching(table, concept=concept, metric="logit_difference_change")
    rows = first_split(own, _REPORTED)
    if rows.empty:
        return None
    sides = (first_numbers(matching(rows, strength=side)) for side in (1.0, -1.0))
    return Words(*sides)


def _moved(table: pd.DataFrame | None, concept: str) -> Moved | None:
    if table is None:
        return None
    rows = shown_rows(table)
    own = matching(rows, concept=concept)
    others = [other for other in dict.fromkeys(own["other"]) if other != concept]
    if not others:
        return None
    return Moved(
        strength=float(own["strength"].iloc[0]),
        unit=str(own["unit"].iloc[0]),
        tried=len(others),
        logits=_beyond(rows, concept, "logit_difference"),
        probes=_beyond(rows, concept, "probe_readout"),
    )


def _beyond(rows: pd.DataFrame, concept: str, metric: str) -> tuple[Trial, ...]:
    """The other concepts that move beyond random directions by one metric."""
    assert metric in METRICS
    concepts = concepts_of(rows)
    of_metric = matching(rows, metric=metric)
    cells = beyond_random(of_metric, concepts)[concepts.index(concept)]
    pushed = matching(of_metric, concept=concept, method="difference_of_means")
    return tuple(
        Trial(other, first_numbers(matching(pushed, other=other)))
        for other, beyond in zip(concepts, cells, strict=True)
        if beyond and other != concept
    )


def size_of(random: Numbers) -> float:
    """The largest of random directions in size: the sign of each is arbitrary."""
    ends = [abs(end) for end in random[1:] if math.isfinite(end)]
    return max(ends) if len(ends) == 2 else UNKNOWN[0]
