"""Does pushing along the direction move the model: effect against strength."""

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.depth_colours import depth_key
from probesteer.figures.facets import facet_figure, note_figure
from probesteer.figures.marks import (
    band_handle,
    draw_band,
    spread_strengths,
    zero_lines,
)
from probesteer.figures.places import places_of
from probesteer.figures.rows import (
    checked,
    concepts_of,
    first_split,
    matching,
    random_range,
)
from probesteer.figures.strength_curves import draw_strength_curves
from probesteer.figures.style import Colour, FigureStyle
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
_ASKED: Colour = (0.80, 0.20, 0.15)
_WHERE = {"from_last": "from the last prompt token on", "all": "at all tokens"}


def draw(
    table: pd.DataFrame,
    style: FigureStyle,
    prompting: pd.DataFrame | None = None,
    *,
    positions: str = "from_last",
) -> Figure:
    """One panel a concept, one line a place: change of the logit difference over strength.

    table: steering; prompting: what asking in words does, a level line for either side of a
    concept. Raises ProbesteerError where `table` is empty.
    """
    checked(table, COLUMNS, "steering")
    rows = first_split(matching(table, metric="logit_difference_change", positions=positions))
    pushes = matching(rows, method="difference_of_means")
    random = matching(rows, method="random")
    asked = _asked(prompting)
    with style.applied():
        if pushes.empty:
            return note_figure(style, f"Steering {_WHERE[positions]} was not measured.")
        places = places_of(pushes)
        facets = facet_figure(concepts_of(pushes), style)
        for concept, (axes,) in facets.panels.items():
            draw_band(axes, random_range(matching(random, concept=concept), "strength"))
            _draw_asked(axes, matching(asked, concept=concept))
            _draw_places(axes, matching(pushes, concept=concept), places, style)
            spread_strengths(axes, pushes["strength"].to_numpy(dtype=float))
        unit = many(unit_of(pushes, "steering"))
        facets.figure.supxlabel(f"strength ({unit}), added {_WHERE[positions]}")
        facets.figure.supylabel("change of logit difference (nats)")
        extra: list[Artist] = []
        if not random.empty:
            extra.append(band_handle("random directions, range"))
        if asked["concept"].isin(facets.panels).any():
            extra.append(Line2D([], [], color=_ASKED, linestyle=":", label="in words"))
        depth_key(facets.figure, places, style, extra)
        return facets.figure


def _asked(prompting: pd.DataFrame | None) -> pd.DataFrame:
    """The change of the logit difference when a concept is asked for in words."""
    if prompting is None or prompting.empty:
        return pd.DataFrame(columns=["concept", "strength", "value"])
    return first_split(matching(prompting, metric="logit_difference_change", method="prompting"))


def _draw_asked(axes: Axes, rows: pd.DataFrame) -> None:
    """A level line for each side, marked at its end: up for label 1, down for label 0."""
    for strength, value in zip(rows["strength"], rows["value"], strict=True):
        axes.axhline(float(value), color=_ASKED, linestyle=":", linewidth=1.0, zorder=2)
        axes.plot(
            [1.0],
            [float(value)],
            color=_ASKED,
            marker="^" if strength > 0 else "v",
            transform=axes.get_yaxis_transform(),
            clip_on=False,
            label=f"asked {strength:+g}",
        )


def _draw_places(axes: Axes, rows: pd.DataFrame, places: list[Place], style: FigureStyle) -> None:
    zero_lines(axes, x=0.0)
    draw_strength_curves(axes, rows, places, style)
