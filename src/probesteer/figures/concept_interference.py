"""How much the directions of a model's concepts overlap, and move each other's read-outs."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.facets import facet_figure, label_places, legend_above, note_figure
from probesteer.figures.marks import MARKERS, draw_curve, marker_key, zero_lines
from probesteer.figures.places import on_stream, places_of
from probesteer.figures.rows import checked, concepts_of, curve_over_places, matching
from probesteer.figures.style import GREY, FigureStyle

COLUMNS = ("model", "concept", "other", "site", "layer", "method", "metric", "value")
_OVERLAPS = {"raw": "raw", "whitened": "whitened within classes"}
_CHANCE = "cosine_random_mean"


def measured(table: pd.DataFrame) -> bool:
    """Whether `table` (superposition) compares two concepts."""
    return not _pairs(table).empty


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """Two panels a concept: mean size of its cosines, and of what it moves in other probes.

    table: superposition. Raises ProbesteerError where it is empty.
    """
    checked(table, COLUMNS, "superposition")
    with style.applied():
        pairs = _pairs(table)
        if pairs.empty:
            return note_figure(style, "No two concepts were measured together.")
        places = places_of(pairs)
        chance = on_stream(table[table["metric"] == _CHANCE], "resid_post").assign(low=0, high=0)
        facets = facet_figure(concepts_of(pairs), style, rows_each=2, row_height=1.0)
        colours = style.categories(3)
        looks = {"raw": colours[0], "whitened": colours[1], "readout": colours[2]}
        for number, (concept, (above, below)) in enumerate(facets.panels.items()):
            own = matching(pairs, concept=concept)
            curve = curve_over_places(matching(chance, method="raw"), places)
            draw_curve(above, curve, GREY, "", marker="", line_style=":", intervals=False)
            for at, (method, colour) in enumerate(looks.items()):
                axes = below if method == "readout" else above
                curve = curve_over_places(matching(own, method=method), places)
                draw_curve(axes, curve, colour, method, marker=MARKERS[at], intervals=False)
            for axes, label in ((above, "|cosine|"), (below, "read-out moved\n(share)")):
                zero_lines(axes)
                label_places(axes, places, facets.tick_limit)
                if number % facets.columns == 0:
                    axes.set_ylabel(label)
        facets.figure.supxlabel("layer")
        lines = marker_key(_OVERLAPS, looks)
        random = Line2D([], [], color=GREY, linestyle=":", label="two random directions")
        legend_above(facets.figure, [*lines, random], 1 if len(facets.panels) == 1 else None)
        return facets.figure


def _pairs(table: pd.DataFrame) -> pd.DataFrame:
    """Mean size over the other concepts, by concept, place and method."""
    rows = table[table["method"].isin((*_OVERLAPS, "readout")) & (table["other"] != "")]
    rows = on_stream(rows[rows["metric"].isin(("cosine", "moved"))], "resid_post")
    keys = ["concept", "site", "layer", "method"]
    means = rows.assign(value=rows["value"].abs()).groupby(keys, sort=False)["value"].mean()
    return means.reset_index().assign(low=float("nan"), high=float("nan"))
