"""Phases of toy models of superposition, and where correlated features come to lie."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import NullLocator

from probesteer.figures.facets import legend_above, note_figure
from probesteer.figures.rows import Array, matching
from probesteer.figures.style import BAND_GREY, Colour, FigureStyle
from probesteer.figures.toy_panels import SPARSITY, panels, spread, spread_sparsity, toy_rows

_PHASES = ("not represented", "a dimension of its own", "in superposition")
_ARRANGEMENTS = {
    "together": "Two pairs that\ncome together",
    "apart": "Two pairs that\nexclude each other",
    "crowded": "Three pairs that\ncome together",
}
_IMPORTANCES = (0.1, 0.3, 1.0, 3.0, 10.0)
_METHODS = ("lowest_loss", "closed_form", *_ARRANGEMENTS)


def measured(table: pd.DataFrame) -> bool:
    """Whether the phases were tried: `table` is toys."""
    return not _rows(table).empty


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """What becomes of a second feature, by importance and sparsity; arrows of paired features.

    table: toys. Raises ProbesteerError where it is empty.
    """
    with style.applied():
        rows = _rows(table)
        if rows.empty:
            return note_figure(style, "No phases of toy models were tried.")
        blue, orange, *others = style.categories(3)
        colours = (BAND_GREY, blue, orange)
        figure, (diagram, *arrows) = panels(style, (1.7, 1, 1, 1), 2.5)
        _draw_phases(diagram, matching(rows, toy="phases"), colours)
        for axes, (method, title) in zip(arrows, _ARRANGEMENTS.items(), strict=True):
            _draw_arrows(
                axes, matching(rows, toy="correlation", method=method), (blue, orange, *others)
            )
            axes.set_title(title)
        keys = zip(colours, _PHASES, strict=True)
        line = Line2D([], [], color="black", label="closed form")
        legend_above(figure, [*(Patch(color=colour, label=name) for colour, name in keys), line])
        return figure


def _draw_phases(axes: Axes, rows: pd.DataFrame, colours: tuple[Colour, ...]) -> None:
    cells = matching(rows, metric="phase").pivot_table(
        "value", "sparsity", "importance", dropna=False
    )
    if cells.size:
        y = spread(cells.index.to_series())
        axes.pcolormesh(
            _edges(cells.columns.to_numpy(dtype=np.float64)),
            _edges(y),
            np.ma.masked_invalid(cells.to_numpy(dtype=np.float64)),
            cmap=ListedColormap(colours),
            vmin=-0.5,
            vmax=len(colours) - 0.5,
            edgecolors="white",
            linewidth=0.4,
        )
    limits = matching(rows, metric="boundary").sort_values("importance")
    limits = limits[np.isfinite(limits["value"])]
    if len(limits):
        height = spread(limits["value"])
        axes.plot(limits["importance"], height, color="black", label="closed form", zorder=3)
        # Below it, the more important one of the two has the dimension.
        axes.plot([1, 1], [1, height.min()], color="black", zorder=3)
    axes.set_xscale("log")
    axes.set_xticks(_IMPORTANCES, [f"{each:g}" for each in _IMPORTANCES])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("importance of the second feature (first: 1)")
    axes.set_ylabel(SPARSITY)
    spread_sparsity(axes, "y", rows["sparsity"])
    axes.set_title("What becomes of the second feature")


def _edges(centres: Array) -> Array:
    """[n + 1] around centres [n], half way in the logarithm."""
    logs = np.log(centres)
    inner = (logs[1:] + logs[:-1]) / 2
    edges: Array = np.exp([2 * logs[0] - inner[0], *inner, 2 * logs[-1] - inner[-1]])
    return edges


def _draw_arrows(axes: Axes, rows: pd.DataFrame, colours: tuple[Colour, ...]) -> None:
    """The features' vectors; the two of a pair in one colour, the second one dashed."""
    places = rows[rows["metric"].isin(("x", "y"))].pivot_table("value", "feature", "metric")
    for number, (x, y) in enumerate(places.reindex(columns=["x", "y"]).to_numpy()):
        pair, second = divmod(number, 2)
        axes.plot(
            [0, x],
            [0, y],
            color=colours[pair % len(colours)],
            linestyle=(0, (2, 1)) if second else "-",
            marker="s" if second else "o",
            markevery=[1],
            markersize=4,
            label=f"feature {number}",
        )
    axes.set_xlim(-1.25, 1.25)
    axes.set_ylim(-1.25, 1.25)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    for cosine in matching(rows, metric="cosine_within")["value"]:
        axes.set_xlabel(f"mean cosine\nwithin pairs {cosine:.2f}".replace("-", "\N{MINUS SIGN}"))


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    return toy_rows(table, ("phases", "correlation"), _METHODS)
