"""How easily the labels are read: the compression of an online code over depth."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from probesteer.figures.accuracy_by_layer import COLUMNS
from probesteer.figures.facets import facet_figure, label_places, legend_above, note_figure
from probesteer.figures.marks import draw_curve
from probesteer.figures.places import on_stream, places_of, stream_name, streams_of
from probesteer.figures.rows import Array, checked, concepts_of, curve_over_places, matching
from probesteer.figures.style import FigureStyle


def measured(table: pd.DataFrame) -> bool:
    """Whether `table` (probes) has a compression."""
    return not _rows(table).empty


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """One panel a concept: length of a uniform code over that of the probe's online code.

    The code is that of Voita & Titov 2020 (arXiv 2003.12298). table: probes. Raises
    ProbesteerError where it is empty.
    """
    rows = _rows(checked(table, COLUMNS, "probes"))
    with style.applied():
        if rows.empty:
            return note_figure(style, "No description length was measured.")
        places = places_of(rows)
        sites = streams_of(places)
        colours = dict(zip(sites, style.categories(len(sites)), strict=True))
        facets = facet_figure(concepts_of(rows), style, share_y=True)
        for concept, (axes,) in facets.panels.items():
            axes.axhline(1.0, color="0.35", linewidth=0.7, linestyle=":", zorder=1)
            own = matching(rows, concept=concept)
            for site in sites:
                curve = curve_over_places(on_stream(own, site), places)
                draw_curve(axes, curve, colours[site], stream_name(site))
            label_places(axes, places, facets.tick_limit)
        values = rows["value"].to_numpy(dtype=np.float64)
        _spread_doublings(axes, values[np.isfinite(values) & (values > 0)])
        facets.figure.supxlabel("layer (emb = embedding)")
        facets.figure.supylabel("compression of the labels\n(uniform bits / bits)")
        if len(sites) > 1:
            key = [Line2D([], [], color=colours[site], label=stream_name(site)) for site in sites]
            legend_above(facets.figure, key)
        return facets.figure


def _spread_doublings(axes: Axes, values: Array) -> None:
    """A y axis in doublings, which holds 1; values: [n], above 0."""
    low, high = min([1.0, *values]), max([2.0, *values])
    axes.set_yscale("log", base=2)
    axes.set_ylim(0.9 * low, 1.12 * high)
    powers = np.arange(np.floor(np.log2(low)), np.ceil(np.log2(high)) + 1)
    axes.yaxis.set_major_locator(FixedLocator(list(2.0**powers)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    return matching(table, method="logistic", split="train", metric="compression", draw=-1)
