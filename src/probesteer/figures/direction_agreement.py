"""Do the ways to find a direction agree: each against the difference of means over depth."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.direction_cosines import COLUMNS
from probesteer.figures.facets import facet_figure, label_places, legend_above, note_figure
from probesteer.figures.marks import draw_curve, zero_lines
from probesteer.figures.method_names import estimated, method_look, method_name
from probesteer.figures.places import places_of
from probesteer.figures.rows import checked, concepts_of, curve_over_places, matching
from probesteer.figures.style import FigureStyle

_REFERENCE = "difference_of_means"


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """One panel a concept, one line a method: its cosine with the difference of means.

    table: cosines. Raises ProbesteerError where it is empty.
    """
    checked(table, COLUMNS, "cosines")
    rows = table[(table["concept"] == table["other_concept"])]
    rows = rows[(rows["method"] != rows["other_method"])]
    turned = rows.rename(columns={"method": "other_method", "other_method": "method"})
    # A table may hold a pair in one order or in both.
    rows = matching(pd.concat([rows, turned]), other_method=_REFERENCE)
    rows = rows.drop_duplicates(["concept", "site", "layer", "method"])
    with style.applied():
        if rows.empty:
            return note_figure(style, "Only one kind of direction was computed.")
        places, methods = places_of(rows), estimated(rows["method"])
        shown = set(rows["concept"])
        concepts = [concept for concept in concepts_of(table) if concept in shown]
        facets = facet_figure(concepts, style, share_y=True)
        for concept, (axes,) in facets.panels.items():
            zero_lines(axes)
            for method in methods:
                own = matching(rows, concept=concept, method=method)
                colour, marker = method_look(method, style)
                curve = curve_over_places(own, places)
                draw_curve(axes, curve, colour, method_name(method), marker=marker)
            label_places(axes, places, facets.tick_limit)
        lowest = float(rows["value"].min())
        axes.set_ylim(min(-0.05, lowest - 0.05) if lowest == lowest else -0.05, 1.05)
        facets.figure.supxlabel("layer (emb = embedding)")
        facets.figure.supylabel("cosine with the\ndifference of means")
        legend_above(facets.figure, method_key(methods, style), 2 if facets.columns == 1 else 4)
        return facets.figure


def method_key(methods: list[str], style: FigureStyle) -> list[Line2D]:
    """A legend's entry for each method."""
    looks = [(method, *method_look(method, style)) for method in methods]
    return [
        Line2D([], [], color=colour, marker=marker, label=method_name(method))
        for method, colour, marker in looks
    ]
