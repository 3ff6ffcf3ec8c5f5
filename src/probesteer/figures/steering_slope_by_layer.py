"""Where pushing along the direction moves the model: the slope around zero over depth."""

from typing import Literal

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.dose_response import COLUMNS
from probesteer.figures.facets import facet_figure, label_places, legend_above, note_figure
from probesteer.figures.marks import band_handle, draw_band, draw_curve, zero_lines
from probesteer.figures.places import on_stream, places_of, stream_name, streams_of
from probesteer.figures.rows import (
    checked,
    concepts_of,
    curve_over_places,
    first_split,
    matching,
    random_range,
)
from probesteer.figures.style import FigureStyle
from probesteer.figures.units import per, span, step_of, unit_of

_METHODS: dict[str, tuple[str, str, Literal["-", "--"], float]] = {
    "difference_of_means": ("difference of means, 95%", "o", "-", -0.08),
    "logistic": ("logistic, 95%", "s", "--", 0.08),
}


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """One panel a concept: the slope over places, against random directions.

    table: steering. Raises ProbesteerError where it is empty.
    """
    checked(table, COLUMNS, "steering")
    rows = first_split(matching(table, metric="slope", positions="from_last"))
    with style.applied():
        if rows.empty:
            return note_figure(style, "The slope of the response was not measured.")
        places = places_of(rows)
        numbers = {(place.site, place.layer): index for index, place in enumerate(places)}
        index = [numbers[str(s), int(n)] for s, n in zip(rows["site"], rows["layer"], strict=True)]
        rows = rows.assign(place_index=index)
        facets = facet_figure(concepts_of(rows), style)
        colours = dict(zip(_METHODS, style.categories(len(_METHODS)), strict=True))
        sites = streams_of(places)
        # Several sites are told apart by colour, the methods then by their dashes alone.
        of_site = dict(zip(sites, style.categories(len(sites)), strict=True))
        if len(sites) == 1:
            of_site = {}
        else:
            colours = dict.fromkeys(_METHODS, style.categories(8)[7])
        for concept, (axes,) in facets.panels.items():
            own = matching(rows, concept=concept)
            draw_band(axes, random_range(matching(own, method="random"), "place_index"))
            zero_lines(axes)
            for method, (label, marker, line_style, offset) in _METHODS.items():
                of_method = matching(own, method=method)
                # A line for each site: one through several would only zigzag.
                for site in sites:
                    draw_curve(
                        axes,
                        curve_over_places(on_stream(of_method, site), places),
                        of_site.get(site, colours[method]),
                        label,
                        marker=marker,
                        line_style=line_style,
                        offset=offset,
                    )
            label_places(axes, places, facets.tick_limit)
        facets.figure.supxlabel("layer (emb = embedding)")
        unit = unit_of(rows, "steering")
        facets.figure.supylabel(f"slope {span(step_of(rows))}\n({per(unit)})")
        present = set(rows["method"])
        key: list[Artist] = [
            Line2D([], [], color=colours[method], marker=marker, linestyle=line_style, label=label)
            for method, (label, marker, line_style, _) in _METHODS.items()
            if method in present
        ]
        key += [Line2D([], [], color=of_site[site], label=stream_name(site)) for site in of_site]
        if "random" in present:
            key.append(band_handle("random directions, range"))
        legend_above(facets.figure, key, columns=2 if facets.columns == 1 else 4)
        return facets.figure
