"""Do prompts agree: the spread of their slopes over depth, and how many go the wrong way."""

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.facets import facet_figure, label_places, legend_above, note_figure
from probesteer.figures.marks import band_handle, draw_curve, zero_lines
from probesteer.figures.places import on_stream, places_of, streams_of
from probesteer.figures.rows import (
    checked,
    concepts_of,
    curve_over_places,
    first_split,
    matching,
)
from probesteer.figures.style import Colour, FigureStyle
from probesteer.figures.units import per, unit_of
from probesteer.places import Place

COLUMNS = ("model", "concept", "site", "layer", "method", "positions", "unit", "split", "metric")
_METHODS = {"difference_of_means": "difference of means", "logistic": "logistic"}
_MARKERS = {"difference_of_means": "o", "logistic": "s"}


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """Two panels a concept over places: slopes of prompts, and the share below zero.

    table: steerability. Raises ProbesteerError where it is empty.
    """
    checked(table, COLUMNS, "steerability")
    rows = first_split(matching(table, positions="from_last"))
    rows = rows[rows["method"].isin(_METHODS)]
    with style.applied():
        if rows.empty:
            return note_figure(style, "No slopes of prompts were measured.")
        places = places_of(rows)
        facets = facet_figure(concepts_of(rows), style, rows_each=2, row_height=1.1)
        colours = dict(zip(_METHODS, style.categories(len(_METHODS)), strict=True))
        unit = per(unit_of(rows, "steerability")).replace(" per ", "\nper ")
        for number, (concept, panels) in enumerate(facets.panels.items()):
            for method in _METHODS:
                own = matching(rows, concept=concept, method=method)
                for site in streams_of(places):
                    here = on_stream(own, site)
                    _draw_slopes(panels[0], here, places, colours[method], method)
                    anti = curve_over_places(matching(here, metric="anti_steerable"), places)
                    draw_curve(panels[1], anti, colours[method], "", marker=_MARKERS[method])
            zero_lines(panels[0])
            panels[1].set_ylim(-0.05, 1.05)
            for axes in panels:
                label_places(axes, places, facets.tick_limit)
            if number % facets.columns == 0:
                panels[0].set_ylabel(f"slope\n({unit})")
                panels[1].set_ylabel("wrong way\n(share)")
        facets.figure.supxlabel("layer (emb = embedding)")
        present = set(rows["method"])
        key: list[Artist] = [
            Line2D([], [], color=colours[method], marker=_MARKERS[method], label=name)
            for method, name in _METHODS.items()
            if method in present
        ]
        key.append(band_handle("prompts, one standard deviation"))
        legend_above(facets.figure, key, columns=2 if facets.columns == 1 else 4)
        return facets.figure


def _draw_slopes(
    axes: Axes, rows: pd.DataFrame, places: list[Place], colour: Colour, method: str
) -> None:
    """The mean slope with its interval, and one standard deviation of the prompts about it."""
    mean = curve_over_places(matching(rows, metric="prompt_slope"), places)
    spread = curve_over_places(matching(rows, metric="prompt_slope_sd"), places)
    at = dict(zip(spread.x, spread.value, strict=True))
    sd = np.array([at.get(x, np.nan) for x in mean.x])
    axes.fill_between(mean.x, mean.value - sd, mean.value + sd, color=colour, alpha=0.2, lw=0)
    draw_curve(axes, mean, colour, _METHODS[method], marker=_MARKERS[method])
