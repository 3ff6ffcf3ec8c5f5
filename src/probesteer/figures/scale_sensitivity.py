"""Over which range of strengths steering works, and where the model breaks."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.activation_scaling import COLUMNS
from probesteer.figures.depth_colours import depth_colours, depth_key
from probesteer.figures.facets import facet_figure, note_figure
from probesteer.figures.marks import spread_losses, spread_strengths, zero_lines
from probesteer.figures.places import at_place, places_of
from probesteer.figures.rows import checked, concepts_of, matching
from probesteer.figures.strength_curves import draw_strength_curves
from probesteer.figures.style import Colour, FigureStyle
from probesteer.figures.units import many, unit_of
from probesteer.places import Place

_RESPONSE = "logit_difference_change"
_LOSS = "neutral_loss"
_ENDS = {
    _RESPONSE: ("monotone_low", "monotone_high"),
    _LOSS: ("doubling_negative", "doubling_positive"),
}


def draw(table: pd.DataFrame, style: FigureStyle, sensitivity: pd.DataFrame) -> Figure:
    """Two panels a concept over the fine range of strengths: the response, below it the loss.

    Open rings end the range in which the response rises, unless it goes on to the last strength
    tried; crosses stand where the neutral loss has doubled. table: scale. Raises
    ProbesteerError where it is empty.
    """
    rows = matching(checked(table, COLUMNS, "scale"), operator="add")
    ends = matching(sensitivity, operator="add")
    with style.applied():
        if rows.empty:
            return note_figure(style, "Adding the direction over a fine range was not measured.")
        places = places_of(rows)
        facets = facet_figure(concepts_of(rows), style, rows_each=2, row_height=1.05)
        for number, (concept, panels) in enumerate(facets.panels.items()):
            for axes, metric in zip(panels, (_RESPONSE, _LOSS), strict=True):
                chosen = matching(rows, concept=concept, metric=metric)
                _draw_places(axes, chosen, matching(ends, concept=concept), places, style)
                spread_strengths(axes, rows["strength"].to_numpy(dtype=float))
            spread_losses(panels[1], matching(rows, concept=concept, metric=_LOSS)["value"])
            if number % facets.columns == 0:
                panels[0].set_ylabel("response\n(nats)")
                panels[1].set_ylabel("neutral loss\n(nats/token)")
        facets.figure.supxlabel(f"strength ({many(unit_of(rows, 'scale'))})")
        depth_key(facets.figure, places, style, _key())
        return facets.figure


def _draw_places(
    axes: Axes,
    rows: pd.DataFrame,
    ends: pd.DataFrame,
    places: list[Place],
    style: FigureStyle,
) -> None:
    response = bool((rows["metric"] == _RESPONSE).any())
    zero_lines(axes, x=0.0, y=0.0 if response else None)
    colours = depth_colours(len(places), style)
    for index, curve in draw_strength_curves(axes, rows, places, style, response).items():
        metrics = _ENDS[_RESPONSE if response else _LOSS]
        here = at_place(ends, places[index])
        here = here[here["metric"].isin(metrics) & here["value"].notna()]
        reached = here if not response else here[~at_bound(here)]
        for strength in reached["value"]:
            height = float(np.interp(strength, curve.x, curve.value))
            _mark(axes, float(strength), height, colours[index], response)


def at_bound(ends: pd.DataFrame) -> "pd.Series[bool]":
    """Which ends of a rising range are only the end of what was tried; columns value, bound."""
    return ends["value"].abs() == ends["bound"].abs()


def _mark(axes: Axes, strength: float, height: float, colour: Colour, ring: bool) -> None:
    axes.plot(
        [strength],
        [height],
        linestyle="",
        marker="o" if ring else "x",
        markersize=4.5,
        markeredgewidth=1.0,
        markerfacecolor="white",
        markeredgecolor=colour,
        label="end of the rising range" if ring else "loss doubled",
        zorder=4,
    )


def _key() -> list[Line2D]:
    ring = Line2D([], [], linestyle="", marker="o", label="response stops rising")
    cross = Line2D([], [], linestyle="", marker="x", label="loss doubled")
    for handle in (ring, cross):
        handle.set(
            markersize=4.5, markeredgewidth=1.0, markerfacecolor="white", markeredgecolor="0.2"
        )
    return [ring, cross]
