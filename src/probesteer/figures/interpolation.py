"""Spherical interpolation between examples: boundaries and changes of prediction on the way."""

from typing import Literal

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.depth_colours import depth_colours, depth_key
from probesteer.figures.facets import facet_figure, label_places, note_figure
from probesteer.figures.marks import draw_curve, zero_lines
from probesteer.figures.places import phrase, places_of
from probesteer.figures.rows import by_place, checked, concepts_of, curve_over, matching
from probesteer.figures.style import FigureStyle
from probesteer.figures.two_sides import draw_sides, network_colours, sides_key

COLUMNS = (
    *("model", "concept", "site", "layer", "network", "path", "method", "unit", "strength"),
    *("metric", "value", "low", "high"),
)
_LINES: dict[str, Literal["-", ":"]] = {"within": ":", "between": "-"}
_ENDS = {"within": "to the same class", "between": "to another class"}


def measured(table: pd.DataFrame) -> bool:
    """Whether `table` (polytopes) has interpolations."""
    return not _rows(table).empty


def draw_along(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """Two panels a concept over the fraction of the way: density, and predictions changed.

    Of the trained network. table: polytopes. Raises ProbesteerError where it is empty.
    """
    checked(table, COLUMNS, "polytopes")
    with style.applied():
        rows = matching(_rows(table), network="trained", unit="fraction")
        if rows.empty:
            return note_figure(style, "No interpolation was measured.")
        places = places_of(rows)
        colours = depth_colours(len(places), style)
        facets = facet_figure(concepts_of(rows), style, rows_each=2, row_height=1.15)
        for number, (concept, (above, below)) in enumerate(facets.panels.items()):
            own = matching(rows, concept=concept)
            for axes, metric in ((above, "density"), (below, "changed")):
                for side, line in _LINES.items():
                    for at, here in by_place(matching(own, metric=f"{metric}_{side}"), places):
                        draw_curve(
                            axes,
                            curve_over(here, "strength"),
                            colours[at],
                            phrase(places[at]),
                            marker="",
                            line_style=line,
                            intervals=False,
                        )
            zero_lines(above, y=1.0)
            above.set_ylim(bottom=0)
            below.set_ylim(-0.05, 1.05)
            below.set_xlim(-0.03, 1.03)
            below.set_xticks([0, 0.5, 1], ["start", ".5", "end"])
            if number % facets.columns == 0:
                above.set_ylabel("boundary density\n(share of mean)")
                below.set_ylabel("prediction\nchanged (share)")
        facets.figure.supxlabel("fraction of the way from one example to another")
        sides = [
            Line2D([], [], color="0.3", linestyle=line, label=_ENDS[side])
            for side, line in _LINES.items()
        ]
        depth_key(facets.figure, places, style, sides)
        return facets.figure


def draw_by_layer(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """Two panels a concept by layer: density over the whole way, and changes of prediction.

    A colour a network. table: polytopes. Raises ProbesteerError where it is empty.
    """
    checked(table, COLUMNS, "polytopes")
    with style.applied():
        rows = matching(_rows(table), unit="none")
        if rows.empty:
            return note_figure(style, "No interpolation was measured.")
        places, colours = places_of(rows), network_colours(rows, style)
        facets = facet_figure(concepts_of(rows), style, rows_each=2, row_height=1.15, share_y="row")
        for number, (concept, panels) in enumerate(facets.panels.items()):
            own = matching(rows, concept=concept)
            for axes, metric in zip(panels, ("density", "changes"), strict=True):
                draw_sides(axes, own, metric, places, colours)
                label_places(axes, places, facets.tick_limit)
            above, below = panels
            zero_lines(above, y=1.0)
            if number % facets.columns == 0:
                above.set_ylabel("boundary density\n(share of mean)")
                below.set_ylabel("changes of the\nprediction a path")
        # Shared by all panels of a row, so that it is set once all of them are drawn.
        below.set_ylim(bottom=0)
        facets.figure.supxlabel("layer of the activations")
        sides_key(facets, colours)
        return facets.figure


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    return matching(table, path="arc", method="spherical")
