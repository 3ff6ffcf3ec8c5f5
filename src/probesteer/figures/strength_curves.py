"""Curves over the strength of a push, one colour a place."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from probesteer.figures.depth_colours import KEY_LIMIT, depth_colours, depth_marker
from probesteer.figures.marks import draw_curve
from probesteer.figures.places import phrase
from probesteer.figures.rows import Curve, by_place, curve_over
from probesteer.figures.style import FigureStyle
from probesteer.places import Place

_MOST_MARKED = 12  # points of a curve; more markers than these hide it


def draw_strength_curves(
    axes: Axes,
    rows: pd.DataFrame,
    places: Sequence[Place],
    style: FigureStyle,
    intervals: bool = True,
) -> dict[int, Curve]:
    """Draw `rows`, of one metric, over their strength; the curves by the index of their place.

    intervals: drawn where known, while a legend can name the places.
    """
    colours, drawn = depth_colours(len(places), style), {}
    for index, line in by_place(rows, places):
        curve = drawn[index] = curve_over(line, "strength")
        draw_curve(
            axes,
            curve,
            colours[index],
            phrase(places[index]),
            marker=depth_marker(index, len(places)) if len(curve) <= _MOST_MARKED else "",
            intervals=intervals and len(places) <= KEY_LIMIT,
        )
    return drawn
