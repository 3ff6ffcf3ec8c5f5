"""Dose and response of any operator: directions and strengths in one edit a place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from probesteer.directions.direction import Direction
from probesteer.interventions.checkpoint import NOT_KEPT, Checkpoints
from probesteer.interventions.dose_response import DoseGrid, DoseResponse
from probesteer.interventions.edits import Edit
from probesteer.interventions.geometry import turn_and_stretch
from probesteer.interventions.operators.doses import stacked_edit
from probesteer.interventions.readouts import prompt_rows, text_rows
from probesteer.interventions.sweep import run_sweep
from probesteer.models.loading import LoadedModel
from probesteer.places import Place

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OperatorResponse:
    """What one operator does at one place, and what it was done to."""

    response: DoseResponse  # every strength was run, 0 too: `clamp` moves the projection there
    edit: Edit  # directions x strengths, the strengths of the first direction first
    residuals: NDArray[np.float32]  # [prompts, d], unedited, where the edit begins
    unsteered_loss: Numbers  # [texts], nats per token


def measure_operator(
    loaded: LoadedModel,
    prompts: pd.DataFrame,
    neutral: Sequence[str],
    directions: Sequence[Direction],
    operator: str,
    grid: DoseGrid,
    source: str,
    checkpoints: Checkpoints = NOT_KEPT,
) -> dict[Place, OperatorResponse]:
    """Responses by place, at the first of the grid's positions.

    In the neutral texts every token is edited. checkpoints: from which sweeps that were stopped go
    on. Raises what `stacked_edit` does.
    """
    by_place: dict[Place, list[Direction]] = {}
    for direction in directions:
        by_place.setdefault(direction.place, []).append(direction)
    edits: Mapping[Place, Edit] = {
        place: stacked_edit(operator, at_place, grid.strengths, grid.unit)
        for place, at_place in by_place.items()
    }
    rows, tokens = text_rows(loaded, neutral, source)
    asked, tokens_at_once = prompt_rows(loaded, prompts, source), grid.batch_tokens
    label = f"{operator} neutral"
    kept = checkpoints.of(label)
    texts = run_sweep(loaded, rows, edits, "all", tokens_at_once, label=label, checkpoint=kept)
    where = grid.positions[0]
    kept = checkpoints.of(f"{operator} {where}")
    sweep = run_sweep(loaded, asked, edits, where, tokens_at_once, label=operator, checkpoint=kept)
    measured = {}
    for place, at_place in by_place.items():
        shape = (len(at_place), len(grid.strengths), -1)
        result, residuals = sweep.results[place], sweep.residuals[place]
        angle, norm_ratio = turn_and_stretch(residuals, edits[place])
        response = DoseResponse(
            directions=at_place,
            change=(result.score - sweep.score).reshape(shape),
            kl=result.kl.reshape(shape),
            same_top=result.same_top.reshape(shape),
            neutral_loss=(-texts.results[place].score / tokens).reshape(shape),
            angle=angle.reshape(shape),
            norm_ratio=norm_ratio.reshape(shape),
        )
        measured[place] = OperatorResponse(response, edits[place], residuals, -texts.score / tokens)
    return measured


def edited_activations(X: NDArray[np.floating[Any]], edit: Edit, variant: int) -> Numbers:
    """The activations after one variant of an edit: [items, d] -> [items, d]."""
    rows = torch.from_numpy(X.astype(np.float64))
    one = edit.part(variant, variant + 1).to(rows)
    edited: Numbers = one(rows[:, None, None])[:, 0, 0].numpy()
    return edited
