"""How far a push takes activations from those that the model makes, beside effect and cost."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from probesteer.figures.activation_scaling import COLUMNS
from probesteer.figures.depth_colours import KEY_LIMIT, depth_colours, depth_key, depth_marker
from probesteer.figures.facets import facet_figure, note_figure
from probesteer.figures.marks import draw_curve, spread_strengths, zero_lines
from probesteer.figures.places import phrase, places_of
from probesteer.figures.rows import by_place, checked, concepts_of, curve_over, matching
from probesteer.figures.style import FigureStyle
from probesteer.figures.units import many, unit_of
from probesteer.places import Place

_DISTANCE = "cached_percentile"
_ROWS = {
    "logit_difference_change": "response\n(nats)",
    "kl": "KL\n(nats)",
    _DISTANCE: "nearer\n(percent)",
}


def measured(table: pd.DataFrame) -> bool:
    """Whether the distance of pushed activations is in `table`: scale."""
    return bool((table["metric"] == _DISTANCE).any())


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """Three panels a concept over strength: response, divergence, and distance.

    table: scale. Raises ProbesteerError where it is empty.
    """
    added = matching(checked(table, COLUMNS, "scale"), operator="add", method="difference_of_means")
    distances = matching(added, metric=_DISTANCE)
    with style.applied():
        if distances.empty:
            return note_figure(style, "No distance of pushed activations was measured.")
        places = places_of(distances)
        facets = facet_figure(concepts_of(distances), style, rows_each=3, row_height=0.8)
        for number, (concept, panels) in enumerate(facets.panels.items()):
            for axes, (metric, label) in zip(panels, _ROWS.items(), strict=True):
                rows = matching(added, concept=concept, metric=metric)
                _draw_places(axes, rows, places, style)
                spread_strengths(axes, added["strength"].to_numpy(dtype=float))
                if number % facets.columns == 0:
                    axes.set_ylabel(label)
            panels[2].set_ylim(-5, 105)
            panels[2].set_yticks([0, 50, 100])
        facets.figure.supxlabel(f"strength ({many(unit_of(added, 'scale'))})")
        depth_key(facets.figure, places, style)
        return facets.figure


def _draw_places(axes: Axes, rows: pd.DataFrame, places: list[Place], style: FigureStyle) -> None:
    zero_lines(axes, x=0.0)
    colours = depth_colours(len(places), style)
    for index, line in by_place(rows, places):
        curve = curve_over(line, "strength")
        draw_curve(
            axes,
            curve,
            colours[index],
            phrase(places[index]),
            marker=depth_marker(index, len(places)) if len(curve) <= 12 else "",
            intervals=len(places) <= KEY_LIMIT,
        )
