"""Is it one direction through the network: cosines between the layers."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from probesteer.figures.direction_stability import COLUMNS
from probesteer.figures.facets import facet_figure, note_figure
from probesteer.figures.heatmaps import draw_heatmap
from probesteer.figures.places import axis_label, on_stream, places_of, tick_indices
from probesteer.figures.rows import checked, concepts_of, matching
from probesteer.figures.style import FigureStyle

_METHOD = "difference_of_means"


def measured(table: pd.DataFrame) -> bool:
    """Whether `table` (agreement) has cosines between layers."""
    return not _rows(table).empty


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """One panel a concept: the difference of means at each block's output against all others.

    table: agreement. Raises ProbesteerError where it is empty.
    """
    rows = _rows(checked(table, COLUMNS, "agreement"))
    with style.applied():
        if rows.empty:
            return note_figure(style, "No cosines between layers were measured.")
        places = places_of(rows)
        layers = [place.layer for place in places]
        facets = facet_figure(concepts_of(rows), style, share_y=True, row_height=1.6)
        ticks = tick_indices(places, min(9, facets.tick_limit))
        marks = [tick + 0.5 for tick in ticks]
        names = [axis_label(places[tick]) for tick in ticks]
        panels = [axes for (axes,) in facets.panels.values()]
        for concept, axes in zip(facets.panels, panels, strict=True):
            values = layer_matrix(matching(rows, concept=concept), layers)
            mesh = draw_heatmap(axes, values, mpl.colormaps["RdBu_r"], -1.0, 1.0, None)
            axes.set_xticks(marks, names)
            axes.set_yticks(marks, names)
        facets.figure.supxlabel("layer")
        facets.figure.supylabel("layer")
        bar = facets.figure.colorbar(
            mesh, ax=panels, label="cosine", ticks=[-1, -0.5, 0, 0.5, 1], shrink=0.8, pad=0.015
        )
        bar.outline.set_visible(False)
        return facets.figure


def layer_matrix(rows: pd.DataFrame, layers: list[int]) -> NDArray[np.float64]:
    """Cosines [layers, layers] from rows of one concept, site and method; NaN where unknown."""
    index = {layer: at for at, layer in enumerate(layers)}
    matrix = np.full((len(layers), len(layers)), np.nan)
    for one, other, value in zip(rows["layer"], rows["other_layer"], rows["value"], strict=True):
        if one in index and other in index:
            matrix[index[one], index[other]] = value
    return matrix


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    """Those of the blocks' outputs, where they are compared."""
    wanted = matching(table, metric="layer_cosine", method=_METHOD)
    own = wanted[wanted["site"] == "resid_post"]
    return own if not own.empty else on_stream(wanted, next(iter(wanted["site"]), "resid_post"))
