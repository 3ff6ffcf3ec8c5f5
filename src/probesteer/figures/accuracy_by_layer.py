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
from probesteer.figures.places import places_of
from probesteer.figures.rows import checked, concepts_of, curve_over_places, matching
from probesteer.figures.style import BAND_GREY, FigureStyle
from probesteer.places import Place

COLUMNS = ("model", "concept", "site", "layer", "method", "draw", "split", "metric", "value")
CHANCE = 0.5


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """One panel a concept: accuracy of the logistic probe over places, test split.

    table: probes. Raises ProbesteerError where it is empty.
    """
    rows = matching(checked(table, COLUMNS, "probes"), split="test", metric="accuracy")
    places = places_of(rows)
    with style.applied():
        if not places:
            return note_figure(style, "No test accuracy was measured.")
        facets = facet_figure(concepts_of(table), style, share_y=True)
        for concept, (axes,) in facets.panels.items():
            _draw_concept(axes, matching(rows, concept=concept), places, style)
            label_places(axes, places, facets.tick_limit)
        lowest = min(0.45, float(rows["low"].min()) - 0.03, float(rows["value"].min()) - 0.03)
        axes.set_ylim(max(lowest, 0.0) if lowest == lowest else 0.45, 1.02)
        facets.figure.supxlabel("layer (emb = embedding)")
        facets.figure.supylabel("test accuracy (share correct)")
        legend_above(facets.figure, _key(rows, style), columns=2 if facets.columns == 1 else 4)
        return facets.figure


def _draw_concept(axes: Axes, rows: pd.DataFrame, places: list[Place], style: FigureStyle) -> None:
    probe, tokens = style.categories(2)
    null = matching(rows, method="shuffled_labels", draw=-1)
    draw_band(axes, curve_over_places(null, places))
    axes.axhline(CHANCE, color="0.35", linewidth=0.7, linestyle=":", zorder=1)
    baseline = matching(rows, method="bag_of_tokens")["value"]
    if not baseline.empty:
        axes.axhline(baseline.iloc[0], color=tokens, linewidth=1.0, linestyle="--", zorder=2)
    curve = curve_over_places(matching(rows, method="logistic"), places)
    draw_curve(axes, curve, probe, "logistic probe")


def _key(rows: pd.DataFrame, style: FigureStyle) -> list[Artist]:
    probe, tokens = style.categories(2)
    methods = set(rows["method"])
    key: list[Artist] = [Line2D([], [], color=probe, marker="o", label="logistic probe, 95%")]
    if "bag_of_tokens" in methods:
        key.append(Line2D([], [], color=tokens, linestyle="--", label="bag of tokens"))
    if "shuffled_labels" in methods:
        key.append(band_handle("shuffled labels ± sd", BAND_GREY))
    key.append(Line2D([], [], color="0.35", linewidth=0.7, linestyle=":", label="chance"))
    return key
