"""Steered continuations, grouped for reading side by side."""

import unicodedata
from dataclasses import dataclass

import pandas as pd

from probesteer.figures.places import phrase
from probesteer.figures.rows import concepts_of, matching
from probesteer.figures.units import amount
from probesteer.places import Place


@dataclass(frozen=True)
class PromptSamples:
    """Continuations of one prompt at one place, from the most negative strength up."""

    prompt: str
    where: str
    lines: list[tuple[str, str]]
    """(strength with its unit, continuation)."""


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
            (amount(strength, str(unit), "+g") if strength else "unsteered", printable(str(text)))
            for strength, unit, text in zip(
                ordered["strength"], ordered["unit"], ordered["continuation"], strict=True
            )
        ]
        groups.append(PromptSamples(printable(str(prompt)), where, lines))
    return groups
