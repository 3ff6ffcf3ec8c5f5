"""Concepts by layers at a glance: test accuracy, or R² of real numbers, as a grid."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from probesteer.figures.facets import new_figure, note_figure, wrapped
from probesteer.figures.heatmaps import draw_heatmap
from probesteer.figures.places import axis_label, places_of, tick_indices
from probesteer.figures.rows import checked, concepts_of, curve_over_places, matching
from probesteer.figures.style import FigureStyle
from probesteer.probe_rows import guess, is_real, of_probe, of_reading

COLUMNS = ("model", "concept", "site", "layer", "method", "split", "metric", "value")
_MOST_ANNOTATED = 20  # columns; a number needs about 0.25 inches


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """What the probe reaches on the test split, one row a concept, one column a place.

    The numbers are accuracies, or R² where labels are real numbers. Where a guess reaches the same
    on all concepts the colours are those of the numbers; otherwise of the share of the way from a
    guess to all right. table: probes. Raises ProbesteerError where it is empty.
    """
    rows = of_probe(of_reading(matching(checked(table, COLUMNS, "probes"), split="test")))
    places = places_of(rows)
    with style.applied():
        if not places:
            return note_figure(style, "No test accuracy was measured.")
        concepts = concepts_of(rows)
        values = np.full((len(concepts), len(places)), np.nan)
        for number, concept in enumerate(concepts):
            curve = curve_over_places(matching(rows, concept=concept), places)
            values[number, curve.x.astype(int)] = curve.value
        guesses = np.array([guess(matching(table, concept=concept)) for concept in concepts])
        real = [is_real(matching(rows, concept=concept)) for concept in concepts]
        alike = len(set(guesses)) == 1
        lowest = float(guesses[0]) if alike else 0.0
        coloured = values if alike else (values - guesses[:, None]) / (1 - guesses[:, None])
        width = style.column_width_inches if len(places) <= 5 else style.double_width_inches
        figure = new_figure(width, max(1.4, 0.75 + 0.26 * len(concepts)))
        axes = figure.subplots()
        annotation = ".2f" if len(places) <= _MOST_ANNOTATED else None
        colours = mpl.colormaps["cividis"]
        mesh = draw_heatmap(axes, coloured, colours, lowest, 1.0, annotation, values)
        ticks = tick_indices(places, _MOST_ANNOTATED)
        labels = [axis_label(places[tick]) for tick in ticks]
        axes.set_xticks([tick + 0.5 for tick in ticks], labels)
        mixed = len(set(real)) > 1
        names = [
            f"{concept} (R²)" if mixed and of_numbers else concept
            for concept, of_numbers in zip(concepts, real, strict=True)
        ]
        axes.set_yticks(
            np.arange(len(concepts)) + 0.5, [wrapped(name, 28, most_lines=2) for name in names]
        )
        axes.set_xlabel("layer (emb = embedding)")
        below = bool((coloured[np.isfinite(coloured)] < lowest).any())
        bar = figure.colorbar(
            mesh,
            ax=axes,
            label="test R²" if all(real) else "accuracy or R²" if any(real) else "test accuracy",
            pad=0.015,
            fraction=0.05,
            ticks=[lowest, (lowest + 1) / 2, 1.0],
            extend="min" if below else "neither",
        )
        if not alike:
            bar.ax.set_yticks([0.0, 0.5, 1.0], ["a guess", "half way", "all right"])
        bar.outline.set_visible(False)
        return figure
