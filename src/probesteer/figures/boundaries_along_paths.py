"""Boundaries and changed predictions along rays through activations, and along pushes."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from probesteer.figures.depth_colours import KEY_LIMIT, depth_colours, depth_key
from probesteer.figures.facets import facet_figure, note_figure
from probesteer.figures.marks import draw_curve, spread_strengths, zero_lines
from probesteer.figures.places import phrase, places_of
from probesteer.figures.rows import (
    by_place,
    checked,
    concepts_of,
    curve_over,
    matching,
)
from probesteer.figures.style import FigureStyle
from probesteer.figures.units import many, one, unit_of
from probesteer.places import Place

COLUMNS = (
    *("model", "concept", "site", "layer", "network", "path", "method", "unit", "strength"),
    *("metric", "value", "low", "high"),
)
_PUSHED = "difference_of_means"
_FEW = 10.0  # boundaries per unit below which the axis of rays is linear


def rays_measured(table: pd.DataFrame) -> bool:
    """Whether `table` (polytopes) has rays."""
    return not _along(table, "ray", "activations").empty


def pushes_measured(table: pd.DataFrame) -> bool:
    """Whether `table` (polytopes) has pushes along the difference of means."""
    return not _along(table, "push", _PUSHED).empty


def draw_rays(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """Two panels a concept over the factor: boundaries, and predictions changed.

    Dashed: Gaussian noise. table: polytopes. Raises ProbesteerError where it is empty.
    """
    checked(table, COLUMNS, "polytopes")
    with style.applied():
        rows = _along(table, "ray", "activations")
        if rows.empty:
            return note_figure(style, "No ray was measured.")
        noise = _along(table, "ray", "noise")
        figure, panels, places = _panels(rows, style, "boundaries\nper factor of 1")
        for concept, (above, below) in panels.items():
            _draw_places(above, below, matching(rows, concept=concept), places, style, "-")
            _draw_places(above, below, matching(noise, concept=concept), places, style, ":")
            for axes in (above, below):
                zero_lines(axes, x=1.0)
            # Near the origin there may be a hundred times as many as elsewhere.
            above.set_yscale("symlog", linthresh=_FEW)
            above.yaxis.set_major_locator(FixedLocator([0, 10, 100, 1000, 10_000]))
            above.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            above.yaxis.set_minor_locator(NullLocator())
        figure.supxlabel("factor by which the activation is multiplied")
        dotted = Line2D([], [], color="0.3", linestyle=":", label="Gaussian noise")
        depth_key(figure, places, style, [] if noise.empty else [dotted])
        return figure


def draw_pushes(table: pd.DataFrame, style: FigureStyle, sensitivity: pd.DataFrame) -> Figure:
    """Two panels a concept over strength: boundaries per unit, and predictions changed.

    Dotted: mean over random directions. Rings: ends of the working range. tables: polytopes,
    sensitivity. Raises ProbesteerError where the first is empty.
    """
    checked(table, COLUMNS, "polytopes")
    with style.applied():
        rows = _along(table, "push", _PUSHED)
        if rows.empty:
            return note_figure(style, "No push was measured.")
        unit = unit_of(rows, "polytopes")
        trained = table[(table["network"] == "trained") & (table["path"] == "push")]
        random = trained[trained["method"].str.startswith("random")]
        figure, panels, places = _panels(rows, style, f"boundaries\nper {one(unit)}")
        for concept, (above, below) in panels.items():
            own, drawn = (matching(each, concept=concept) for each in (rows, random))
            _draw_places(above, below, own, places, style, "-")
            _draw_places(above, below, _over_draws(drawn), places, style, ":")
            _draw_ends(above, own, matching(sensitivity, concept=concept), places, style)
            for axes in (above, below):
                zero_lines(axes, x=0.0)
                spread_strengths(axes, rows["strength"].to_numpy(dtype=float))
        figure.supxlabel(f"strength ({many(unit)})")
        dotted = Line2D([], [], color="0.3", linestyle=":", label="random directions")
        depth_key(figure, places, style, [] if random.empty else [dotted])
        return figure


def _along(table: pd.DataFrame, path: str, method: str) -> pd.DataFrame:
    return matching(table, path=path, method=method, network="trained")


def _panels(
    rows: pd.DataFrame, style: FigureStyle, label: str
) -> tuple[Figure, Mapping[str, list[Axes]], list[Place]]:
    facets = facet_figure(concepts_of(rows), style, rows_each=2, row_height=1.05)
    for number, (above, below) in enumerate(facets.panels.values()):
        below.set_ylim(-0.05, 1.05)
        if number % facets.columns == 0:
            above.set_ylabel(label)
            below.set_ylabel("prediction\nchanged (share)")
    return facets.figure, facets.panels, places_of(rows)


def _draw_places(
    above: Axes,
    below: Axes,
    rows: pd.DataFrame,
    places: list[Place],
    style: FigureStyle,
    line_style: str,
) -> None:
    colours = depth_colours(len(places), style)
    few = len(places) <= KEY_LIMIT and line_style == "-"
    for axes, metric in ((above, "crossings"), (below, "prediction_changed")):
        for index, line in by_place(matching(rows, metric=metric), places):
            draw_curve(
                axes,
                curve_over(line, "strength"),
                colours[index],
                phrase(places[index]),
                marker="",
                line_style=line_style,
                intervals=few,
            )
    above.set_ylim(bottom=0)


def _draw_ends(
    axes: Axes,
    rows: pd.DataFrame,
    sensitivity: pd.DataFrame,
    places: list[Place],
    style: FigureStyle,
) -> None:
    """A ring on each curve at both ends of the range in which the response rises."""
    colours = depth_colours(len(places), style)
    ends = sensitivity[
        sensitivity["metric"].isin(("monotone_low", "monotone_high"))
        & (sensitivity["method"] == _PUSHED)
        & (sensitivity["operator"] == "add")
    ]
    for index, found in by_place(ends, places):
        curve = dict(by_place(matching(rows, metric="crossings"), places)).get(index)
        if curve is None:
            continue
        drawn = curve.sort_values("strength")
        for end, limit in zip(found["value"], found["bound"], strict=True):
            nearest = (drawn["strength"] - end).abs()
            # Not where the range ends beyond what was walked, or has no end that was found.
            if end == limit or not nearest.min() < 1:
                continue
            at = drawn.loc[nearest.idxmin()]
            axes.plot(
                [end], [at["value"]], "o", mfc="none", mec=colours[index], mew=1.0, ms=5, zorder=4
            )


def _over_draws(rows: pd.DataFrame) -> pd.DataFrame:
    """The mean over the random directions at each place and strength."""
    keys = ["site", "layer", "metric", "strength"]
    means = rows.groupby(keys, sort=False)["value"].mean().reset_index()
    return means.assign(low=float("nan"), high=float("nan"))
