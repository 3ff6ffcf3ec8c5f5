"""How many neurons carry the concept: accuracy of sparse probes over their number."""

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from probesteer.figures.chosen_places import chosen_place
from probesteer.figures.facets import facet_figure, legend_above, note_figure
from probesteer.figures.marks import band_handle, draw_band, draw_curve
from probesteer.figures.places import at_place, phrase
from probesteer.figures.rows import checked, concepts_of, curve_over, lowest_end, matching
from probesteer.figures.style import BAND_GREY, GREY, FigureStyle
from probesteer.places import Place
from probesteer.probe_rows import guess

COLUMNS = (
    *("model", "concept", "site", "layer", "method", "size", "draw", "split", "metric", "value"),
)


def measured(table: pd.DataFrame) -> bool:
    """Whether `table` (sparse) has test accuracies of few neurons."""
    return not matching(table, method="neurons", split="test", metric="accuracy", draw=-1).empty


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """One panel a concept: test accuracy over the number of neurons, at one layer.

    The layer is the one where the dense probe of the neurons is most accurate on validation.
    table: sparse. Raises ProbesteerError where it is empty.
    """
    checked(table, COLUMNS, "sparse")
    chosen = sparse_places(table)
    with style.applied():
        if not chosen or not measured(table):
            return note_figure(style, "No sparse probes were fitted.")
        rows = pd.concat(
            [at_place(matching(table, concept=name), place) for name, place in chosen.items()]
        )
        rows = matching(rows, split="test", metric="accuracy", draw=-1)
        sizes = np.unique(rows[rows["method"] != "dense"]["size"].to_numpy(dtype=np.float64))
        facets = facet_figure(list(chosen), style, share_y=True)
        for concept, (axes,) in facets.panels.items():
            _draw_concept(axes, matching(rows, concept=concept), style)
            text = phrase(chosen[concept]).removeprefix("the ")
            axes.text(
                0.98, 0.03, text, transform=axes.transAxes, ha="right", va="bottom", color="0.35"
            )
            _spread_sizes(axes, list(sizes), 6 if facets.columns > 2 else 9)
        axes.set_ylim(
            max(0.0, min(0.40, lowest_end(rows) - 0.10)), 1.02
        )  # room for the layer's name
        facets.figure.supxlabel("features that the probe reads")
        facets.figure.supylabel("test accuracy (share correct)")
        legend_above(facets.figure, _key(rows, style), columns=2 if facets.columns == 1 else 4)
        return facets.figure


def sparse_places(table: pd.DataFrame) -> dict[str, Place]:
    """Concept -> the layer at which its sparse probes are shown, chosen on validation."""
    found = {
        concept: chosen_place(matching(table, concept=concept), "dense")
        for concept in concepts_of(table)
    }
    return {concept: place for concept, place in found.items() if place is not None}


def _draw_concept(axes: Axes, rows: pd.DataFrame, style: FigureStyle) -> None:
    neurons, dense = style.categories(2)
    axes.axhline(guess(rows), color="0.35", linewidth=0.7, linestyle=":", zorder=1)
    basis = curve_over(matching(rows, method="random_basis"), "size")
    draw_band(axes, basis, BAND_GREY)
    draw_curve(axes, basis, GREY, "random basis", marker="", intervals=False)
    reached = matching(rows, method="dense")["value"]
    if not reached.empty:
        axes.axhline(reached.iloc[0], color=dense, linewidth=1.0, linestyle="--", zorder=2)
    draw_curve(axes, curve_over(matching(rows, method="neurons"), "size"), neurons, "neurons")


def _spread_sizes(axes: Axes, sizes: list[float], limit: int) -> None:
    axes.set_xscale("log", base=2)
    step = -(-len(sizes) // limit)
    axes.xaxis.set_major_locator(FixedLocator(sizes[::step]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())


def _key(rows: pd.DataFrame, style: FigureStyle) -> list[Artist]:
    neurons, dense = style.categories(2)
    methods = set(rows["method"])
    key: list[Artist] = [Line2D([], [], color=neurons, marker="o", label="neurons, 95%")]
    if "random_basis" in methods:
        key.append(Line2D([], [], color=GREY, label="random basis, mean"))
        key.append(band_handle("random basis ± sd", BAND_GREY))
    if "dense" in methods:
        key.append(Line2D([], [], color=dense, linestyle="--", label="all neurons"))
    return key
