"""Directions of two checkpoints of one model: angles, and what one does in the other."""

from collections.abc import Iterator

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.facets import Facets, facet_figure, label_places, legend_above, note_figure
from probesteer.figures.marks import (
    MARKERS,
    band_handle,
    draw_band,
    draw_curve,
    marker_key,
    zero_lines,
)
from probesteer.figures.places import on_stream, places_of
from probesteer.figures.rows import (
    MEASURED,
    Curve,
    checked,
    curve_over_places,
    lowest_end,
    matching,
)
from probesteer.figures.style import GREY, FigureStyle
from probesteer.places import Place

_METHODS = {"difference_of_means": "difference of means", "logistic": "logistic"}
_ANGLES = ("corrected", "halves_within")
_DIRECTIONS = {"transferred": "the first model's direction", "own": "the second's own"}
_PANELS = {
    ("logistic", "accuracy"): "accuracy\n(share)",
    ("logistic", "accuracy_as_stored"): "threshold as\nfitted (share)",
    ("difference_of_means", "slope"): "slope (nats per\nclass difference)",
}


def measured(table: pd.DataFrame) -> bool:
    """Whether checkpoints were compared: `table` is shifts."""
    return not _rows(table).empty


def draw_angles(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """A panel a concept and pair: angle between the models by layer, two methods, each beside the
    angle between directions of halves of the examples of one model.

    table: shifts. Raises ProbesteerError where it is empty.
    """
    checked(table, MEASURED, "shifts")
    with style.applied():
        rows = matching(_rows(table), metric="angle")
        if rows.empty:
            return note_figure(style, "No angles were measured.")
        places = places_of(rows)
        looks = dict(zip(_METHODS, style.categories(len(_METHODS)), strict=True))
        facets = facet_figure(_titles(rows), style, row_height=1.5, share_y=True)
        for axes, own in _single(facets, rows):
            zero_lines(axes, y=90.0)
            for at, (method, colour) in enumerate(looks.items()):
                here = matching(own, method=method)
                curves = [_curve(here, name, places) for name in _ANGLES]
                shift = 0.08 * at - 0.04
                draw_curve(axes, curves[0], colour, method, marker=MARKERS[at], offset=shift)
                draw_curve(
                    axes,
                    curves[1],
                    colour,
                    f"{method}, halves",
                    marker="",
                    line_style=":",
                    offset=shift,
                    intervals=False,
                )
            axes.set_ylim(-4, 104)
            axes.set_yticks([0, 30, 60, 90])
            label_places(axes, places, facets.tick_limit)
        facets.figure.supylabel("angle (degrees)")
        facets.figure.supxlabel("layer")
        halves = Line2D([], [], color=GREY, linestyle=":", label="two halves of the examples")
        legend_above(facets.figure, [*marker_key(_METHODS, looks), halves], _columns(facets))
        return facets.figure


def draw_transfer(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """Three panels a concept and pair, by layer: accuracy in the second model along the first's
    direction and along its own, with either threshold, and slopes of pushes along both.

    table: shifts. Raises ProbesteerError where it is empty.
    """
    checked(table, MEASURED, "shifts")
    with style.applied():
        rows = _rows(table)
        rows = rows[rows["metric"].isin([metric for _, metric in _PANELS])]
        if rows.empty:
            return note_figure(style, "No readings or slopes were measured.")
        places = places_of(rows)
        shares = rows["direction"].isin((*_DIRECTIONS, "random")) & (rows["metric"] != "slope")
        lowest = lowest_end(rows[shares])
        looks = dict(zip(_DIRECTIONS, style.categories(len(_DIRECTIONS)), strict=True))
        facets = facet_figure(_titles(rows), style, rows_each=len(_PANELS), row_height=1.05)
        for number, (title, panels) in enumerate(facets.panels.items()):
            for axes, ((method, metric), label) in zip(panels, _PANELS.items(), strict=True):
                own = _titled(rows, title)
                own = matching(own, method=method, metric=metric)
                zero_lines(axes, y=0.0 if metric == "slope" else 0.5)
                draw_band(axes, _curve(own, "random", places))
                for at, (direction, colour) in enumerate(looks.items()):
                    curve = _curve(own, direction, places)
                    shift = 0.08 * at - 0.04
                    draw_curve(axes, curve, colour, direction, marker=MARKERS[at], offset=shift)
                if metric != "slope":
                    axes.set_ylim(min(0.35, lowest - 0.05), 1.05)
                label_places(axes, places, facets.tick_limit)
                if number % facets.columns == 0:
                    axes.set_ylabel(label)
        facets.figure.supxlabel("layer")
        handles = [*marker_key(_DIRECTIONS, looks), band_handle("random directions")]
        legend_above(facets.figure, handles, _columns(facets))
        return facets.figure


def _columns(facets: Facets) -> int | None:
    """One entry a row of the legend where the figure is narrow."""
    return 1 if len(facets.panels) == 1 else None


def _single(facets: Facets, rows: pd.DataFrame) -> Iterator[tuple[Axes, pd.DataFrame]]:
    """The one panel of each title, and its rows."""
    for title, (axes,) in facets.panels.items():
        yield axes, _titled(rows, title)


def _curve(rows: pd.DataFrame, direction: str, places: list[Place]) -> Curve:
    return curve_over_places(matching(rows, direction=direction), places)


def _titles(rows: pd.DataFrame) -> list[str]:
    return [str(title) for title in rows["title"].unique()]


def _titled(rows: pd.DataFrame, title: str) -> pd.DataFrame:
    return matching(rows, title=title)


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    """Those of checkpoints in the residual stream, with the title of their panel."""
    compared = matching(table, shift="checkpoint")
    rows = on_stream(compared[compared["method"].isin(_METHODS)], "resid_post")
    title = rows["concept"] + " in " + rows["other"]
    return rows.assign(title=title)
