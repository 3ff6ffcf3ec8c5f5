"""Does a push survive: what the probe of every later place reads of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from probesteer.directions.direction import Direction
from probesteer.interventions.checkpoint import Checkpoint
from probesteer.interventions.edits import Add
from probesteer.interventions.reading_along import Readers
from probesteer.interventions.readouts import prompt_rows
from probesteer.interventions.sweep import SweepResult, run_sweep
from probesteer.models.loading import LoadedModel
from probesteer.places import Place
from probesteer.probes.metrics.intervals import bootstrap_mean

Numbers = NDArray[np.float64]
_COLUMNS = (
    "site layer method draw positions unit strength read_site read_layer split metric value low "
    "high n interval"
)


@dataclass(frozen=True)
class PushGrid:
    """Strengths of a push, and how its effects are summed up."""

    strengths: Sequence[float]
    unit: str
    batch_tokens: int
    bootstrap_draws: int
    seed: int


@dataclass(frozen=True, eq=False)
class Pushed:
    """What pushes at one place did to the prompts of one concept."""

    directions: Sequence[Direction]
    score: Numbers  # [directions, strengths, prompts], change of the logit difference; nats
    read: dict[Place, Numbers]  # the same of what a probe reads, in gaps of that probe


NOTHING_READ = Pushed([], np.zeros((0, 0, 0)), {})


def push_and_read(
    loaded: LoadedModel,
    prompts: pd.DataFrame,
    directions: Sequence[Direction],
    grid: PushGrid,
    readers: Readers,
    source: str,
    checkpoint: Checkpoint | None = None,
) -> Pushed:
    """Push from the last prompt token on, along directions of one place, and read along.

    prompts: as for `readouts.prompt_rows`. readers: see `reading_along.readers_in_gaps`; those of
    places before the push read nothing. checkpoint: from which a sweep that was stopped goes on.
    """
    place = directions[0].place
    pushes = [d.push(strength, grid.unit) for d in directions for strength in grid.strengths]
    edit = Add(torch.from_numpy(np.stack(pushes).astype(np.float32)))
    rows = prompt_rows(loaded, prompts, source)
    sweep = run_sweep(
        loaded,
        rows,
        {place: edit},
        "from_last",
        grid.batch_tokens,
        label="read",
        readers=readers,
        checkpoint=checkpoint,
        scores_alone=True,
    )
    shape = (len(directions), len(grid.strengths), -1)
    result: SweepResult = sweep.results[place]
    return Pushed(
        directions,
        (result.score - sweep.score).reshape(shape),
        {read: values.reshape(shape) for read, values in result.read.items()},
    )


def survival_table(
    pushed: Pushed, grid: PushGrid, groups: NDArray[Any], splits: NDArray[Any]
) -> pd.DataFrame:
    """What each probe read of the push, in gaps of that probe, mean over prompts.

    groups, splits: [prompts]. Columns site, layer (of the push), method, draw, positions, unit,
    strength, read_site, read_layer (of the probe), split, metric, value, low, high, n, interval.
    Splits are those of the prompts: the place was chosen on validation, "test" had no part in it.
    Controls of several draws, such as random directions, stand there as their mean and range.
    """
    rows: list[tuple[Any, ...]] = []
    for read_at, values in pushed.read.items():
        for split in ("all", "test"):
            taken = np.ones(len(splits), dtype=bool) if split == "all" else splits == split
            if not taken.any():
                continue
            for key, estimate in estimates(
                pushed.directions, values[..., taken], grid, groups[taken]
            ):
                where = (read_at.site, read_at.layer, split, "probe_readout")
                rows.append((*key, *where, *estimate))
    return pd.DataFrame(rows, columns=_COLUMNS.split())


def estimates(
    directions: Sequence[Direction], values: Numbers, grid: PushGrid, groups: NDArray[Any]
) -> list[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """Key and estimate of every direction and strength, then of the draws of each control together.

    values: [directions, strengths, items]; groups: [items]. The key is site, layer, method, draw
    (-1), positions, unit, strength; the estimate value, low, high, n, interval. Intervals are
    bootstraps over groups; of several draws, such as random directions, the range.
    """
    found: list[tuple[tuple[Any, ...], tuple[Any, ...]]] = []
    controls = dict.fromkeys(d.method for d in directions if d.draw >= 0)
    for direction, curve in zip(directions, values, strict=True):
        if direction.draw >= 0:
            continue
        low, high = bootstrap_mean(curve, groups, grid.bootstrap_draws, grid.seed)
        for s, strength in enumerate(grid.strengths):
            numbers = (float(curve[s].mean()), float(low[s]), float(high[s]), curve.shape[-1])
            key = _key(direction, direction.method, grid, strength)
            found.append((key, (*numbers, "bootstrap 95%")))
    for method in controls:
        means = values[[d.method == method for d in directions]].mean(axis=-1)
        for strength, draws in zip(grid.strengths, means.T, strict=True):
            numbers = (float(draws.mean()), float(draws.min()), float(draws.max()), len(draws))
            key = _key(directions[0], method, grid, strength)
            found.append((key, (*numbers, "range of draws")))
    return found


def _key(direction: Direction, method: str, grid: PushGrid, strength: float) -> tuple[Any, ...]:
    place = direction.place
    return (place.site, place.layer, method, -1, "from_last", grid.unit, strength)
