"""Marks on a curve over strength: how far it is a line, where it levels off, where it turns.

Strengths: [S], ascending, with 0 (or another start) among them. Curves: [k, S], such as the means
of k bootstrap draws; every function maps them to [k]. `sign` is the side, +1 or -1.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


def slope_at_zero(strengths: Sequence[float], curves: Numbers) -> Numbers:
    """Central difference at the smallest strengths on both sides of 0; NaN where one is missing."""
    ordered = np.asarray(strengths, dtype=np.float64)
    if not (ordered.min() < 0 < ordered.max()):
        return np.full(len(curves), np.nan)
    below, above = np.flatnonzero(ordered < 0)[-1], np.flatnonzero(ordered > 0)[0]
    slopes: Numbers = (curves[:, above] - curves[:, below]) / (ordered[above] - ordered[below])
    return slopes


def monotone_end(strengths: Sequence[float], curves: Numbers, sign: int) -> Numbers:
    """The last strength on one side of 0 up to which a curve keeps rising with the strength.

    0 where the curve falls from the first step on.
    """
    x, y = _side(strengths, curves, 0.0, sign)
    ends: Numbers = x[_steps_risen(y, sign)]
    return ends


def turning_point(strengths: Sequence[float], curves: Numbers, sign: int) -> Numbers:
    """Where a curve that rises with the strength turns, going out from 0; NaN if it doesn't.

    The vertex of the parabola through the three strengths around the turn. 0 where the curve
    falls from the first step on.
    """
    x, y = _side(strengths, curves, 0.0, sign)
    risen = _steps_risen(y, sign)
    inside = (risen > 0) & (risen < len(x) - 1)
    middle = np.where(inside, risen, 1)
    if len(x) < 3:
        return np.where(risen == len(x) - 1, np.nan, 0.0)
    vertices = _vertex(x, y, middle)
    return np.where(inside, vertices, np.where(risen == 0, 0.0, np.nan))


def linear_end(strengths: Sequence[float], curves: Numbers, tolerance: float, sign: int) -> Numbers:
    """How far the line through 0 with the slope at zero stays within a share of the response.

    The strength at which |y(s) - y(0) - b s| first exceeds `tolerance` |b s|, linear between the
    strengths; NaN where it doesn't.
    """
    ordered = np.asarray(strengths, dtype=np.float64)
    line = slope_at_zero(strengths, curves)[:, None] * ordered
    start = int(np.flatnonzero(ordered == 0)[0])
    off = np.abs(curves - curves[:, [start]] - line)
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = np.where(off == 0, 0.0, off / np.abs(line))
    return first_crossing(strengths, deviation, np.full(len(curves), tolerance), 0.0, sign)


def saturation(strengths: Sequence[float], curves: Numbers, share: float, sign: int) -> Numbers:
    """Where a curve has become flat: its slope is below `share` of the steepest before.

    Slopes are those between neighbouring strengths, set at their midpoints and, at 0, the central
    one. The curve is taken the way in which it goes at 0. NaN where it doesn't level off.
    """
    at_zero = slope_at_zero(strengths, curves)
    x, y = _side(strengths, curves, 0.0, sign)
    if len(x) < 2:
        return np.full(len(curves), np.nan)
    steps = np.diff(y, axis=1) / np.diff(x)
    slopes = np.column_stack([at_zero, steps]) * np.sign(at_zero)[:, None]
    midpoints = np.concatenate([[0.0], (x[:-1] + x[1:]) / 2])
    order = slice(None, None, sign)
    with np.errstate(divide="ignore", invalid="ignore"):
        lost = 1 - slopes / np.maximum.accumulate(slopes, axis=1)
    # A response without a slope, or one that overflowed, has nothing to level off from.
    lost = np.where(np.isfinite(lost), lost, 0.0)
    levels = np.full(len(curves), 1 - share)
    return first_crossing(midpoints[order].tolist(), lost[:, order], levels, 0.0, sign)


def first_crossing(
    strengths: Sequence[float], curves: Numbers, levels: Numbers, start: float, sign: int
) -> Numbers:
    """The strength at which a curve first reaches its level, going from `start` to one side.

    levels: [k]. Linear between the strengths; a curve that overflowed (NaN or infinite) has
    crossed. NaN where the level isn't reached or the curve begins above it.
    """
    x, y = _side(strengths, curves, start, sign)
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


def strength_at_cost(
    strengths: Sequence[float], divergences: Numbers, cost: float, sign: int
) -> Numbers:
    """The strength at which a divergence reaches `cost`; NaN where it doesn't.

    divergences: [k, S], nats. A divergence begins as the square of the strength, so that its root
    is taken as linear between the strengths.
    """
    roots = np.sqrt(np.maximum(divergences, 0.0))
    return first_crossing(strengths, roots, np.full(len(roots), np.sqrt(cost)), 0.0, sign)


def interpolated(strengths: Sequence[float], curves: Numbers, at: Numbers) -> Numbers:
    """Each curve at a strength of its own, linear between the strengths; at: [k], NaN gives NaN."""
    ordered = np.asarray(strengths, dtype=np.float64)
    return np.array(
        [
            np.interp(one, ordered, curve) if np.isfinite(one) else np.nan
            for one, curve in zip(at, curves, strict=True)
        ]
    )


def _side(
    strengths: Sequence[float], curves: Numbers, start: float, sign: int
) -> tuple[Numbers, Numbers]:
    """Strengths and curves from `start` outwards on one side."""
    ordered = np.asarray(strengths, dtype=np.float64)
    taken = np.flatnonzero((ordered - start) * sign >= 0)
    taken = taken if sign > 0 else taken[::-1]
    return ordered[taken], curves[:, taken]


def _steps_risen(y: Numbers, sign: int) -> NDArray[np.int64]:
    """How many steps outwards a curve goes up with the strength before the first that doesn't."""
    steps = np.diff(y, axis=1) * sign
    risen: NDArray[np.int64] = np.cumprod(steps > 0, axis=1).sum(axis=1)
    return risen


def _vertex(x: Numbers, y: Numbers, middle: NDArray[np.int64]) -> Numbers:
    """Vertex of the parabola through the strengths around `middle`, the highest of the three."""
    rows = np.arange(len(y))
    before, after = x[middle] - x[middle - 1], x[middle + 1] - x[middle]
    first = (y[rows, middle] - y[rows, middle - 1]) / before
    second = (y[rows, middle + 1] - y[rows, middle]) / after
    with np.errstate(divide="ignore", invalid="ignore"):
        # The slope at the middle, over the change of the slope along x.
        slope = (first * after + second * before) / (before + after)
        moved = x[middle] + slope * (before + after) / (2 * (first - second))
    # An overflow beside the turn gives no parabola.
    return np.where(np.isfinite(moved), moved, x[middle])
