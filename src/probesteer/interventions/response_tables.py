"""Tables of the steering stage: mean responses with their intervals, and one row a prompt."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.directions.direction import Direction
from probesteer.interventions.dose_response import DoseGrid, DoseResponse, slopes
from probesteer.places import Place
from probesteer.probes.metrics.intervals import bootstrap_mean

Numbers = NDArray[np.float64]
Measured = Mapping[str, Mapping[Place, DoseResponse]]
Row = tuple[Any, ...]
_KEY = ["site", "layer", "method", "draw", "positions", "unit"]
_BOOTSTRAP, _RANGE = "bootstrap 95%", "range of draws"


def dose_response_table(
    measured: Measured, grid: DoseGrid, groups: NDArray[Any], splits: NDArray[Any]
) -> pd.DataFrame:
    """Means over prompts with bootstrap intervals over their groups, then the bands of controls.

    groups, splits: [prompts]. Columns site, layer, method, draw, positions, unit, strength,
    split, metric, value, low, high, n, interval. A band is the mean over the draws of a control,
    such as random directions, with their range as low and high; NaN where one draw is. A split
    without prompts has no rows, and strengths on one side of 0 have no slope.
    """
    rows: list[Row] = []
    bands: list[Row] = []
    for positions, places in measured.items():
        for place, response in places.items():
            keys = [_key(place, d, positions, grid.unit) for d in response.directions]
            controls = dict.fromkeys(d.method for d in response.directions if d.draw >= 0)
            for metric, split, strengths, values, resampled in _blocks(
                response, grid, groups, splits
            ):
                mean = values.mean(axis=-1)
                low, high = _intervals(values, resampled, grid)
                n = values.shape[-1]
                for key, *ends in zip(keys, mean, low, high, strict=True):
                    for strength, *numbers in zip(strengths, *ends, strict=True):
                        rows.append((*key, strength, split, metric, *numbers, n, _BOOTSTRAP))
                for control in controls:
                    band = (place.site, place.layer, control, -1, positions, grid.unit)
                    drawn = mean[[d.method == control for d in response.directions]]
                    for strength, draws in zip(strengths, drawn.T, strict=True):
                        numbers = [draws.mean(), draws.min(), draws.max()]
                        bands.append((*band, strength, split, metric, *numbers, len(draws), _RANGE))
    columns = [*_KEY, "strength", "split", "metric", "value", "low", "high", "n", "interval"]
    return pd.DataFrame(rows + bands, columns=columns)


def prompt_table(measured: Measured, grid: DoseGrid, prompts: pd.DataFrame) -> pd.DataFrame:
    """One row a prompt, direction and strength: the change of its logit difference.

    prompts: columns group and split, the index is the prompt's number. Columns site, layer,
    method, draw, positions, unit, strength, prompt, group, split, metric, value.
    """
    keys: list[Row] = []
    changes: list[Numbers] = []
    for positions, places in measured.items():
        for place, response in places.items():
            keys += [_key(place, d, positions, grid.unit) for d in response.directions]
            changes += list(response.change)
    asked, strengths = len(prompts), len(grid.strengths)
    keyed = pd.DataFrame(keys, columns=_KEY)
    table = keyed.loc[keyed.index.repeat(asked * strengths)].reset_index(drop=True)
    return table.assign(
        strength=np.tile(np.repeat(grid.strengths, asked), len(keys)),
        prompt=np.tile(prompts.index, len(keys) * strengths),
        group=np.tile(prompts["group"], len(keys) * strengths),
        split=np.tile(prompts["split"], len(keys) * strengths),
        metric="logit_difference_change",
        value=np.concatenate([change.reshape(-1) for change in changes]),
    )


def _blocks(
    response: DoseResponse, grid: DoseGrid, groups: NDArray[Any], splits: NDArray[Any]
) -> Iterator[tuple[str, str, Sequence[float], Numbers, NDArray[Any]]]:
    """Metric, split, strengths, values [directions, strengths, items], and the items' groups."""
    effects = [("logit_difference_change", grid.strengths, response.change)]
    if min(grid.strengths) < 0 < max(grid.strengths):
        step, slope = slopes(grid.strengths, response.change)
        effects.append(("slope", [step], slope[:, None]))
    for metric, strengths, values in effects:
        yield metric, "all", strengths, values, groups
        for split in ("validation", "test"):
            taken = splits == split
            if taken.any():
                yield metric, split, strengths, values[..., taken], groups[taken]
    for metric, values in (
        ("kl", response.kl),
        ("top1_agreement", response.same_top),
        ("neutral_loss", response.neutral_loss),
        ("angle", response.angle),
        ("norm_ratio", response.norm_ratio),
    ):
        texts = np.arange(values.shape[-1])
        yield metric, "all", grid.strengths, values, texts if metric == "neutral_loss" else groups


def _intervals(values: Numbers, groups: NDArray[Any], grid: DoseGrid) -> tuple[Numbers, Numbers]:
    """Ends of the intervals of the means over the last axis; values: [..., items]."""
    flat = values.reshape(-1, values.shape[-1])
    low, high = bootstrap_mean(flat, groups, grid.bootstrap_draws, grid.seed)
    return low.reshape(values.shape[:-1]), high.reshape(values.shape[:-1])


def _key(place: Place, direction: Direction, positions: str, unit: str) -> Row:
    return (place.site, place.layer, direction.method, direction.draw, positions, unit)
