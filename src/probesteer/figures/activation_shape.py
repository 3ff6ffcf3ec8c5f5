"""How many dimensions a concept's activations fill, and how far its classes are apart."""

import pandas as pd
from matplotlib.figure import Figure

from probesteer.figures.facets import facet_figure, label_places, legend_above, note_figure
from probesteer.figures.marks import MARKERS, draw_curve, marker_key
from probesteer.figures.places import on_stream, places_of
from probesteer.figures.rows import MEASURED, checked, concepts_of, curve_over_places, matching
from probesteer.figures.style import GREY, FigureStyle

NETWORKS = {"trained": "trained", "reinitialised": "re-initialised"}
_ROWS = {"effective_rank": "effective rank", "between_share": "variance between\nclasses (share)"}


def measured(table: pd.DataFrame) -> bool:
    """Whether `table` (superposition) has the shape of any activations."""
    return not _rows(table).empty


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """Two panels a concept by layer, a line a network: effective rank, and separability.

    table: superposition. Raises ProbesteerError where it is empty.
    """
    checked(table, MEASURED, "superposition")
    with style.applied():
        rows = _rows(table)
        if rows.empty:
            return note_figure(style, "No shape of activations was measured.")
        places = places_of(rows)
        looks = dict(zip(NETWORKS, (style.categories(1)[0], GREY), strict=True))
        facets = facet_figure(concepts_of(rows), style, rows_each=2, row_height=1.0)
        for number, (concept, panels) in enumerate(facets.panels.items()):
            for axes, (metric, label) in zip(panels, _ROWS.items(), strict=True):
                for at, (network, colour) in enumerate(looks.items()):
                    own = matching(rows, concept=concept, metric=metric, method=network)
                    curve = curve_over_places(own, places)
                    draw_curve(axes, curve, colour, network, marker=MARKERS[at])
                axes.set_ylim(bottom=0)
                label_places(axes, places, facets.tick_limit)
                if number % facets.columns == 0:
                    axes.set_ylabel(label)
        facets.figure.supxlabel("layer")
        lines = marker_key(NETWORKS, looks)
        legend_above(facets.figure, lines)
        return facets.figure


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    rows = table[table["method"].isin(NETWORKS) & table["metric"].isin(_ROWS)]
    return on_stream(rows, "resid_post")
