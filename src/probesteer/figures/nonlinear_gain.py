"""Is linear enough: what nonlinear probes read beyond the logistic one, over depth."""

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.accuracy_by_layer import COLUMNS
from probesteer.figures.facets import facet_figure, label_places, legend_above, note_figure
from probesteer.figures.marks import draw_curve, zero_lines
from probesteer.figures.other_probes import NONLINEAR
from probesteer.figures.places import on_stream, places_of, streams_of
from probesteer.figures.rows import checked, concepts_of, curve_over_places, matching
from probesteer.figures.style import FigureStyle

_OFFSETS = {"mlp": -0.08, "nearest_neighbours": 0.08}
_MARKERS = {"mlp": "D", "nearest_neighbours": "v"}


def measured(table: pd.DataFrame) -> bool:
    """Whether `table` (probes) has the gain of a nonlinear probe."""
    return not _rows(table).empty


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """One panel a concept: accuracy of each nonlinear probe minus that of the logistic one.

    Where several sites were read, the blocks' output alone is drawn, or the first site where that
    was not read. table: probes. Raises ProbesteerError where it is empty.
    """
    rows = _rows(checked(table, COLUMNS, "probes"))
    with style.applied():
        if rows.empty:
            return note_figure(style, "No nonlinear probe was fitted.")
        rows = on_stream(rows, streams_of(places_of(rows))[0])
        places = places_of(rows)
        methods = [method for method in NONLINEAR if method in set(rows["method"])]
        colours = dict(zip(NONLINEAR, style.categories(5)[3:], strict=True))
        facets = facet_figure(concepts_of(rows), style, share_y=True)
        for concept, (axes,) in facets.panels.items():
            zero_lines(axes)
            for method in methods:
                draw_curve(
                    axes,
                    curve_over_places(matching(rows, concept=concept, method=method), places),
                    colours[method],
                    NONLINEAR[method],
                    marker=_MARKERS[method],
                    offset=_OFFSETS[method],
                )
            label_places(axes, places, facets.tick_limit)
        facets.figure.supxlabel("layer (emb = embedding)")
        facets.figure.supylabel("gain over logistic\n(share of test examples)")
        key: list[Artist] = [
            Line2D(
                [],
                [],
                color=colours[method],
                marker=_MARKERS[method],
                label=f"{NONLINEAR[method]} minus logistic, 95%",
            )
            for method in methods
        ]
        legend_above(facets.figure, key, columns=1 if facets.columns == 1 else 2)
        return facets.figure


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    rows = matching(table, split="test", metric="gain_over_linear", draw=-1)
    return rows[rows["method"].isin(NONLINEAR)]
