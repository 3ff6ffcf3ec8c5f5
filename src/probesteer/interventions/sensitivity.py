"""What the responses to strength amount to, each number with its bootstrap interval."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.interventions.statistics import curves
from probesteer.interventions.statistics.prompts import (
    METRICS,
    prompt_rank_correlations,
    prompt_slopes,
    window_of,
)
from probesteer.interventions.statistics.resampling import Estimate, estimate_of, mean_curves

Numbers = NDArray[np.float64]

SATURATED = 0.1
"""A response is flat where its slope is below this share of the steepest before."""
COLLAPSE = 2.0
"""A model breaks where its loss on neutral text is so many times that of the unsteered one."""


@dataclass(frozen=True)
class Thresholds:
    """The lines that a response or its cost is held against."""

    slope_range: float  # strengths up to this size go into the slopes of prompts
    linear_tolerance: float  # a line holds while it is off by no more than this share
    cost: float  # KL in nats at which effects are compared


@dataclass(frozen=True, eq=False)
class Responses:
    """What one direction does at one place over the strengths."""

    strengths: Sequence[float]  # ascending, 0 among them
    change: Numbers  # [S, prompts], of the logit difference; nats
    kl: Numbers  # [S, prompts], nats
    loss: Numbers  # [S, texts], nats per token
    unsteered_loss: Numbers  # [texts]
    groups: NDArray[Any]  # [prompts]
    splits: NDArray[Any]  # [prompts]: "validation" or "test"

    def of_split(self, split: str) -> "Responses":
        """The same for the prompts of one split; the texts are not split."""
        taken = self.splits == split
        return replace(
            self,
            change=self.change[:, taken],
            kl=self.kl[:, taken],
            groups=self.groups[taken],
            splits=self.splits[taken],
        )


@dataclass(frozen=True)
class Result:
    """One row of the sensitivity table."""

    metric: str
    split: str  # of the prompts: all, or test
    estimate: Estimate
    n: int  # prompts or texts
    bound: float
    """What the number is relative to: the last strength tried on its side, the smallest strengths
    of a slope at zero, the strengths behind the slopes of prompts, or the cost."""


def sensitivity_of(
    responses: Responses, thresholds: Thresholds, draws: int, seed: int
) -> Iterator[Result]:
    """Every statistic of a direction's responses.

    Strengths that are not reached are NaN, but for the ends of the ranges (monotone_*, usable_*),
    which are then the last strength tried. `low` and `high` in a name are the sides of 0.
    """
    prompts, texts = responses.change.shape[1], responses.loss.shape[1]
    strengths = responses.strengths
    change = mean_curves(responses.change, responses.groups, draws, seed)
    loss, unsteered = _losses(responses, draws, seed)
    slope = curves.slope_at_zero(strengths, change)
    step = (min(s for s in strengths if s > 0) - max(s for s in strengths if s < 0)) / 2
    yield Result("slope_at_zero", "all", estimate_of(slope), prompts, step)
    yield from prompt_results(responses, thresholds, draws, seed)
    for side, sign, bound in (("low", -1, min(strengths)), ("high", 1, max(strengths))):
        ends = _ends(responses, thresholds, change, sign)
        doubled = _doubled(strengths, loss, unsteered, sign)
        ends[f"doubling_{'positive' if sign > 0 else 'negative'}"] = doubled
        ends[f"usable_{side}"] = usable_end(ends[f"turning_{side}"], doubled, bound, sign)
        for name, values in ends.items():
            n = texts if name.startswith("doubling") else prompts
            yield Result(name, "all", estimate_of(values, sign), n, bound)
    yield from _chosen(responses, loss[:1], unsteered[:1], draws, seed)
    yield from _at_cost(responses, thresholds.cost, draws, seed)


def prompt_results(
    responses: Responses, thresholds: Thresholds, draws: int, seed: int
) -> Iterator[Result]:
    """Slopes prompt by prompt: mean, standard deviation, share below 0; and rank correlation."""
    window = window_of(responses.strengths, thresholds.slope_range)
    inside = np.asarray(responses.strengths)[window]
    values = prompt_statistics(inside.tolist(), responses.change[window])
    n, bound = values.shape[1], float(np.abs(inside).max())
    means = mean_curves(values, responses.groups, draws, seed)
    for name, found in zip(METRICS, prompt_summaries(means).T, strict=True):
        yield Result(name, "all", estimate_of(found), n, bound)


def prompt_statistics(strengths: Sequence[float], change: Numbers) -> Numbers:
    """Slope, its squared distance from the mean, whether it is below 0, rank correlation.

    change: [S, prompts], at strengths within the window. Returns [4, prompts].
    """
    slopes = prompt_slopes(strengths, change)
    anti = np.where(np.isnan(slopes), np.nan, slopes < 0)
    # A prompt that doesn't respond at all goes neither way.
    ranks = prompt_rank_correlations(strengths, change)
    flat = (change == change[:1]).all(axis=0)
    return np.stack([slopes, (slopes - slopes.mean()) ** 2, anti, np.where(flat, 0.0, ranks)])


def prompt_summaries(means: Numbers) -> Numbers:
    """Means of `prompt_statistics`, [1 + draws, 4], with a standard deviation for the squares.

    The first row is of all prompts, about whose mean the squares were taken.
    """
    moved = means[:, 0] - means[0, 0]
    spread = np.sqrt(np.maximum(means[:, 1] - moved**2, 0.0))
    return np.column_stack([means[:, 0], spread, means[:, 2:]])


def usable_end(turning: Numbers, doubled: Numbers, bound: float, sign: int) -> Numbers:
    """The nearer of where the response turns and where the loss doubles, or the last strength.

    turning, doubled: [1 + draws], or [1] without draws.
    """
    both = min(len(turning), len(doubled))
    sizes = [
        np.where(np.isnan(each[:both]), np.inf, np.abs(each[:both])) for each in (turning, doubled)
    ]
    found: Numbers = sign * np.minimum(np.minimum(*sizes), abs(bound))
    return found


def _ends(
    responses: Responses, thresholds: Thresholds, change: Numbers, sign: int
) -> dict[str, Numbers]:
    strengths, side = responses.strengths, "high" if sign > 0 else "low"
    tolerance = thresholds.linear_tolerance
    return {
        f"monotone_{side}": curves.monotone_end(strengths, change, sign),
        f"linear_{side}": curves.linear_end(strengths, change, tolerance, sign),
        f"saturation_{side}": curves.saturation(strengths, change, SATURATED, sign),
        f"turning_{side}": curves.turning_point(strengths, change, sign),
    }


def _losses(responses: Responses, draws: int, seed: int) -> tuple[Numbers, Numbers]:
    """Mean losses of draws of texts: steered [1 + draws, S], unsteered [1 + draws]."""
    both = np.concatenate([responses.loss, responses.unsteered_loss[None]])
    # Texts are no prompts: they are drawn by a seed of their own.
    means = mean_curves(both, np.arange(both.shape[1]), draws, [seed, 1])
    return means[:, :-1], means[:, -1]


def _doubled(strengths: Sequence[float], loss: Numbers, unsteered: Numbers, sign: int) -> Numbers:
    """Where the loss has doubled; 0 where a strength of 0 does it, NaN where it isn't reached."""
    level = COLLAPSE * unsteered
    at_zero = loss[:, list(strengths).index(0.0)]
    return np.where(at_zero >= level, 0.0, curves.first_crossing(strengths, loss, level, 0.0, sign))


def _chosen(
    responses: Responses, loss: Numbers, unsteered: Numbers, draws: int, seed: int
) -> Iterator[Result]:
    """The strength with the largest effect on validation within the usable range, and on test."""
    validation, test = responses.of_split("validation"), responses.of_split("test")
    if not validation.change.size or not test.change.size:
        return
    strengths = np.asarray(responses.strengths)
    change = validation.change.mean(axis=1)
    turning = curves.turning_point(responses.strengths, change[None], 1)
    doubled = _doubled(responses.strengths, loss, unsteered, 1)
    end = float(usable_end(turning, doubled, float(strengths.max()), 1)[0])
    open_to_choice = (strengths > 0) & (strengths <= end) & np.isfinite(change)
    index = int(np.where(open_to_choice, change, -np.inf).argmax())
    strength = float(strengths[index]) if open_to_choice.any() else float("nan")
    known, count = Estimate(strength, float("nan"), float("nan")), validation.change.shape[1]
    yield Result("chosen_strength", "validation", known, count, float(strengths.max()))
    if not open_to_choice.any():
        return
    for name, values in (("effect_at_chosen", test.change), ("kl_at_chosen", test.kl)):
        found = mean_curves(values[[index]], test.groups, draws, seed)[:, 0]
        yield Result(name, "test", estimate_of(found), values.shape[1], strength)


def _at_cost(responses: Responses, cost: float, draws: int, seed: int) -> Iterator[Result]:
    """The positive strength at which the KL reaches `cost`, and the effect there; test prompts."""
    split = "test" if (responses.splits == "test").any() else "all"
    own = responses.of_split("test") if split == "test" else responses
    change, kl = (mean_curves(each, own.groups, draws, seed) for each in (own.change, own.kl))
    strengths, n = responses.strengths, own.change.shape[1]
    reached = curves.strength_at_cost(strengths, kl, cost, 1)
    yield Result("strength_at_cost", split, estimate_of(reached, 1), n, max(strengths))
    effect = curves.interpolated(strengths, change, reached)
    yield Result("effect_at_cost", split, estimate_of(effect), n, cost)
