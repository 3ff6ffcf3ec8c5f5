"""How far a push takes activations from those that the model makes, beside effect and cost."""

import pandas as pd
from matplotlib.figure import Figure

from probesteer.figures.activation_scaling import COLUMNS
from probesteer.figures.depth_colours import depth_key
from probesteer.figures.facets import facet_figure, note_figure
from probesteer.figures.marks import spread_strengths, zero_lines
from probesteer.figures.places import places_of
from probesteer.figures.rows import checked, concepts_of, matching
from probesteer.figures.strength_curves import draw_strength_curves
from probesteer.figures.style import FigureStyle
from probesteer.figures.units import many, unit_of

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
                zero_lines(axes, x=0.0)
                draw_strength_curves(axes, rows, places, style)
                spread_strengths(axes, added["strength"].to_numpy(dtype=float))
                if number % facets.columns == 0:
                    axes.set_ylabel(label)
            panels[2].set_ylim(-5, 105)
            panels[2].set_yticks([0, 50, 100])
        facets.figure.supxlabel(f"strength ({many(unit_of(added, 'scale'))})")
        depth_key(facets.figure, places, style)
        return facets.figure
