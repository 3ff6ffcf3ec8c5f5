"""Whether the pairs of a concept share an offset, and whether analogies find their members."""

import pandas as pd
from matplotlib.figure import Figure

from probesteer.figures.facets import facet_figure, label_places, legend_above, note_figure
from probesteer.figures.marks import (
    MARKERS,
    band_handle,
    draw_band,
    draw_curve,
    marker_key,
    zero_lines,
)
from probesteer.figures.places import on_stream, places_of
from probesteer.figures.rows import (
    MEASURED,
    checked,
    concepts_of,
    curve_over_places,
    lowest_end,
    matching,
)
from probesteer.figures.style import FigureStyle

_METHODS = {"pairs": "pairs of the concept", "without_offset": "without the offset"}
_PANELS = {
    "offset_cosine": "cosine of\ntwo offsets",
    "top_1": "right at first\n(share)",
    "top_5": "among five\n(share)",
}


def measured(table: pd.DataFrame) -> bool:
    """Whether pairs were compared: `table` is arithmetic."""
    return not _rows(table).empty


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """Three panels a concept, by layer: cosines of offsets, and two shares of right analogies.

    table: arithmetic. Raises ProbesteerError where it is empty.
    """
    checked(table, MEASURED, "arithmetic")
    with style.applied():
        rows = _rows(table)
        if rows.empty:
            return note_figure(style, "No pairs were measured.")
        places = places_of(rows)
        looks = dict(zip(_METHODS, style.categories(len(_METHODS)), strict=True))
        facets = facet_figure(concepts_of(rows), style, rows_each=len(_PANELS), row_height=0.9)
        lowest = {
            metric: min(0.0, lowest_end(matching(rows, metric=metric))) - 0.05 for metric in _PANELS
        }
        for number, (concept, panels) in enumerate(facets.panels.items()):
            for axes, (metric, label) in zip(panels, _PANELS.items(), strict=True):
                own = matching(rows, concept=concept, metric=metric)
                zero_lines(axes)
                draw_band(axes, curve_over_places(matching(own, method="shuffled"), places))
                for at, (method, colour) in enumerate(looks.items()):
                    curve = curve_over_places(matching(own, method=method), places)
                    shift = 0.08 * at - 0.04
                    draw_curve(axes, curve, colour, method, marker=MARKERS[at], offset=shift)
                axes.set_ylim(lowest[metric], 1.05)
                label_places(axes, places, facets.tick_limit)
                if number % facets.columns == 0:
                    axes.set_ylabel(label)
        facets.figure.supxlabel("layer")
        handles = [*marker_key(_METHODS, looks), band_handle("shuffled pairs")]
        legend_above(facets.figure, handles, 1 if len(facets.panels) == 1 else None)
        return facets.figure


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    wanted = table["method"].isin((*_METHODS, "shuffled")) & table["metric"].isin(_PANELS)
    return on_stream(table[wanted], "resid_post")
