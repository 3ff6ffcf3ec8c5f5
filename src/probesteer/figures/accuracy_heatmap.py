"""Concepts by layers at a glance: test accuracy as a grid."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from probesteer.figures.facets import new_figure, note_figure, wrapped
from probesteer.figures.heatmaps import draw_heatmap
from probesteer.figures.places import axis_label, places_of, tick_indices
from probesteer.figures.rows import checked, concepts_of, curve_over_places, matching
from probesteer.figures.style import FigureStyle

COLUMNS = ("model", "concept", "site", "layer", "method", "split", "metric", "value")
_MOST_ANNOTATED = 20  # columns; a number needs about 0.25 inches


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """Accuracy of the logistic probe on the test split, one row a concept, one column a place.

    table: probes. Raises ProbesteerError where it is empty.
    """
    rows = matching(
        checked(table, COLUMNS, "probes"), split="test", metric="accuracy", method="logistic"
    )
    places = places_of(rows)
    with style.applied():
        if not places:
            return note_figure(style, "No test accuracy was measured.")
        concepts = concepts_of(rows)
        values = np.full((len(concepts), len(places)), np.nan)
        for number, concept in enumerate(concepts):
            curve = curve_over_places(matching(rows, concept=concept), places)
            values[number, curve.x.astype(int)] = curve.value
        width = style.column_width_inches if len(places) <= 5 else style.double_width_inches
        figure = new_figure(width, max(1.4, 0.75 + 0.26 * len(concepts)))
        axes = figure.subplots()
        annotation = ".2f" if len(places) <= _MOST_ANNOTATED else None
        mesh = draw_heatmap(axes, values, mpl.colormaps["cividis"], 0.5, 1.0, annotation)
        ticks = tick_indices(places, _MOST_ANNOTATED)
        labels = [axis_label(places[tick]) for tick in ticks]
        axes.set_xticks([tick + 0.5 for tick in ticks], labels)
        axes.set_yticks(
            np.arange(len(concepts)) + 0.5,
            [wrapped(concept, 28, most_lines=2) for concept in concepts],
        )
        axes.set_xlabel("layer (emb = embedding)")
        below = bool((values[np.isfinite(values)] < 0.5).any())
        bar = figure.colorbar(
            mesh,
            ax=axes,
            label="test accuracy",
            pad=0.015,
            fraction=0.05,
            ticks=[0.5, 0.75, 1.0],
            extend="min" if below else "neither",
        )
        bar.outline.set_visible(False)
        return figure
