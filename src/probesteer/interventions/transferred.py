"""Does the direction of another model push this one: slopes along it, its own and random ones."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from probesteer.directions.direction import Direction, describe
from probesteer.interventions.dose_response import slopes
from probesteer.interventions.edits import Add
from probesteer.interventions.readouts import prompt_rows
from probesteer.interventions.survival import PushGrid
from probesteer.interventions.sweep import run_sweep
from probesteer.models.loading import LoadedModel
from probesteer.places import Place

Numbers = NDArray[np.float64]
Vectors = Sequence[NDArray[np.floating[Any]]]


def as_far(
    vectors: Vectors, reference: NDArray[np.float64], X: Any, y: NDArray[np.int64], place: Place
) -> list[Direction]:
    """The vectors, [d] each, as directions whose push of one gap is as long as the difference of
    means `reference`, [d], of the rows X: [n, d], y: [n], of the model that will be pushed."""
    lent = describe(reference, X, y, place, "difference_of_means")
    return [
        describe(vector, X, y, place, "pushed", draw, lengths_of=lent)
        for draw, vector in enumerate(vectors)
    ]


def measure_slopes(
    loaded: LoadedModel,
    prompts: pd.DataFrame,
    directions: Mapping[Place, Sequence[Direction]],
    grid: PushGrid,
    source: str,
) -> dict[Place, Numbers]:
    """Slopes of the logit difference at each place, nats per unit of strength: [directions,
    prompts].

    Pushes from the last prompt token on. grid: strengths on both sides of 0.
    """
    edits = {}
    for place, along in directions.items():
        pushes = [each.push(strength, grid.unit) for each in along for strength in grid.strengths]
        edits[place] = Add(torch.from_numpy(np.stack(pushes).astype(np.float32)))
    rows = prompt_rows(loaded, prompts, source)
    sweep = run_sweep(
        loaded, rows, edits, "from_last", grid.batch_tokens, label="push", scores_alone=True
    )
    shape = (-1, len(grid.strengths), len(sweep.score))
    return {
        place: slopes(grid.strengths, (result.score - sweep.score).reshape(shape))[1]
        for place, result in sweep.results.items()
    }
