"""At which token does the concept become readable: accuracy over depth and token position."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from probesteer.figures.facets import facet_figure, note_figure
from probesteer.figures.heatmaps import draw_heatmap
from probesteer.figures.places import axis_label, places_of, tick_indices
from probesteer.figures.rows import checked, concepts_of, curve_over_places, matching
from probesteer.figures.style import FigureStyle
from probesteer.places import Place

COLUMNS = (
    *("model", "concept", "site", "layer", "offset", "method", "draw", "split", "metric", "value"),
)
_MOST_TICKS = 10


def measured(table: pd.DataFrame) -> bool:
    """Whether `table` (positions) has test accuracies."""
    return not _rows(table).empty


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """One grid a concept: test accuracy of the logistic probe, places over token positions.

    table: positions. Raises ProbesteerError where it is empty.
    """
    rows = _rows(checked(table, COLUMNS, "positions"))
    with style.applied():
        if rows.empty:
            return note_figure(style, "No probes of a window of tokens were fitted.")
        places = places_of(rows)
        height = min(3.2, max(1.2, 0.35 + 0.13 * len(places)))
        facets = facet_figure(concepts_of(rows), style, row_height=height)
        offsets = sorted({int(offset) for offset in rows["offset"]})
        for number, (concept, (axes,)) in enumerate(facets.panels.items()):
            mesh = _draw_grid(axes, matching(rows, concept=concept), places, offsets)
            _label_grid(axes, places, offsets, named=number % facets.columns == 0)
        facets.figure.supxlabel("token, counted from the one that is read (0)")
        facets.figure.supylabel("layer (emb = embedding)")
        bar = facets.figure.colorbar(
            mesh,
            ax=facets.figure.axes,
            label="test accuracy (share correct)",
            ticks=[0.5, 0.75, 1.0],
            pad=0.015,
            fraction=0.05,
            extend="min" if bool((rows["value"] < 0.5).any()) else "neither",
        )
        bar.outline.set_visible(False)
        return facets.figure


def _draw_grid(axes: Axes, rows: pd.DataFrame, places: list[Place], offsets: list[int]) -> QuadMesh:
    """The first place at the bottom, as data flows up; tokens in the order of the text."""
    values = np.full((len(places), len(offsets)), np.nan)
    for column, offset in enumerate(offsets):
        curve = curve_over_places(matching(rows, offset=offset), places)
        values[curve.x.astype(int), column] = curve.value
    mesh = draw_heatmap(axes, values, mpl.colormaps["cividis"], 0.5, 1.0, None)
    axes.set_ylim(0, len(places))
    return mesh


def _label_grid(axes: Axes, places: list[Place], offsets: list[int], *, named: bool) -> None:
    step = -(-len(offsets) // _MOST_TICKS)
    shown = [index for index, offset in enumerate(offsets) if offset % step == 0]
    axes.set_xticks([index + 0.5 for index in shown], [f"{offsets[index]:d}" for index in shown])
    ticks = tick_indices(places, _MOST_TICKS)
    labels = [axis_label(places[tick]) if named else "" for tick in ticks]
    axes.set_yticks([tick + 0.5 for tick in ticks], labels)


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    return matching(table, method="logistic", split="test", metric="accuracy", draw=-1)
