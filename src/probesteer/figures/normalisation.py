"""What a scaled activation changes in the block after it, against what it changes in the stream."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.activation_scaling import COLUMNS
from probesteer.figures.depth_colours import depth_colours, depth_key, depth_marker
from probesteer.figures.facets import facet_figure, note_figure
from probesteer.figures.marks import draw_curve, zero_lines
from probesteer.figures.places import phrase, places_of
from probesteer.figures.rows import by_place, checked, concepts_of, curve_over, matching
from probesteer.figures.style import GREY, FigureStyle
from probesteer.places import Place

_STREAM, _ATTENTION, _BLOCK = "next_input_change", "next_attention_change", "next_block_change"


def measured(table: pd.DataFrame) -> bool:
    """Whether the block after a scaled activation is in `table`: scale."""
    return bool((table["metric"] == _BLOCK).any())


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """One panel a concept: relative changes over the factor, one colour a place.

    table: scale. Raises ProbesteerError where it is empty.
    """
    rows = matching(checked(table, COLUMNS, "scale"), operator="multiply", method="none")
    blocks = matching(rows, metric=_BLOCK)
    with style.applied():
        if blocks.empty:
            return note_figure(style, "No block after a scaled activation was measured.")
        places = places_of(blocks)
        facets = facet_figure(concepts_of(blocks), style, share_y=True)
        for concept, (axes,) in facets.panels.items():
            zero_lines(axes, x=1.0)
            _draw_places(axes, matching(rows, concept=concept), places, style)
        facets.figure.supxlabel("factor on the activation (1 = unchanged)")
        facets.figure.supylabel("relative change at the last token")
        depth_key(facets.figure, places, style, _key())
        return facets.figure


def _draw_places(axes: Axes, rows: pd.DataFrame, places: list[Place], style: FigureStyle) -> None:
    colours = depth_colours(len(places), style)
    # Where all of the stream is scaled its change is the same everywhere.
    stream = matching(rows, metric=_STREAM)
    for _, line in by_place(stream, places):
        curve = curve_over(line, "strength")
        axes.plot(curve.x, curve.value, color=GREY, linestyle="--", linewidth=0.8, zorder=1)
    for metric in (_ATTENTION, _BLOCK):
        block = metric == _BLOCK
        for index, line in by_place(matching(rows, metric=metric), places):
            draw_curve(
                axes,
                curve_over(line, "strength"),
                colours[index],
                phrase(places[index]) if block else "",
                marker=depth_marker(index, len(places)) if block else "",
                line_style="-" if block else ":",
                intervals=False,
            )


def _key() -> list[Line2D]:
    return [
        Line2D([], [], color=GREY, linestyle="--", linewidth=0.8, label="input"),
        Line2D([], [], color="0.2", linestyle=":", label="attention"),
        Line2D([], [], color="0.2", linestyle="-", label="block"),
    ]
