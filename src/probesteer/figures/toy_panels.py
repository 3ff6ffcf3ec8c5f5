"""What the figures of toys share: their rows, a row of panels, an axis of sparsity."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from probesteer.figures.facets import new_figure
from probesteer.figures.rows import Array, Curve, checked, curve_over, matching
from probesteer.figures.style import FigureStyle

_COLUMNS = ("toy", "method", "metric", "value", "low", "high")
SPARSITY = "sparsity (share of zeros)"
_MARKED = (0.0, 0.5, 0.8, 0.9, 0.95, 0.99)


def toy_rows(table: pd.DataFrame, toys: Sequence[str], methods: Sequence[str]) -> pd.DataFrame:
    """The rows of some toys and methods. table: toys. Raises ProbesteerError where it is empty."""
    checked(table, _COLUMNS, "toys")
    return table[table["toy"].isin(toys) & table["method"].isin(methods)]


def panels(style: FigureStyle, widths: Sequence[float], height: float) -> tuple[Figure, list[Axes]]:
    """A figure as wide as the page with one row of panels; widths: shares, height: inches."""
    figure = new_figure(style.double_width_inches, height)
    made = figure.subplots(1, len(widths), squeeze=False, width_ratios=list(widths))
    return figure, list(made[0])


def curve(rows: pd.DataFrame, column: str, **wanted: str | float) -> Curve:
    """The curve over `column` of the rows with the `wanted` values."""
    return curve_over(matching(rows, **wanted), column)


def over_sparsity(rows: pd.DataFrame, **wanted: str | float) -> Curve:
    """The curve over 1 / (1 - sparsity), which `spread_sparsity` labels with the sparsity."""
    chosen = matching(rows, **wanted)
    return curve_over(chosen.assign(spread=spread(chosen["sparsity"])), "spread")


def spread(sparsity: pd.Series) -> Array:
    """[n], where sparsities lie: at equal distances where the share of non-zeros is halved."""
    return 1 / (1 - sparsity.to_numpy(dtype=np.float64))


def spread_sparsity(axes: Axes, which: Literal["x", "y"], sparsity: pd.Series) -> None:
    """Ticks of an axis of `spread(sparsity)`, on a logarithmic scale, named by the sparsity."""
    known = sparsity[np.isfinite(sparsity)]
    most = float(known.max()) if len(known) else 0.0
    ticks = {f"{each:g}".lstrip("0") or "0": 1 / (1 - each) for each in _MARKED if each <= most}
    if which == "x":
        axes.set_xscale("log")
        axes.set_xticks(list(ticks.values()), list(ticks))
    else:
        axes.set_yscale("log")
        axes.set_yticks(list(ticks.values()), list(ticks))
    (axes.xaxis if which == "x" else axes.yaxis).set_minor_locator(NullLocator())


def known_truths(axes: Axes, levels: dict[str, float]) -> None:
    """Dashed lines at known values, each with its name at the right end."""
    for name, level in levels.items():
        axes.axhline(level, color="0.35", linestyle="--", linewidth=0.7, zorder=1)
        if name:
            axes.annotate(
                name,
                (1, level),
                xycoords=("axes fraction", "data"),
                xytext=(2, 0),
                textcoords="offset points",
                va="center",
                color="0.25",
            )
