"""How far a direction hangs on the examples: cosines with those of resampled groups over depth."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from probesteer.figures.direction_agreement import method_key
from probesteer.figures.facets import facet_figure, label_places, legend_above, note_figure
from probesteer.figures.marks import draw_curve, zero_lines
from probesteer.figures.method_names import estimated, method_look, method_name
from probesteer.figures.places import places_of
from probesteer.figures.rows import checked, concepts_of, curve_over_places, lowest_end, matching
from probesteer.figures.style import FigureStyle

COLUMNS = ("model", "concept", "site", "layer", "method", "other_layer", "metric", "value")
_SPREAD = 0.5  # of the places' distance: over which the methods of one place stand side by side


def measured(table: pd.DataFrame) -> bool:
    """Whether `table` (agreement) has directions of resampled groups."""
    return bool((table["metric"] == "resample_cosine").any())


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """One panel a concept, one line a method: mean cosine with its own resamples.

    table: agreement. Raises ProbesteerError where it is empty.
    """
    rows = matching(checked(table, COLUMNS, "agreement"), metric="resample_cosine")
    methods = estimated(rows["method"])
    with style.applied():
        if not methods:
            return note_figure(style, "No direction was fitted to resampled groups.")
        places = places_of(rows)
        facets = facet_figure(concepts_of(rows), style, share_y=True, row_height=1.5)
        offsets = np.linspace(-_SPREAD / 2, _SPREAD / 2, len(methods)) if len(methods) > 1 else [0]
        for concept, (axes,) in facets.panels.items():
            zero_lines(axes)
            for method, offset in zip(methods, offsets, strict=True):
                own = matching(rows, concept=concept, method=method)
                colour, marker = method_look(method, style)
                draw_curve(
                    axes,
                    curve_over_places(own, places),
                    colour,
                    method_name(method),
                    marker=marker,
                    offset=float(offset),
                )
            label_places(axes, places, facets.tick_limit)
        lowest = lowest_end(rows)
        axes.set_ylim(min(-0.05, lowest - 0.05) if np.isfinite(lowest) else -0.05, 1.05)
        facets.figure.supxlabel("layer (emb = embedding)")
        facets.figure.supylabel("cosine with the direction\nof resampled groups")
        legend_above(facets.figure, method_key(methods, style), 2 if facets.columns == 1 else 4)
        return facets.figure
