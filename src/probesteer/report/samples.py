"""Steered continuations, grouped for reading side by side."""

import math
import unicodedata
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from probesteer.figures.places import phrase
from probesteer.figures.rows import concepts_of, matching
from probesteer.figures.units import amount
from probesteer.places import Place
from probesteer.report.numbers import number


@dataclass(frozen=True)
class PromptSamples:
    """Continuations of one prompt at one place, from the most negative strength up."""

    prompt: str
    where: str
    lines: list[tuple[str, str, str]]
    """(strength with its unit, continuation, what was measured of it)."""

    read_at: str = ""
    """Where the probe reads; empty where none does."""


def samples_of(samples: pd.DataFrame | None, model: str) -> dict[str, list[PromptSamples]]:
    """By concept. samples: the table of that name, all models; None where it was not made."""
    if samples is None or samples.empty:
        return {}
    own = matching(samples, model=model)
    return {concept: _grouped(matching(own, concept=concept)) for concept in concepts_of(own)}


def printable(text: str) -> str:
    """Text without control characters other than line breaks and tabs: they become U+FFFD."""
    return "".join(
        character
        if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cs"}
        else "\N{REPLACEMENT CHARACTER}"
        for character in text
    )


def _grouped(rows: pd.DataFrame) -> list[PromptSamples]:
    keys = ["site", "layer", "method", "positions", "prompt"]
    groups = []
    for _, group in rows.groupby(keys, sort=False):
        site, layer, method, positions, prompt = group[keys].iloc[0]
        tokens = "all tokens" if positions == "all" else "the last prompt token on"
        place = phrase(Place(str(site), int(layer)))
        where = f"{str(method).replace('_', ' ')}, {place}, {tokens}"
        ordered = group.sort_values("strength", kind="stable")
        lines = [
            (
                amount(row["strength"], str(row["unit"]), "+g") if row["strength"] else "unsteered",
                printable(str(row["continuation"])),
                _measured(row),
            )
            for row in ordered.to_dict("records")
        ]
        groups.append(PromptSamples(printable(str(prompt)), where, lines, _read_at(ordered)))
    return groups


def _read_at(rows: pd.DataFrame) -> str:
    """The place of the probe that read the texts, in words."""
    site, layer = rows["read_site"].iloc[0], rows["read_layer"].iloc[0]
    return "" if site == "none" else phrase(Place(str(site), int(layer)))


def _measured(row: Mapping[Hashable, Any]) -> str:
    """What the probe says of a continuation, and the signs of collapse."""
    odds = float(row["log_odds"])
    said = [f"probe {number((1 + math.tanh(odds / 2)) / 2)}"] if math.isfinite(odds) else []
    distinct = [number(float(row[f"distinct_{n}"])) for n in (1, 2, 3)]
    return ", ".join(
        [
            *said,
            f"distinct {' / '.join(distinct)}",
            f"repetition {number(float(row['repetition']))}",
        ]
    )
