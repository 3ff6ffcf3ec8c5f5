"""Marks on axes: a line with its intervals, a band, a strength axis."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from probesteer.figures.rows import Array, Curve
from probesteer.figures.style import BAND_GREY, Colour

DENSE = 24
"""With more points than this, intervals are drawn as a band instead of bars."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "*")


def draw_curve(
    axes: Axes,
    curve: Curve,
    colour: Colour,
    label: str,
    *,
    marker: str = "o",
    line_style: str = "-",
    offset: float = 0.0,
    intervals: bool = True,
) -> Line2D:
    """A line with markers and, where known, the interval of each point as a thin bar.

    offset: shift along x, to keep the bars of two curves apart.
    """
    x = curve.x + offset
    dense = len(curve) > DENSE
    (line,) = axes.plot(
        x,
        curve.value,
        color=colour,
        label=label,
        linestyle=line_style,
        marker="" if dense else marker,
        zorder=3,
    )
    known = np.isfinite(curve.low) & np.isfinite(curve.high)
    if intervals and known.any():
        if dense:
            axes.fill_between(x, curve.low, curve.high, color=colour, alpha=0.15, linewidth=0)
        else:
            axes.vlines(
                x[known], curve.low[known], curve.high[known], color=colour, linewidth=0.7, zorder=2
            )
    return line


def marker_key(names: Mapping[str, str], colours: Mapping[str, Colour]) -> list[Line2D]:
    """The legend's entries of curves whose colours and, in order, markers tell them apart."""
    return [
        Line2D([], [], color=colours[key], marker=MARKERS[at], label=name)
        for at, (key, name) in enumerate(names.items())
    ]


def draw_band(axes: Axes, curve: Curve, colour: Colour = BAND_GREY) -> None:
    """The area between the low and the high ends; a lone point gets a box of its own."""
    known = np.isfinite(curve.low) & np.isfinite(curve.high)
    if not known.any():
        return
    x, low, high = curve.x[known], curve.low[known], curve.high[known]
    if len(x) == 1:
        x, low, high = np.array([x[0] - 0.25, x[0] + 0.25]), low.repeat(2), high.repeat(2)
    axes.fill_between(x, low, high, color=colour, linewidth=0, zorder=0)


def band_handle(label: str, colour: Colour = BAND_GREY) -> Patch:
    """The legend's entry for a band."""
    return Patch(facecolor=colour, edgecolor="none", label=label)


def zero_lines(axes: Axes, *, x: float | None = None, y: float | None = 0.0) -> None:
    """Thin lines that mark where nothing changes."""
    if y is not None:
        axes.axhline(y, color="0.6", linewidth=0.5, zorder=1)
    if x is not None:
        axes.axvline(x, color="0.6", linewidth=0.5, zorder=1)


def spread_strengths(axes: Axes, strengths: Array) -> None:
    """Set the x axis for `strengths` [k].

    Strengths that differ by more than 16 times are spread by their logarithm on both sides of a
    linear stretch around 0; otherwise the axis is linear. Set it after drawing.
    """
    sizes = np.unique(np.abs(strengths[np.isfinite(strengths) & (strengths != 0)]))
    axes.margins(x=0.04)
    if len(sizes) == 0 or sizes[-1] <= 16 * sizes[0]:
        axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        return
    axes.set_xscale("symlog", linthresh=float(sizes[0]), linscale=0.5)
    marked = _octaves(float(sizes[0]), float(sizes[-1]))
    signs = [sign for sign in (-1.0, 1.0) if (np.sign(strengths) == sign).any()]
    axes.xaxis.set_major_locator(
        FixedLocator(sorted({0.0, *(sign * size for sign in signs for size in marked)}))
    )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())


def _octaves(smallest: float, largest: float) -> list[float]:
    """The power of two at or below `largest`, and one half way down to `smallest`."""
    top = np.floor(np.log2(largest) + 1e-9)
    return [2.0**top, 2.0 ** np.floor((top + np.log2(smallest)) / 2)]


def spread_losses(axes: Axes, losses: pd.Series) -> None:
    """Set a logarithmic y axis for `losses` [n] (nats): a broken model's are many times larger."""
    known = losses[np.isfinite(losses) & (losses > 0)]
    if known.empty:
        return
    low, high = float(known.min()), float(known.max())
    axes.set_yscale("log")
    axes.set_ylim(0.9 * low, max(1.1 * high, 2.2 * low))
    ticks = [
        step * 10.0**power
        for power in range(-4, 5)
        for step in (1, 2, 5)
        if 0.9 * low <= step * 10.0**power <= max(1.1 * high, 2.2 * low)
    ]
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
