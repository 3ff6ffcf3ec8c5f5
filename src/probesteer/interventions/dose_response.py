"""Dose and response: every direction at every place over a grid of strengths, by one operator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.directions.direction import Direction
from probesteer.directions.leace import Eraser
from probesteer.errors import ProbesteerError
from probesteer.interventions.checkpoint import NOT_KEPT, Checkpoints
from probesteer.interventions.edits import Add, Edit
from probesteer.interventions.geometry import angle_and_norm_ratio, turn_and_stretch
from probesteer.interventions.operators.doses import erasing_edit, stacked_edit
from probesteer.interventions.part_of_tokens import PartOfTokens
from probesteer.interventions.readouts import prompt_rows, text_rows
from probesteer.interventions.sweep import Sweep, run_sweep
from probesteer.models.loading import LoadedModel
from probesteer.places import Place

Numbers = NDArray[np.float64]

# Positions that are a part of "from_last": first and end, counted from the last prompt token.
_PARTS: dict[str, tuple[int, int | None]] = {"last": (0, 1), "generated": (1, None)}


@dataclass(frozen=True)
class DoseGrid:
    """What is tried: every direction at every strength, in one unit."""

    strengths: list[float]
    unit: str
    positions: list[str]
    batch_tokens: int
    bootstrap_draws: int
    seed: int
    operator: str = "add"

    @property
    def pushed(self) -> list[float]:
        """The strengths that change something: all but 0, of `clamp` all."""
        return [strength for strength in self.strengths if self._changes(strength)]

    def with_zero(self, values: Numbers, at_zero: Numbers) -> Numbers:
        """values: [..., pushed, items] -> [..., strengths, items].

        `at_zero` [items], the unedited model's, goes where a strength changes nothing.
        """
        whole = np.empty((*values.shape[:-2], len(self.strengths), values.shape[-1]))
        changes = np.array([self._changes(strength) for strength in self.strengths])
        whole[..., changes, :] = values
        whole[..., ~changes, :] = at_zero
        return whole

    def _changes(self, strength: float) -> bool:
        # Clamping at 0 moves every projection to the midpoint of the classes.
        return strength != 0 or self.operator == "clamp"


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
    unedited: Numbers = field(default_factory=lambda: np.zeros(0))
    """[prompts], the logit difference without an edit; nats."""


def measure_dose_response(
    loaded: LoadedModel,
    prompts: pd.DataFrame,
    neutral: Sequence[str],
    directions: Sequence[Direction],
    grid: DoseGrid,
    source: str,
    erasers: Mapping[Place, Eraser] | None = None,
    checkpoints: Checkpoints = NOT_KEPT,
) -> dict[str, dict[Place, DoseResponse]]:
    """Responses by positions and place.

    In the neutral texts every token counts as generated, so their loss is the same for all kinds
    of positions. erasers: what the operator `erase` takes in place of directions; at each place
    then one direction stands for the eraser. checkpoints: from which a sweep that was stopped goes
    on.

    Raises ProbesteerError for positions that the model doesn't have, and what `stacked_edit` does.
    """
    _check_positions(loaded, grid.positions, source)
    by_place: dict[Place, list[Direction]] = {}
    for direction in directions:
        by_place.setdefault(direction.place, []).append(direction)
    edits = {
        place: erasing_edit(erasers[place], grid.pushed)
        if grid.operator == "erase" and erasers is not None
        else stacked_edit(grid.operator, at_place, grid.pushed, grid.unit)
        for place, at_place in by_place.items()
    }
    asked = prompt_rows(loaded, prompts, source)
    rows, tokens = text_rows(loaded, neutral, source)
    texts = run_sweep(
        loaded,
        rows,
        edits,
        "all",
        grid.batch_tokens,
        label="neutral",
        every_token=True,
        checkpoint=checkpoints.of(f"{grid.operator} neutral"),
    )
    measured = {}
    for positions in grid.positions:
        label = positions if grid.operator == "add" else f"{grid.operator} {positions}"
        where, of_prompts = _at_positions(edits, positions)
        sweep = run_sweep(
            loaded,
            asked,
            of_prompts,
            where,
            grid.batch_tokens,
            label=label,
            checkpoint=checkpoints.of(f"{grid.operator} {positions}"),
        )
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


def _check_positions(loaded: LoadedModel, positions: Sequence[str], source: str) -> None:
    for wanted in positions:
        if wanted in _PARTS and not loaded.causal:
            raise ProbesteerError(
                f"{source} positions {wanted!r} are those of a causal model, which "
                f"{loaded.name} is not; use from_last or all"
            )


def _at_positions(edits: Mapping[Place, Edit], positions: str) -> tuple[str, Mapping[Place, Edit]]:
    """Where a sweep makes edits, and those that it makes there."""
    if positions not in _PARTS:
        return positions, edits
    part = _PARTS[positions]
    return "from_last", {place: PartOfTokens(edit, *part) for place, edit in edits.items()}


def _turned(x: NDArray[np.float32], edit: Edit) -> tuple[Numbers, Numbers]:
    """Angle in degrees and norm ratio of every variant: [S, items] each; x: [items, d]."""
    if isinstance(edit, Add):
        return angle_and_norm_ratio(x, edit.pushes.numpy())
    return turn_and_stretch(x, edit)


def _response(
    directions: list[Direction],
    place: Place,
    edit: Edit,
    grid: DoseGrid,
    sweep: Sweep,
    texts: Sweep,
    tokens: Numbers,
) -> DoseResponse:
    shape = (len(directions), len(grid.pushed), -1)
    result, zeros = sweep.results[place], np.zeros(len(sweep.score))
    angle, norm_ratio = _turned(sweep.residuals[place], edit)
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
        unedited=sweep.score,
    )
