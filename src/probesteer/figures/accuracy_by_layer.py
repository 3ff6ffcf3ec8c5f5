"""Where a probe reads the concept: test accuracy over depth, beside its controls."""

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.facets import (
    facet_figure,
    label_places,
    legend_above,
    note_figure,
)
from probesteer.figures.marks import band_handle, draw_band, draw_curve
from probesteer.figures.places import on_stream, places_of, stream_name, streams_of
from probesteer.figures.rows import checked, concepts_of, curve_over_places, lowest_end, matching
from probesteer.figures.style import BAND_GREY, Colour, FigureStyle
from probesteer.places import Place

COLUMNS = ("model", "concept", "site", "layer", "method", "draw", "split", "metric", "value")
CHANCE = 0.5
_METHODS = ("logistic", "untrained", "bag_of_tokens", "shuffled_labels")


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """One panel a concept: accuracy of the logistic probe over places, test split.

    table: probes. Raises ProbesteerError where it is empty.
    """
    rows = matching(checked(table, COLUMNS, "probes"), split="test", metric="accuracy", draw=-1)
    rows = rows[rows["method"].isin(_METHODS)]
    places = places_of(rows)
    with style.applied():
        if not places:
            return note_figure(style, "No test accuracy was measured.")
        facets = facet_figure(concepts_of(rows), style, share_y=True)
        for concept, (axes,) in facets.panels.items():
            _draw_concept(axes, matching(rows, concept=concept), places, style)
            label_places(axes, places, facets.tick_limit)
        axes.set_ylim(max(min(0.45, lowest_end(rows) - 0.03), 0.0), 1.02)
        facets.figure.supxlabel("layer (emb = embedding)")
        facets.figure.supylabel("test accuracy (share correct)")
        key = _key(rows, places, style)
        legend_above(facets.figure, key, columns=2 if facets.columns == 1 else 5)
        return facets.figure


def _draw_concept(axes: Axes, rows: pd.DataFrame, places: list[Place], style: FigureStyle) -> None:
    _, tokens, untrained = style.categories(3)
    draw_band(axes, curve_over_places(matching(rows, method="shuffled_labels"), places))
    axes.axhline(CHANCE, color="0.35", linewidth=0.7, linestyle=":", zorder=1)
    baseline = matching(rows, method="bag_of_tokens")["value"]
    if not baseline.empty:
        axes.axhline(baseline.iloc[0], color=tokens, linewidth=1.0, linestyle="--", zorder=2)
    fitted = matching(rows, method="logistic")
    lines = _lines(places, style)
    for site, (colour, label) in lines.items():
        draw_curve(axes, curve_over_places(on_stream(fitted, site), places), colour, label)
    several = len(lines) > 1
    reinitialised = matching(rows, method="untrained")
    for site, (colour, label) in lines.items():
        curve = curve_over_places(on_stream(reinitialised, site), places)
        if several:
            name = f"{label}, untrained"
            line = draw_curve(
                axes, curve, colour, name, marker="", line_style="-.", intervals=False
            )
            line.set_linewidth(0.8)
        else:
            draw_curve(axes, curve, untrained, "untrained model", marker="s", offset=0.12)


def _lines(places: list[Place], style: FigureStyle) -> dict[str, tuple[Colour, str]]:
    """Colour and name of each site's line; a line that ran through several would only zigzag."""
    sites = streams_of(places)
    if len(sites) == 1:
        return {sites[0]: (style.categories(1)[0], "logistic probe")}
    # The second colour is that of the bag of tokens.
    first, _, *others = style.categories(len(sites) + 1)
    return {
        site: (colour, stream_name(site))
        for site, colour in zip(sites, [first, *others], strict=True)
    }


def _key(rows: pd.DataFrame, places: list[Place], style: FigureStyle) -> list[Artist]:
    _, tokens, untrained = style.categories(3)
    methods = set(rows["method"])
    lines = _lines(places, style)
    key: list[Artist] = [
        Line2D([], [], color=colour, marker="o", label=f"{label}, 95%")
        for colour, label in lines.values()
    ]
    if "untrained" in methods:
        several = len(lines) > 1
        key.append(
            Line2D([], [], color="0.35", linestyle="-.", label="untrained model")
            if several
            else Line2D([], [], color=untrained, marker="s", label="untrained model, 95%")
        )
    if "bag_of_tokens" in methods:
        key.append(Line2D([], [], color=tokens, linestyle="--", label="bag of tokens"))
    if "shuffled_labels" in methods:
        key.append(band_handle("shuffled labels ± sd", BAND_GREY))
    key.append(Line2D([], [], color="0.35", linewidth=0.7, linestyle=":", label="chance"))
    return key
