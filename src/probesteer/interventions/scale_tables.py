"""Tables of the scale stage: curves over strengths and factors, and what they amount to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.interventions.dose_response import DoseGrid
from probesteer.interventions.normalisation import LaterChange
from probesteer.interventions.operator_response import OperatorResponse, edited_activations
from probesteer.interventions.scaling import ScalingResponse
from probesteer.interventions.sensitivity import (
    COLLAPSE,
    Responses,
    Result,
    Thresholds,
    sensitivity_of,
)
from probesteer.interventions.statistics import curves
from probesteer.interventions.statistics.distribution import ActivationDistribution
from probesteer.interventions.statistics.resampling import estimate_of, mean_curves
from probesteer.places import Place
from probesteer.probes.metrics.intervals import bootstrap_mean

Numbers = NDArray[np.float64]
Row = tuple[Any, ...]
_BOOTSTRAP = "bootstrap 95%"
_KEY = ["site", "layer", "operator", "method", "positions", "unit"]


@dataclass(frozen=True, eq=False)
class ScaleMeasurement:
    """All that the stage has measured of one concept."""

    responses: Mapping[str, Mapping[Place, OperatorResponse]]  # by operator
    scaled: Mapping[Place, ScalingResponse]
    factors: Sequence[float]  # ascending, 1 among them
    grid: DoseGrid
    groups: NDArray[Any]  # [prompts]
    splits: NDArray[Any]  # [prompts]
    later: Mapping[Place, LaterChange] = field(default_factory=dict)
    distributions: Mapping[Place, ActivationDistribution] = field(default_factory=dict)


def curve_table(measured: ScaleMeasurement) -> pd.DataFrame:
    """Means with bootstrap intervals at every strength and factor.

    Of pushes also the angle (degrees) and the norm ratio that they made, and, at places whose
    distribution is known, the Mahalanobis distance of the prompts' activations after it and the
    percent of unseen cached activations that are nearer; "cached_": of those unseen activations
    themselves after the same edit. Of factors also what later blocks do (see `LaterChange`).
    """
    rows: list[Row] = []
    for operator, places in measured.responses.items():
        for place, found in places.items():
            known, grid = measured.distributions.get(place), measured.grid
            for index, direction in enumerate(found.response.directions):
                key = _key(place, operator, direction.method, grid)
                pushed = _pushed_curves(found, index)
                rows += _curve_rows(key, grid.strengths, pushed, measured.groups, grid)
                if known is None:
                    continue
                for name, X, groups in (
                    ("", found.residuals, measured.groups),
                    ("cached_", known.unseen, known.groups),
                ):
                    off = _off_distribution(found, index, known, X, name)
                    rows += _curve_rows(key, grid.strengths, off, groups, grid)
    for place, scaling in measured.scaled.items():
        key = (place.site, place.layer, "multiply", "none", "all", "factor")
        of_factor = {
            "logit_difference_change": scaling.change,
            "kl": scaling.kl,
            "prediction_changed": scaling.prediction_changed,
            "neutral_loss": scaling.neutral_loss,
            **_later_curves(measured.later.get(place)),
        }
        rows += _curve_rows(key, measured.factors, of_factor, measured.groups, measured.grid)
    columns = [*_KEY, "strength", "metric", "value", "low", "high", "n", "interval"]
    return pd.DataFrame(rows, columns=columns)


def sensitivity_table(measured: ScaleMeasurement, thresholds: Thresholds) -> pd.DataFrame:
    """What the curves amount to, with bootstrap intervals; see `sensitivity_of` and `Result`."""
    grid, rows = measured.grid, list[Row]()
    for operator, places in measured.responses.items():
        for place, found in places.items():
            for index, direction in enumerate(found.response.directions):
                key = _key(place, operator, direction.method, grid)
                responses = Responses(
                    grid.strengths,
                    found.response.change[index],
                    found.response.kl[index],
                    found.response.neutral_loss[index],
                    found.unsteered_loss,
                    measured.groups,
                    measured.splits,
                )
                results = sensitivity_of(responses, thresholds, grid.bootstrap_draws, grid.seed)
                rows += [_result_row(key, result) for result in results]
    for place, scaling in measured.scaled.items():
        key = (place.site, place.layer, "multiply", "none", "all", "factor")
        rows += [_result_row(key, result) for result in _scaling_results(scaling, measured)]
    columns = [*_KEY, "split", "metric", "value", "low", "high", "n", "interval", "bound"]
    return pd.DataFrame(rows, columns=columns)


def _pushed_curves(found: OperatorResponse, index: int) -> dict[str, Numbers]:
    response = found.response
    return {
        "logit_difference_change": response.change[index],
        "kl": response.kl[index],
        "prediction_changed": 1 - response.same_top[index],
        "neutral_loss": response.neutral_loss[index],
        "angle": response.angle[index],
        "norm_ratio": response.norm_ratio[index],
    }


def _off_distribution(
    found: OperatorResponse,
    index: int,
    known: ActivationDistribution,
    X: NDArray[np.floating[Any]],
    name: str,
) -> dict[str, Numbers]:
    """How far activations, [items, d], lie out after each strength of a direction."""
    strengths = found.response.change.shape[1]
    variants = range(index * strengths, (index + 1) * strengths)
    distances = np.stack(
        [known.distances(edited_activations(X, found.edit, variant)) for variant in variants]
    )
    percentiles = known.percentiles(distances)
    return {f"{name}mahalanobis": distances, f"{name}percentile": percentiles}


def _later_curves(later: LaterChange | None) -> dict[str, Numbers]:
    if later is None:
        return {}
    return {
        "next_input_change": later.input_change,
        "next_attention_change": later.attention_change,
        "next_block_change": later.next_change,
        "next_block_cosine": later.next_cosine,
        "normalised_share": later.normalised_share,
        "later_blocks_change": later.later_change,
        "final_change": later.final_change,
        "final_cosine": later.final_cosine,
    }


def _scaling_results(scaling: ScalingResponse, measured: ScaleMeasurement) -> Iterator[Result]:
    """Slope of the response at the factor 1, and where the loss doubles on both sides."""
    factors, grid = list(measured.factors), measured.grid
    changes, prompts = [factor - 1 for factor in factors], scaling.change.shape[1]
    change = mean_curves(scaling.change, measured.groups, grid.bootstrap_draws, grid.seed)
    slope = estimate_of(curves.slope_at_zero(changes, change))
    step = (min(c for c in changes if c > 0) - max(c for c in changes if c < 0)) / 2
    yield Result("slope_at_one", "all", slope, prompts, step)
    texts = scaling.neutral_loss.shape[1]
    loss = mean_curves(scaling.neutral_loss, np.arange(texts), grid.bootstrap_draws, [grid.seed, 1])
    level = COLLAPSE * loss[:, factors.index(1.0)]
    for side, sign, bound in (("below", -1, min(factors)), ("above", 1, max(factors))):
        doubled = curves.first_crossing(factors, loss, level, 1.0, sign)
        yield Result(f"doubling_{side}", "all", estimate_of(doubled, sign), texts, bound)


def _curve_rows(
    key: Row,
    strengths: Sequence[float],
    of_metric: Mapping[str, Numbers],
    groups: NDArray[Any],
    grid: DoseGrid,
) -> Iterator[Row]:
    for metric, values in of_metric.items():
        items = values.shape[1]
        resampled = np.arange(items) if metric == "neutral_loss" else groups
        low, high = bootstrap_mean(values, resampled, grid.bootstrap_draws, grid.seed)
        for s, strength in enumerate(strengths):
            ends = (float(low[s]), float(high[s]))
            yield (*key, strength, metric, float(values[s].mean()), *ends, items, _BOOTSTRAP)


def _key(place: Place, operator: str, method: str, grid: DoseGrid) -> Row:
    return (place.site, place.layer, operator, method, grid.positions[0], grid.unit)


def _result_row(key: Row, result: Result) -> Row:
    estimate = result.estimate
    numbers = (estimate.value, estimate.low, estimate.high, result.n, _BOOTSTRAP, result.bound)
    return (*key, result.split, result.metric, *numbers)
