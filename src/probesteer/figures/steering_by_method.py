"""Which way to find a direction steers best: slopes of all methods and controls side by side."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.chosen_places import pushed_place
from probesteer.figures.dose_response import COLUMNS
from probesteer.figures.facets import facet_figure, legend_above, note_figure, shortened
from probesteer.figures.marks import band_handle, zero_lines
from probesteer.figures.method_names import (
    controls,
    estimated,
    is_other,
    method_look,
    method_name,
)
from probesteer.figures.places import at_place, phrase
from probesteer.figures.rows import checked, concepts_of, first_split, matching
from probesteer.figures.style import BAND_GREY, GREY, FigureStyle
from probesteer.figures.units import per, span, step_of, unit_of
from probesteer.places import Place

_NAME_WIDTH = 22  # characters


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """One panel a concept, one line of text a method: slope at the place steepest on validation.

    table: steering. Raises ProbesteerError where it is empty.
    """
    checked(table, COLUMNS, "steering")
    slopes = matching(table, metric="slope", positions="from_last")
    rows = first_split(slopes, ("test", "all"))
    methods = [*estimated(rows["method"]), *controls(rows["method"])]
    with style.applied():
        concepts = [name for name in concepts_of(rows) if _place(slopes, name) is not None]
        if not methods or not concepts:
            return note_figure(style, "The slope of the response was not measured.")
        height = 0.3 + 0.14 * len(methods)
        facets = facet_figure(concepts, style, share_y=True, row_height=height)
        for concept, (axes,) in facets.panels.items():
            place = _place(slopes, concept)
            assert place is not None
            _draw(axes, at_place(matching(rows, concept=concept), place), methods, style)
            axes.set_title(f"{axes.get_title('left')}\n{phrase(place)}")
        names = [shortened(method_name(method), _NAME_WIDTH) for method in methods]
        axes.set_yticks(range(len(methods)), names)
        axes.set_ylim(len(methods) - 0.5, -0.5)
        unit = unit_of(rows, "steering")
        facets.figure.supxlabel(f"slope {span(step_of(rows))} ({per(unit)})")
        dot = Line2D([], [], color=GREY, marker="o", linestyle="", label="slope, 95%")
        legend_above(facets.figure, [dot, band_handle("draws of a control, range")])
        return facets.figure


def _place(slopes: pd.DataFrame, concept: str) -> Place | None:
    return pushed_place(matching(slopes, concept=concept))


def _draw(axes: Axes, rows: pd.DataFrame, methods: list[str], style: FigureStyle) -> None:
    zero_lines(axes, x=0.0, y=None)
    axes.use_sticky_edges = False  # a bar ends inside the panel
    for at, method in enumerate(methods):
        own = matching(rows, method=method, draw=-1)
        if own.empty:
            continue
        value, low, high = own[["value", "low", "high"]].iloc[0].astype(float)
        if own["interval"].iloc[0] == "range of draws":
            axes.barh(at, high - low, left=low, height=0.7, color=BAND_GREY, zorder=0)
            continue
        colour, marker = (GREY, "o") if is_other(method) else method_look(method, style)
        if np.isfinite(low) and np.isfinite(high):
            axes.hlines(at, low, high, color=colour, linewidth=0.9, zorder=2)
        axes.plot([value], [at], color=colour, marker=marker, linestyle="", label=method)
