"""Dose and response: every direction added at every place over a grid of strengths."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from probesteer.directions.direction import Direction
from probesteer.interventions.edits import Add
from probesteer.interventions.geometry import angle_and_norm_ratio
from probesteer.interventions.scoring import score_prompts, score_texts
from probesteer.interventions.sweep import Sweep, run_sweep
from probesteer.models.loading import LoadedModel
from probesteer.places import Place
from probesteer.probes.intervals import bootstrap_mean

Numbers = NDArray[np.float64]
_KEY = ["site", "layer", "method", "draw", "positions", "unit", "strength"]
_BOOTSTRAP, _RANGE, _NONE = "bootstrap 95%", "range of draws", "none"


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


@dataclass(frozen=True)
class DoseResponse:
    """Responses at one place: arrays over directions, strengths and items."""

    directions: list[Direction]
    change: Numbers  # [directions, strengths, prompts], of the logit difference; nats
    kl: Numbers  # [directions, strengths, prompts], nats
    same_top: Numbers  # [directions, strengths, prompts]
    neutral_loss: Numbers  # [directions, strengths, texts], nats per token
    angle: Numbers  # [directions, strengths, prompts], degrees
    norm_ratio: Numbers  # [directions, strengths, prompts]


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
    prompt_rows = score_prompts(loaded, prompts, source)
    text_rows = score_texts(loaded, neutral, source)
    tokens = np.array([len(row.tokens) for row in text_rows])
    texts = run_sweep(loaded, text_rows, edits, "all", grid.batch_tokens, label="neutral")
    measured = {}
    for positions in grid.positions:
        sweep = run_sweep(loaded, prompt_rows, edits, positions, grid.batch_tokens, label=positions)
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


def dose_response_table(
    measured: Mapping[str, Mapping[Place, DoseResponse]],
    grid: DoseGrid,
    groups: NDArray[Any],
    splits: NDArray[Any],
) -> pd.DataFrame:
    """Means over prompts with bootstrap intervals over their groups, and the random band.

    groups, splits: [prompts]. Columns site … strength, split, metric, value, low, high, n,
    interval.
    """
    parts = [
        _place_rows(place, positions, response, grid, groups, splits)
        for positions, places in measured.items()
        for place, response in places.items()
    ]
    table = pd.concat(parts, ignore_index=True)
    return pd.concat([table, _random_bands(table)], ignore_index=True)


def prompt_table(
    measured: Mapping[str, Mapping[Place, DoseResponse]],
    grid: DoseGrid,
    groups: NDArray[Any],
    splits: NDArray[Any],
) -> pd.DataFrame:
    """One row a prompt, direction and strength: the change of its logit difference."""
    prompts = np.arange(len(groups))
    parts = []
    for positions, places in measured.items():
        for place, response in places.items():
            for direction, changes in zip(response.directions, response.change, strict=True):
                part = pd.DataFrame(
                    {
                        "strength": np.repeat(grid.strengths, len(prompts)),
                        "prompt": np.tile(prompts, len(grid.strengths)),
                        "group": np.tile(groups, len(grid.strengths)),
                        "split": np.tile(splits, len(grid.strengths)),
                        "metric": "logit_difference_change",
                        "value": changes.reshape(-1),
                    }
                )
                key = _key(place, direction, positions, grid.unit)
                parts.append(part.assign(**key)[[*_KEY[:-1], *part.columns]])
    return pd.concat(parts, ignore_index=True)


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
    tokens: NDArray[np.int64],
) -> DoseResponse:
    shape = (len(directions), len(grid.pushed), -1)
    result, zeros = sweep.results[place], np.zeros(len(sweep.score))
    angle, norm_ratio = angle_and_norm_ratio(sweep.residuals[place], edit.pushes.numpy())
    loss = (-texts.results[place].score / tokens).reshape(shape)
    return DoseResponse(
        directions=directions,
        change=grid.with_zero((result.score - sweep.score).reshape(shape), zeros),
        kl=grid.with_zero(result.kl.reshape(shape), zeros),
        same_top=grid.with_zero(result.same_top.reshape(shape), zeros + 1),
        neutral_loss=grid.with_zero(loss, -texts.score / tokens),
        angle=grid.with_zero(angle.reshape(shape), zeros),
        norm_ratio=grid.with_zero(norm_ratio.reshape(shape), zeros + 1),
    )


def _place_rows(
    place: Place,
    positions: str,
    response: DoseResponse,
    grid: DoseGrid,
    groups: NDArray[Any],
    splits: NDArray[Any],
) -> pd.DataFrame:
    step, slope = slopes(grid.strengths, response.change)
    rows: list[tuple[Any, ...]] = []
    for metric, values, strengths, by_split in (
        ("logit_difference_change", response.change, grid.strengths, True),
        ("slope", slope[:, None], [step], True),
        ("kl", response.kl, grid.strengths, False),
        ("top1_agreement", response.same_top, grid.strengths, False),
        ("neutral_loss", response.neutral_loss, grid.strengths, False),
        ("angle", response.angle, grid.strengths, False),
        ("norm_ratio", response.norm_ratio, grid.strengths, False),
    ):
        for split, taken in _taken(values.shape[-1], splits, by_split):
            resampled = groups[taken] if metric != "neutral_loss" else taken
            part = values[..., taken]
            low, high = bootstrap_mean(
                part.reshape(-1, len(taken)), resampled, grid.bootstrap_draws, grid.seed
            )
            mean = part.mean(axis=-1)
            low, high = low.reshape(mean.shape), high.reshape(mean.shape)
            for d, direction in enumerate(response.directions):
                key = tuple(_key(place, direction, positions, grid.unit).values())
                for s, strength in enumerate(strengths):
                    numbers = (mean[d, s], low[d, s], high[d, s], len(taken), _BOOTSTRAP)
                    rows.append((*key, strength, split, metric, *numbers))
    columns = [*_KEY, "split", "metric", "value", "low", "high", "n", "interval"]
    return pd.DataFrame(rows, columns=columns)


def _taken(
    items: int, splits: NDArray[Any], by_split: bool
) -> Iterator[tuple[str, NDArray[np.int64]]]:
    yield "all", np.arange(items)
    if by_split:
        for split in ("validation", "test"):
            yield split, np.flatnonzero(splits == split)


def _random_bands(table: pd.DataFrame) -> pd.DataFrame:
    """Mean over the random draws with their range, as rows of draw -1."""
    draws = table[table["method"] == "random"]
    keys = [*_KEY, "split", "metric"]
    bands = (
        draws.assign(draw=-1)
        .groupby(keys, sort=False)["value"]
        .agg(value="mean", low="min", high="max", n="size")
        .reset_index()
    )
    return bands.assign(interval=_RANGE)[table.columns]


def _key(place: Place, direction: Direction, positions: str, unit: str) -> dict[str, Any]:
    return {
        "site": place.site,
        "layer": place.layer,
        "method": direction.method,
        "draw": direction.draw,
        "positions": positions,
        "unit": unit,
    }
