"""Do boundaries of polytopes lie between the classes: their density within and between."""

import pandas as pd
from matplotlib.figure import Figure

from probesteer.figures.facets import facet_figure, label_places, note_figure
from probesteer.figures.marks import zero_lines
from probesteer.figures.places import places_of
from probesteer.figures.rows import checked, concepts_of, matching
from probesteer.figures.style import FigureStyle
from probesteer.figures.two_sides import draw_sides, network_colours, sides_key

COLUMNS = (
    *("model", "concept", "site", "layer", "network", "path", "method", "metric"),
    *("value", "low", "high"),
)


def measured(table: pd.DataFrame) -> bool:
    """Whether `table` (polytopes) has densities of pairs."""
    return not _rows(table).empty


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """One panel a concept, by layer: density within and between classes, a colour a network.

    table: polytopes. Raises ProbesteerError where it is empty.
    """
    checked(table, COLUMNS, "polytopes")
    with style.applied():
        rows = _rows(table)
        if rows.empty:
            return note_figure(style, "No density of boundaries was measured.")
        places, colours = places_of(rows), network_colours(rows, style)
        facets = facet_figure(concepts_of(rows), style, share_y=True)
        for concept, (axes,) in facets.panels.items():
            zero_lines(axes, y=1.0)
            draw_sides(axes, matching(rows, concept=concept), "density", places, colours)
            label_places(axes, places, facets.tick_limit)
        facets.figure.supxlabel("layer of the activations")
        facets.figure.supylabel("boundary density\n(share of that of all pairs)")
        sides_key(facets, colours)
        return facets.figure


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    of_pairs = (table["path"] == "pairs") & (table["method"] == "activations")
    return table[of_pairs & table["metric"].isin(("density_within", "density_between"))]
