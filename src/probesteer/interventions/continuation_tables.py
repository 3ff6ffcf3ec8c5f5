"""Further rows of the steering stage: each continuation by itself, and tokens of neutral texts.

The difference of two log-probabilities may grow because one rises or because the other falls;
these rows tell which. They have the columns of the tables in `response_tables`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.interventions.dose_response import DoseGrid, DoseResponse
from probesteer.interventions.response_tables import Measured, prompt_table
from probesteer.probes.metrics.intervals import bootstrap_mean

Numbers = NDArray[np.float64]

POSITIVE, NEGATIVE = "log_probability_positive_change", "log_probability_negative_change"
NEUTRAL = "neutral_top1_agreement"
_SPLITS = ("all", "validation", "test")


@dataclass(frozen=True)
class _Block:
    """One metric of a response on one split."""

    metric: str
    split: str
    measured: Numbers  # [directions, strengths, items]
    groups: NDArray[Any]  # [items]


def continuation_table(
    measured: Measured, grid: DoseGrid, groups: NDArray[Any], splits: NDArray[Any]
) -> pd.DataFrame:
    """Means with bootstrap intervals over groups, of the directions that are no draws of a control.

    groups, splits: [prompts]. Metrics: the change of the log-probability (nats) of the positive
    and of the negative continuation, each summed over its tokens, on all prompts and on each
    split that has any; and the share of the neutral texts' tokens at which the likeliest token
    stayed, with intervals over texts. Columns as in `response_tables.dose_response_table`.
    """
    rows: list[tuple[Any, ...]] = []
    for positions, places in measured.items():
        for place, response in places.items():
            keys = [
                (place.site, place.layer, d.method, d.draw, positions, grid.unit)
                for d in response.directions
                if d.draw < 0
            ]
            for block in _blocks(without_draws(response), groups, splits):
                n = block.measured.shape[-1]
                for key, curve in zip(keys, block.measured, strict=True):
                    low, high = bootstrap_mean(curve, block.groups, grid.bootstrap_draws, grid.seed)
                    numbers = zip(grid.strengths, curve.mean(axis=-1), low, high, strict=True)
                    for strength, *estimate in numbers:
                        point = (strength, block.split, block.metric)
                        rows.append((*key, *point, *map(float, estimate), n, "bootstrap 95%"))
    columns = ["site", "layer", "method", "draw", "positions", "unit", "strength", "split"]
    numbers_of = ["metric", "value", "low", "high", "n", "interval"]
    return pd.DataFrame(rows, columns=[*columns, *numbers_of])


def continuation_prompt_table(
    measured: Measured, grid: DoseGrid, prompts: pd.DataFrame
) -> pd.DataFrame:
    """One row a prompt, direction and strength for each continuation, draws of controls left out.

    prompts: as for `response_tables.prompt_table`, whose columns these rows have.
    """
    tables = []
    for metric in (POSITIVE, NEGATIVE):
        read = {
            positions: {place: _read(response, metric) for place, response in places.items()}
            for positions, places in measured.items()
        }
        tables.append(prompt_table(read, grid, prompts).assign(metric=metric))
    return pd.concat(tables, ignore_index=True)


def without_draws(response: DoseResponse) -> DoseResponse:
    """The response without the draws of controls, such as random directions."""
    kept = np.array([d.draw < 0 for d in response.directions])
    arrays = {
        name: getattr(response, name)[kept]
        for name in ("change", "kl", "same_top", "neutral_loss", "angle", "norm_ratio")
    }
    directions = [d for d in response.directions if d.draw < 0]
    further = {name: getattr(response, name)[kept] for name in ("positive", "neutral_same_top")}
    return replace(response, directions=directions, **arrays, **further)


def _read(response: DoseResponse, metric: str) -> DoseResponse:
    """The response with the change of one continuation in place of that of the difference."""
    kept = without_draws(response)
    change = kept.positive if metric == POSITIVE else kept.positive - kept.change
    return replace(kept, change=change)


def _blocks(response: DoseResponse, groups: NDArray[Any], splits: NDArray[Any]) -> Iterator[_Block]:
    for metric in (POSITIVE, NEGATIVE):
        values = _read(response, metric).change
        for split in _SPLITS:
            taken = np.ones(len(splits), dtype=bool) if split == "all" else splits == split
            if taken.any():
                yield _Block(metric, split, values[..., taken], groups[taken])
    texts = np.arange(response.neutral_same_top.shape[-1])
    yield _Block(NEUTRAL, "all", response.neutral_same_top, texts)
