"""Do two ways to find a direction agree: logistic against difference of means over depth."""

import pandas as pd
from matplotlib.figure import Figure

from probesteer.figures.direction_cosines import COLUMNS
from probesteer.figures.facets import facet_figure, label_places, note_figure
from probesteer.figures.marks import draw_curve, zero_lines
from probesteer.figures.places import places_of
from probesteer.figures.rows import checked, concepts_of, curve_over_places, matching
from probesteer.figures.style import FigureStyle


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """One panel a concept: cosine between its logistic and difference-of-means directions.

    table: cosines. Raises ProbesteerError where it is empty.
    """
    checked(table, COLUMNS, "cosines")
    rows = table[table["concept"] == table["other_concept"]]
    rows = pd.concat(  # a table may hold a pair in one order or in both
        [
            matching(rows, method="logistic", other_method="difference_of_means"),
            matching(rows, method="difference_of_means", other_method="logistic"),
        ]
    )
    with style.applied():
        if rows.empty:
            return note_figure(style, "Only one kind of direction was computed.")
        places = places_of(rows)
        shown = set(rows["concept"])
        concepts = [concept for concept in concepts_of(table) if concept in shown]
        facets = facet_figure(concepts, style, share_y=True)
        (colour,) = style.categories(1)
        for concept, (axes,) in facets.panels.items():
            zero_lines(axes)
            curve = curve_over_places(matching(rows, concept=concept), places)
            draw_curve(axes, curve, colour, "logistic and difference of means")
            label_places(axes, places, facets.tick_limit)
        lowest = float(rows["value"].min())
        axes.set_ylim(min(-0.05, lowest - 0.05) if lowest == lowest else -0.05, 1.05)
        facets.figure.supxlabel("layer (emb = embedding)")
        facets.figure.supylabel("cosine of the two directions")
        return facets.figure
