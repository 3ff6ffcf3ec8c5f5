"""Steer a model, see what it writes, and measure dose and response."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from probesteer.directions.direction import Direction
from probesteer.errors import ProbesteerError
from probesteer.export.continuations import continuation, steered_continuations
from probesteer.export.steered import Steered
from probesteer.interventions.dose_response import DoseGrid, measure_dose_response
from probesteer.interventions.response_tables import dose_response_table
from probesteer.interventions.selection import sample_rows
from probesteer.library.data import Concept
from probesteer.library.loading import Model

_STRENGTHS = (-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0)


def steer(model: Any, direction: Direction, strength: float, **options: Any) -> Steered:
    """The model with `strength` gaps of a direction added in every pass; see `Steered`."""
    return Steered(model, direction, strength, **options)


def write(model: Model | Steered, prompt: str, **options: Any) -> str:
    """What a model writes after a prompt, steered or not; see `continuation` for the options."""
    if not isinstance(model, Steered):
        return continuation(model, prompt, **options)
    if model.attached:
        return continuation(model.loaded, prompt, **options)
    with model:
        return continuation(model.loaded, prompt, **options)


def compare(
    model: Model,
    prompt: str,
    direction: Direction,
    strengths: Sequence[float] = (-2.0, 0.0, 2.0),
    **options: Any,
) -> pd.DataFrame:
    """What is written at each strength, from the same draw: strength, continuation.

    options: those of `steered_continuations`.
    """
    written = steered_continuations(model, prompt, direction, strengths, **options)
    return pd.DataFrame({"strength": list(strengths), "continuation": written})


def dose_response(
    model: Model,
    concept: Concept,
    directions: Direction | Sequence[Direction],
    strengths: Sequence[float] = _STRENGTHS,
    unit: str = "gap",
    positions: str = "from_last",
    prompts: int | None = None,
    neutral_texts: int | None = 12,
    bootstrap_draws: int = 1000,
) -> pd.DataFrame:
    """How the logit difference of the concept's prompts moves with the strength, and what it costs.

    prompts, neutral_texts: at most so many. The table is that of the workflow: model, concept,
    site, layer, method, draw, positions, unit, strength, split, metric, value, low, high, n,
    interval; the rows of the method "random" with draw -1 are the band of all random directions.

    Raises ProbesteerError where the strengths lack 0 or one on either side of it, for an unknown
    unit, and for a model that reads no prompts.
    """
    several = [directions] if isinstance(directions, Direction) else list(directions)
    ordered = sorted(set(strengths))
    if not several or 0 not in ordered or not ordered[0] < 0 < ordered[-1]:
        raise ProbesteerError("dose_response: give directions, and strengths on both sides of a 0")
    if model.kind in ("encoder", "image"):
        raise ProbesteerError(f"model {model.name}: it is steered by the workflow alone")
    loaded = replace(model, chat=concept.settings.chat)
    grid = DoseGrid(ordered, unit, [positions], 4096, bootstrap_draws, concept.seed)
    asked = sample_rows(concept.prompts, prompts, concept.seed)
    texts = sample_rows(concept.data.neutral, neutral_texts, concept.seed)["text"].tolist()
    measured = measure_dose_response(
        loaded, asked, texts, several, grid, f"concept {concept.name}:"
    )
    groups, splits = (asked[name].to_numpy(dtype=str) for name in ("group", "split"))
    table = dose_response_table(measured, grid, groups, splits)
    table.insert(0, "concept", concept.name)
    table.insert(0, "model", model.name)
    return table
