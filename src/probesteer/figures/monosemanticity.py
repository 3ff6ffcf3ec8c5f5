"""How far the high ends of directions belong to one cluster each, by layer."""

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.cluster_cosines import COLUMNS, METHODS
from probesteer.figures.facets import facet_figure, label_places, legend_above, note_figure
from probesteer.figures.marks import MARKERS, band_handle, draw_band, draw_curve
from probesteer.figures.places import places_of
from probesteer.figures.rows import (
    by_place,
    checked,
    concepts_of,
    curve_over_places,
    matching,
)
from probesteer.figures.style import GREY, FigureStyle

_ALL = -1


def measured(table: pd.DataFrame) -> bool:
    """Whether any direction has a high end in clusters of codes: `table` is components."""
    return not _rows(table).empty


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """One panel a concept, by layer: every direction as a point, means as lines.

    table: components. Raises ProbesteerError where it is empty.
    """
    checked(table, COLUMNS, "components")
    with style.applied():
        rows = _rows(table)
        if rows.empty:
            return note_figure(style, "No direction was measured against clusters.")
        places = places_of(rows)
        colours = dict(zip(METHODS, style.categories(len(METHODS)), strict=True))
        facets = facet_figure(concepts_of(rows), style, share_y=True)
        for concept, (axes,) in facets.panels.items():
            own = matching(rows, concept=concept)
            by_lot = matching(own, metric="share_by_lot", method="pca")
            draw_band(axes, curve_over_places(by_lot, places))
            means = matching(own, metric="share", direction=_ALL)
            random = curve_over_places(matching(means, method="random"), places)
            draw_curve(axes, random, GREY, "random", marker="", line_style="--")
            for at, (method, colour) in enumerate(colours.items()):
                offset = 0.3 * at - 0.15
                each = matching(own, metric="share", method=method)
                for number, here in by_place(each[each["direction"] != _ALL], places):
                    axes.plot(
                        np.full(len(here), number + offset),
                        here["value"],
                        color=colour,
                        marker=MARKERS[at],
                        linestyle="",
                        alpha=0.35,
                        label=f"{method}, each",
                    )
                mean = curve_over_places(matching(means, method=method), places)
                draw_curve(axes, mean, colour, method, marker=MARKERS[at], offset=offset)
            axes.set_ylim(0, 1.05)
            label_places(axes, places, facets.tick_limit)
        facets.figure.supxlabel("layer")
        facets.figure.supylabel("share of the highest tenth\nthat is in one cluster")
        handles: list[Artist] = [
            Line2D(
                [], [], color=colour, marker=MARKERS[at], label=f"{METHODS[method]}, each and mean"
            )
            for at, (method, colour) in enumerate(colours.items())
        ]
        handles.append(Line2D([], [], color=GREY, linestyle="--", label="random directions, mean"))
        handles.append(band_handle("clusters by lot, mean"))
        legend_above(facets.figure, handles, 1 if len(facets.panels) == 1 else 4)
        return facets.figure


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    wanted = table["metric"].isin(("share", "share_by_lot"))
    wanted &= table["method"].isin((*METHODS, "random"))
    return matching(table[wanted], clusters="codes")
