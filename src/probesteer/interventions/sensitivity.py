"""Where a response to strength rises, where it turns, and where the model breaks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.probes.intervals import group_resamples

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A number with its 95% bootstrap interval over groups; NaN where it isn't reached."""

    value: float
    low: float
    high: float


def monotone_end(strengths: Sequence[float], curves: Numbers, sign: int) -> Numbers:
    """The last strength on one side of 0 up to which a curve keeps rising with the strength.

    strengths: [S], ascending, 0 among them; curves: [k, S]; sign: +1 or -1, the side.
    Returns [k], 0 where the curve falls from the first step on.
    """
    ordered = np.asarray(strengths)
    side = np.flatnonzero(ordered * sign >= 0)
    side = side if sign > 0 else side[::-1]
    steps = np.diff(curves[:, side], axis=1) * sign
    risen = np.cumprod(steps > 0, axis=1).sum(axis=1)
    ends: Numbers = ordered[side][risen]
    return ends


def first_crossing(
    strengths: Sequence[float], curves: Numbers, levels: Numbers, start: float, sign: int
) -> Numbers:
    """The strength at which a curve first reaches its level, going from `start` to one side.

    strengths: [S], ascending; curves: [k, S]; levels: [k]. Linear between the strengths; a curve
    that overflowed (NaN or infinite) has crossed. Returns [k], NaN where the level isn't reached
    or the curve begins above it.
    """
    ordered = np.asarray(strengths)
    side = np.flatnonzero((ordered - start) * sign >= 0)
    side = side if sign > 0 else side[::-1]
    x, y = ordered[side], curves[:, side]
    if len(x) < 2:
        return np.full(len(y), np.nan)
    above = ~(y < levels[:, None])
    reached = above.any(axis=1) & ~above[:, 0]
    after = np.where(reached, above.argmax(axis=1), 1)
    rows = np.arange(len(y))
    low, high = y[rows, after - 1], y[rows, after]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(np.isfinite(high), (levels - low) / (high - low), 1.0)
    crossing = x[after - 1] + share * (x[after] - x[after - 1])
    return np.where(reached, crossing, np.nan)


def bootstrap_curve(
    values: Numbers,
    groups: NDArray[Any],
    statistic: Callable[[Numbers], Numbers],
    sign: int,
    draws: int,
    seed: int,
) -> Estimate:
    """A statistic of the mean curve over items, with its percentile interval over groups.

    values: [S, items]; groups: [items]; statistic: curves [k, S] -> [k], a strength on the side
    `sign` (+1 or -1). Draws in which it isn't reached count as infinitely far out on that side,
    so that an interval is never too narrow; an end that lies there is NaN.
    """
    overflowed = ~np.isfinite(values)
    finite = np.where(overflowed, 0.0, values)

    def mean_curves(weights: Numbers) -> Numbers:
        means = weights @ finite.T / weights.sum(axis=1, keepdims=True)
        # An item that a draw leaves out can't make its mean overflow.
        return np.where(weights @ overflowed.T > 0, np.nan, means)

    value = float(statistic(mean_curves(np.ones((1, values.shape[1]))))[0])
    resamples = group_resamples(groups, draws, seed)
    if not resamples.enough:
        return Estimate(value, float("nan"), float("nan"))
    drawn = resamples.distribution(lambda weights: statistic(mean_curves(weights)))
    # The nearest draw: infinite ends can't be interpolated.
    ends = np.quantile(
        np.where(np.isnan(drawn), sign * np.inf, drawn), [0.025, 0.975], method="nearest"
    )
    low, high = (float(end) if np.isfinite(end) else float("nan") for end in ends)
    return Estimate(value, low, high)


def response_estimates(
    strengths: Sequence[float], values: Numbers, groups: NDArray[Any], draws: int, seed: int
) -> Iterator[tuple[str, Estimate]]:
    """monotone_low and monotone_high of a response; values: [S, prompts]."""
    for name, sign in (("monotone_low", -1), ("monotone_high", 1)):

        def end(curves: Numbers, sign: int = sign) -> Numbers:
            return monotone_end(strengths, curves, sign)

        yield name, bootstrap_curve(values, groups, end, sign, draws, seed)


def doubling_estimates(
    strengths: Sequence[float],
    values: Numbers,
    start: float,
    names: tuple[str, str],
    draws: int,
    seed: int,
) -> Iterator[tuple[str, Estimate, float]]:
    """Where the neutral loss has doubled, below and above `start`; values: [S, texts].

    Yields the name, the estimate, and the last strength tried on that side.
    """
    at_start = list(strengths).index(start)
    texts = np.arange(values.shape[1])
    for name, sign, last in ((names[0], -1, min(strengths)), (names[1], 1, max(strengths))):

        def doubled(curves: Numbers, sign: int = sign) -> Numbers:
            return first_crossing(strengths, curves, 2 * curves[:, at_start], start, sign)

        yield name, bootstrap_curve(values, texts, doubled, sign, draws, seed), last
