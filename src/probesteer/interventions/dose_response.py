"""Dose and response: every direction added at every place over a grid of strengths."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from probesteer.directions.direction import Direction
from probesteer.interventions.edits import Add
from probesteer.interventions.geometry import angle_and_norm_ratio
from probesteer.interventions.readouts import prompt_rows, text_rows
from probesteer.interventions.sweep import Sweep, run_sweep
from probesteer.models.loading import LoadedModel
from probesteer.places import Place

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class DoseGrid:
    """What is tried: every direction at every strength, in one unit."""

    strengths: list[float]  # 0 among them
    unit: str
    positions: list[str]
    batch_tokens: int
    bootstrap_draws: int
    seed: int

    @property
    def pushed(self) -> list[float]:
        """The strengths that change something."""
        return [strength for strength in self.strengths if strength != 0]

    def with_zero(self, values: Numbers, at_zero: Numbers) -> Numbers:
        """values: [..., pushed, items] -> [..., strengths, items], `at_zero` [items] put in."""
        whole = np.empty((*values.shape[:-2], len(self.strengths), values.shape[-1]))
        whole[..., [s != 0 for s in self.strengths], :] = values
        whole[..., [s == 0 for s in self.strengths], :] = at_zero
        return whole


def _unmeasured() -> Numbers:
    return np.zeros((0, 0, 0))


@dataclass(frozen=True, eq=False)
class DoseResponse:
    """Responses at one place: arrays over directions, strengths and items."""

    directions: list[Direction]
    change: Numbers  # [directions, strengths, prompts], of the logit difference; nats
    kl: Numbers  # [directions, strengths, prompts], nats
    same_top: Numbers  # [directions, strengths, prompts]
    neutral_loss: Numbers  # [directions, strengths, texts], nats per token
    angle: Numbers  # [directions, strengths, prompts], degrees
    norm_ratio: Numbers  # [directions, strengths, prompts]
    positive: Numbers = field(default_factory=_unmeasured)
    """[directions, strengths, prompts], change of the positive continuation's log-probability in
    nats; that of the negative one is this minus `change`."""
    neutral_same_top: Numbers = field(default_factory=_unmeasured)
    """[directions, strengths, texts], share of tokens at which the likeliest one stayed."""


def measure_dose_response(
    loaded: LoadedModel,
    prompts: pd.DataFrame,
    neutral: Sequence[str],
    directions: Sequence[Direction],
    grid: DoseGrid,
    source: str,
) -> dict[str, dict[Place, DoseResponse]]:
    """Responses by positions and place.

    In the neutral texts every token counts as generated, so their loss is the same for both
    kinds of positions.
    """
    by_place: dict[Place, list[Direction]] = {}
    for direction in directions:
        by_place.setdefault(direction.place, []).append(direction)
    edits = {place: _edit(at_place, grid) for place, at_place in by_place.items()}
    asked = prompt_rows(loaded, prompts, source)
    rows, tokens = text_rows(loaded, neutral, source)
    texts = run_sweep(
        loaded, rows, edits, "all", grid.batch_tokens, label="neutral", every_token=True
    )
    measured = {}
    for positions in grid.positions:
        sweep = run_sweep(loaded, asked, edits, positions, grid.batch_tokens, label=positions)
        measured[positions] = {
            place: _response(at_place, place, edits[place], grid, sweep, texts, tokens)
            for place, at_place in by_place.items()
        }
    return measured


def slopes(strengths: Sequence[float], change: Numbers) -> tuple[float, Numbers]:
    """Central difference at the smallest strengths around 0.

    change: [..., strengths, items]. Returns the step (half the distance of the two strengths)
    and the slopes, [..., items].
    """
    ordered = np.asarray(strengths)
    below = int(np.flatnonzero(ordered < 0)[ordered[ordered < 0].argmax()])
    above = int(np.flatnonzero(ordered > 0)[ordered[ordered > 0].argmin()])
    distance = float(ordered[above] - ordered[below])
    return distance / 2, (change[..., above, :] - change[..., below, :]) / distance


def _edit(directions: Sequence[Direction], grid: DoseGrid) -> Add:
    pushes = [d.push(strength, grid.unit) for d in directions for strength in grid.pushed]
    return Add(torch.from_numpy(np.stack(pushes).astype(np.float32)))


def _response(
    directions: list[Direction],
    place: Place,
    edit: Add,
    grid: DoseGrid,
    sweep: Sweep,
    texts: Sweep,
    tokens: Numbers,
) -> DoseResponse:
    shape = (len(directions), len(grid.pushed), -1)
    result, zeros = sweep.results[place], np.zeros(len(sweep.score))
    angle, norm_ratio = angle_and_norm_ratio(sweep.residuals[place], edit.pushes.numpy())
    loss = (-texts.results[place].score / tokens).reshape(shape)
    stayed = (texts.results[place].same_top / tokens).reshape(shape)
    return DoseResponse(
        directions=directions,
        change=grid.with_zero((result.score - sweep.score).reshape(shape), zeros),
        kl=grid.with_zero(result.kl.reshape(shape), zeros),
        same_top=grid.with_zero(result.same_top.reshape(shape), zeros + 1),
        neutral_loss=grid.with_zero(loss, -texts.score / tokens),
        angle=grid.with_zero(angle.reshape(shape), zeros),
        norm_ratio=grid.with_zero(norm_ratio.reshape(shape), zeros + 1),
        positive=grid.with_zero((result.positive - sweep.positive).reshape(shape), zeros),
        neutral_same_top=grid.with_zero(stayed, np.ones(len(tokens))),
    )
