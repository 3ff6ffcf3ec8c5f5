"""Tables of the scale stage: curves over strengths and factors, and what they amount to."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.interventions.dose_response import DoseGrid, DoseResponse, slopes
from probesteer.interventions.scaling import ScalingResponse
from probesteer.interventions.sensitivity import (
    Estimate,
    doubling_estimates,
    response_estimates,
)
from probesteer.places import Place
from probesteer.probes.intervals import bootstrap_mean

_ADD, _MULTIPLY = "add", "multiply"
_BOOTSTRAP = "bootstrap 95%"
_KEY = ["site", "layer", "operator", "method", "positions", "unit"]


def curve_table(
    measured: Mapping[Place, DoseResponse],
    scaled: Mapping[Place, ScalingResponse],
    grid: DoseGrid,
    factors: Sequence[float],
    groups: NDArray[Any],
) -> pd.DataFrame:
    """Means with bootstrap intervals at every strength and factor; groups: [prompts]."""
    rows: list[tuple[Any, ...]] = []
    for place, response in measured.items():
        for index, direction in enumerate(response.directions):
            key = (place.site, place.layer, _ADD, direction.method, grid.positions[0], grid.unit)
            curves = {
                "logit_difference_change": response.change[index],
                "kl": response.kl[index],
                "prediction_changed": 1 - response.same_top[index],
                "neutral_loss": response.neutral_loss[index],
            }
            rows += _curve_rows(key, grid.strengths, curves, groups, grid)
    for place, scaling in scaled.items():
        key = (place.site, place.layer, _MULTIPLY, "none", "all", "factor")
        curves = {
            "logit_difference_change": scaling.change,
            "kl": scaling.kl,
            "prediction_changed": scaling.prediction_changed,
            "neutral_loss": scaling.neutral_loss,
        }
        rows += _curve_rows(key, factors, curves, groups, grid)
    columns = [*_KEY, "strength", "metric", "value", "low", "high", "n", "interval"]
    return pd.DataFrame(rows, columns=columns)


def sensitivity_table(
    measured: Mapping[Place, DoseResponse],
    scaled: Mapping[Place, ScalingResponse],
    grid: DoseGrid,
    factors: Sequence[float],
    groups: NDArray[Any],
) -> pd.DataFrame:
    """Slope, monotone range and doubling strength per place, with bootstrap intervals.

    bound is the last strength that was tried on that side: where a value is NaN, the loss had
    not doubled up to there.
    """
    draws, seed = grid.bootstrap_draws, grid.seed
    rows: list[tuple[Any, ...]] = []
    for place, response in measured.items():
        for index, direction in enumerate(response.directions):
            key = (place.site, place.layer, _ADD, direction.method, grid.positions[0], grid.unit)
            change, loss = response.change[index], response.neutral_loss[index]
            step, slope = slopes(grid.strengths, change)
            rows.append(_slope_row(key, "slope_at_zero", slope, groups, grid, step))
            for name, estimate in response_estimates(grid.strengths, change, groups, draws, seed):
                bound = min(grid.strengths) if name.endswith("low") else max(grid.strengths)
                rows.append(_row(key, name, estimate, change.shape[1], bound))
            names = ("doubling_negative", "doubling_positive")
            for name, estimate, bound in doubling_estimates(
                grid.strengths, loss, 0.0, names, draws, seed
            ):
                rows.append(_row(key, name, estimate, loss.shape[1], bound))
    for place, scaling in scaled.items():
        key = (place.site, place.layer, _MULTIPLY, "none", "all", "factor")
        step, slope = slopes([factor - 1 for factor in factors], scaling.change)
        rows.append(_slope_row(key, "slope_at_one", slope, groups, grid, step))
        names = ("doubling_below", "doubling_above")
        for name, estimate, bound in doubling_estimates(
            factors, scaling.neutral_loss, 1.0, names, draws, seed
        ):
            rows.append(_row(key, name, estimate, scaling.neutral_loss.shape[1], bound))
    columns = [*_KEY, "metric", "value", "low", "high", "n", "interval", "bound"]
    return pd.DataFrame(rows, columns=columns)


def _curve_rows(
    key: tuple[Any, ...],
    strengths: Sequence[float],
    curves: Mapping[str, NDArray[np.float64]],
    groups: NDArray[Any],
    grid: DoseGrid,
) -> Iterable[tuple[Any, ...]]:
    for metric, values in curves.items():
        items = values.shape[1]
        resampled = np.arange(items) if metric == "neutral_loss" else groups
        low, high = bootstrap_mean(values, resampled, grid.bootstrap_draws, grid.seed)
        for s, strength in enumerate(strengths):
            ends = (float(low[s]), float(high[s]))
            yield (*key, strength, metric, float(values[s].mean()), *ends, items, _BOOTSTRAP)


def _slope_row(
    key: tuple[Any, ...],
    name: str,
    slope: NDArray[np.float64],
    groups: NDArray[Any],
    grid: DoseGrid,
    step: float,
) -> tuple[Any, ...]:
    low, high = bootstrap_mean(slope, groups, grid.bootstrap_draws, grid.seed)
    estimate = Estimate(float(slope.mean()), float(low), float(high))
    return _row(key, name, estimate, len(slope), step)


def _row(
    key: tuple[Any, ...], name: str, estimate: Estimate, n: int, bound: float
) -> tuple[Any, ...]:
    numbers = (estimate.value, estimate.low, estimate.high, n, _BOOTSTRAP, bound)
    return (*key, name, *numbers)
