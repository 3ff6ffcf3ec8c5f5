"""Does pushing along the direction move the model: effect against strength."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from probesteer.figures.depth_colours import KEY_LIMIT, depth_colours, depth_key, depth_marker
from probesteer.figures.facets import facet_figure, note_figure
from probesteer.figures.marks import (
    band_handle,
    draw_band,
    draw_curve,
    spread_strengths,
    zero_lines,
)
from probesteer.figures.places import phrase, places_of
from probesteer.figures.rows import (
    by_place,
    checked,
    concepts_of,
    curve_over,
    first_split,
    matching,
    random_range,
)
from probesteer.figures.style import FigureStyle
from probesteer.figures.units import many, unit_of
from probesteer.places import Place

COLUMNS = (
    "model",
    "concept",
    "site",
    "layer",
    "method",
    "draw",
    "positions",
    "unit",
    "strength",
    "split",
    "metric",
    "value",
)
_WHERE = {"from_last": "from the last prompt token on", "all": "at all tokens"}


def draw(table: pd.DataFrame, style: FigureStyle, positions: str = "from_last") -> Figure:
    """One panel a concept, one line a place: change of the logit difference over strength.

    table: steering. Raises ProbesteerError where it is empty.
    """
    checked(table, COLUMNS, "steering")
    rows = first_split(matching(table, metric="logit_difference_change", positions=positions))
    pushes = matching(rows, method="difference_of_means")
    random = matching(rows, method="random")
    with style.applied():
        if pushes.empty:
            return note_figure(style, f"Steering {_WHERE[positions]} was not measured.")
        places = places_of(pushes)
        facets = facet_figure(concepts_of(pushes), style)
        for concept, (axes,) in facets.panels.items():
            draw_band(axes, random_range(matching(random, concept=concept), "strength"))
            _draw_places(axes, matching(pushes, concept=concept), places, style)
            spread_strengths(axes, pushes["strength"].to_numpy(dtype=float))
        unit = many(unit_of(pushes, "steering"))
        facets.figure.supxlabel(f"strength ({unit}), added {_WHERE[positions]}")
        facets.figure.supylabel("change of logit difference (nats)")
        depth_key(
            facets.figure,
            places,
            style,
            [] if random.empty else [band_handle("random directions, range")],
        )
        return facets.figure


def _draw_places(axes: Axes, rows: pd.DataFrame, places: list[Place], style: FigureStyle) -> None:
    zero_lines(axes, x=0.0)
    colours = depth_colours(len(places), style)
    for index, at_one in by_place(rows, places):
        draw_curve(
            axes,
            curve_over(at_one, "strength"),
            colours[index],
            phrase(places[index]),
            marker=depth_marker(index, len(places)),
            intervals=len(places) <= KEY_LIMIT,
        )
