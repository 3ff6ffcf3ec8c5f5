"""How steerable each direction makes its prompts, held against random directions.

From the rows per prompt of the steering stage: every method, every positions, every place.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.interventions.sensitivity import prompt_statistics, prompt_summaries
from probesteer.interventions.statistics.prompts import METRICS, prompt_slopes, window_of
from probesteer.interventions.statistics.random_rank import rank_p_value
from probesteer.interventions.statistics.resampling import estimate_of, mean_curves
from probesteer.probes.controls.significance import benjamini_hochberg

Numbers = NDArray[np.float64]
Row = tuple[Any, ...]

P_VALUE, ADJUSTED = "random_p_value", "adjusted_p_value"
_CONCEPT = ["model", "concept"]
_PLACE = ["site", "layer", "positions", "unit"]
_DIRECTION = ["method", "draw"]
_NUMBERS = ["split", "metric", "value", "low", "high", "n", "interval", "bound"]
COLUMNS = [*_CONCEPT, *_PLACE, "method", *_NUMBERS]
# A push of some degrees is a multiple of the mean norm, the same for all directions of a place.
_LENGTHS = {"gap": "gap", "sigma": "sigma", "norm": "mean_norm", "angle": "mean_norm"}
_NAN = float("nan")


def steerability_table(
    prompts: pd.DataFrame, directions: pd.DataFrame, slope_range: float, draws: int, seed: int
) -> pd.DataFrame:
    """Slopes of prompts by method and place, and their rank among random directions.

    prompts: the steering stage's rows per prompt, directions: the direction table; of one concept.
    Metrics as in `prompt_results`, of all prompts and of the test prompts, with intervals; the
    slope of a method that gives several draws has their range. `random_p_value` is that of
    `rank_p_value` for the slope over the length of a push of 1, so that directions are compared at
    equal lengths; n is the number of random directions. `bound` is the largest strength used.
    """
    rows: list[Row] = []
    changes = prompts[prompts["metric"] == "logit_difference_change"]
    for key, of_place in changes.groupby([*_CONCEPT, *_PLACE], sort=False):
        names, strengths, values, items = _stacked(of_place)
        window = window_of(strengths.tolist(), slope_range)
        inside, values = strengths[window], values[:, window]
        lengths = np.array([_length(directions, key, *name) for name in names])
        for split in ("all", "test"):
            taken = (items["split"] == split).to_numpy() | (split == "all")
            if not taken.any():
                continue
            groups = items["group"].to_numpy(dtype=str)[taken]
            found = _of_place(
                names, inside.tolist(), values[..., taken], groups, lengths, draws, seed
            )
            rows += [(*key, method, split, *numbers) for method, *numbers in found]
    return pd.DataFrame(rows, columns=COLUMNS)


def with_adjusted(table: pd.DataFrame) -> pd.DataFrame:
    """`table` with the p-values adjusted over all concepts and places of a model.

    Methods, positions and splits are families of their own (Benjamini & Hochberg 1995). With D
    random directions no p-value is below 1 / (1 + D), and where only k of m tests reach that, none
    is adjusted to less than m / k / (1 + D).
    """
    tested = table[table["metric"] == P_VALUE]
    parts = [
        family.assign(metric=ADJUSTED, value=benjamini_hochberg(family["value"].to_numpy()))
        for _, family in tested.groupby(["model", "method", "positions", "split"], sort=False)
    ]
    return pd.concat([table, *parts], ignore_index=True) if parts else table


def _stacked(
    of_place: pd.DataFrame,
) -> tuple[list[tuple[str, int]], Numbers, Numbers, pd.DataFrame]:
    """Directions, strengths [S], values [directions, S, prompts], and the rows of the prompts."""
    ordered = of_place.sort_values([*_DIRECTION, "strength", "prompt"], kind="stable")
    names = ordered[_DIRECTION].drop_duplicates()
    strengths = np.unique(ordered["strength"].to_numpy(dtype=np.float64))
    values = ordered["value"].to_numpy(dtype=np.float64)
    stacked = values.reshape(len(names), len(strengths), -1)
    items = ordered.iloc[: stacked.shape[2]]
    pairs = zip(names["method"], names["draw"], strict=True)
    return [(str(method), int(draw)) for method, draw in pairs], strengths, stacked, items


def _length(directions: pd.DataFrame, key: Any, method: str, draw: int) -> float:
    """How long a push of strength 1 is, in units of the activation."""
    _, _, site, layer, _, unit = key
    found = directions[
        (directions["site"] == site)
        & (directions["layer"] == layer)
        & (directions["method"] == method)
        & (directions["draw"] == draw)
        & (directions["metric"] == _LENGTHS[unit])
    ]["value"]
    return float(found.iloc[0]) if len(found) else _NAN


def _of_place(
    names: list[tuple[str, int]],
    strengths: list[float],
    values: Numbers,
    groups: NDArray[Any],
    lengths: Numbers,
    draws: int,
    seed: int,
) -> Iterator[Row]:
    """Method, metric and numbers of one place and split; values: [directions, S, prompts]."""
    n, bound = values.shape[2], float(np.abs(strengths).max())
    slopes = prompt_slopes(strengths, values).mean(axis=-1)
    random = np.array([method == "random" for method, _ in names])
    drawn = slopes[random]
    p_values = rank_p_value(
        slopes / lengths, np.broadcast_to(drawn / lengths[random], (len(slopes), len(drawn)))
    )
    for index, (method, draw) in enumerate(names):
        if draw >= 0:
            continue
        statistics = prompt_statistics(strengths, values[index])
        means = prompt_summaries(mean_curves(statistics, groups, draws, seed))
        for metric, found in zip(METRICS, means.T, strict=True):
            one = estimate_of(found)
            yield method, metric, one.value, one.low, one.high, n, "bootstrap 95%", bound
        if len(drawn):
            p_value = float(p_values[index])
            yield method, P_VALUE, p_value, _NAN, _NAN, len(drawn), "none", bound
    for control in dict.fromkeys(method for method, draw in names if draw >= 0):
        own = slopes[[name == control for name, _ in names]]
        ends = float(own.mean()), float(own.min()), float(own.max())
        yield control, METRICS[0], *ends, len(own), "range of draws", bound
