"""Is what can be read also what steers: selectivity of the probe against effect of the push."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.depth_colours import depth_colours, depth_key, depth_marker
from probesteer.figures.facets import facet_figure, note_figure
from probesteer.figures.marks import zero_lines
from probesteer.figures.places import phrase, places_of
from probesteer.figures.rows import by_place, checked, concepts_of, matching
from probesteer.figures.style import BAND_GREY, FigureStyle
from probesteer.places import Place

COLUMNS = ("model", "concept", "site", "layer", "metric", "value", "low", "high", "bound")
_KEY = ["concept", "site", "layer"]
_OTHERS: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 3}
_READ, _STEERED = "selectivity", "effect_at_cost"


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """One panel a concept, one point a place, the other concepts' points in grey.

    table: decodable_vs_steerable. Raises ProbesteerError where it is empty.
    """
    rows = checked(table, COLUMNS, "decodable_vs_steerable")
    points = read_and_steered(rows)
    with style.applied():
        if points.empty:
            return note_figure(style, "Selectivity and effect were not measured together.")
        places = places_of(points)
        facets = facet_figure(concepts_of(points), style, share_y=True)
        for concept, (axes,) in facets.panels.items():
            zero_lines(axes, x=0.0)
            others = points[points["concept"] != concept]
            axes.plot(others["read"], others["steered"], color=BAND_GREY, zorder=0, **_OTHERS)
            _draw_places(axes, matching(points, concept=concept), places, style)
        facets.figure.supxlabel("selectivity (accuracy over control tasks)")
        cost = float(matching(rows, metric=_STEERED)["bound"].iloc[0])
        facets.figure.supylabel(f"effect (nats)\nat a KL of {cost:g} nats")
        handle = Line2D([], [], color=BAND_GREY, label="other concepts", **_OTHERS)
        extra = [handle] if len(facets.panels) > 1 else []
        depth_key(facets.figure, places, style, extra)
        return facets.figure


def read_and_steered(rows: pd.DataFrame) -> pd.DataFrame:
    """Both numbers of the places that have them: columns read and steered, with _low and _high."""
    both = [
        matching(rows, metric=metric)
        .dropna(subset=["value"])
        .set_index(_KEY)[["value", "low", "high"]]
        .rename(columns={"value": name, "low": f"{name}_low", "high": f"{name}_high"})
        for metric, name in ((_READ, "read"), (_STEERED, "steered"))
    ]
    return both[0].join(both[1], how="inner").reset_index()


def _draw_places(axes: Axes, points: pd.DataFrame, places: list[Place], style: FigureStyle) -> None:
    colours, shown = depth_colours(len(places), style), list(by_place(points, places))
    in_order = pd.concat([point for _, point in shown])
    axes.plot(in_order["read"], in_order["steered"], color="0.6", linewidth=0.5, zorder=1)
    for index, point in shown:
        one = point.iloc[0]
        axes.plot(
            [one["read"]],
            [one["steered"]],
            linestyle="",
            marker=depth_marker(index, len(places)),
            markersize=4,
            color=colours[index],
            label=phrase(places[index]),
            zorder=3,
        )
        across, upwards = (
            (one[f"{name}_low"], one[f"{name}_high"]) for name in ("read", "steered")
        )
        if np.isfinite(across).all():
            axes.plot(across, [one["steered"]] * 2, color=colours[index], linewidth=0.7, zorder=2)
        if np.isfinite(upwards).all():
            axes.plot([one["read"]] * 2, upwards, color=colours[index], linewidth=0.7, zorder=2)
