"""Do the concepts share directions: cosines between them at two depths."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from probesteer.figures.facets import new_figure, note_figure, shortened
from probesteer.figures.heatmaps import draw_heatmap
from probesteer.figures.places import at_place, phrase, places_of
from probesteer.figures.rows import checked, concepts_of, matching
from probesteer.figures.style import FigureStyle

COLUMNS = (
    "model",
    "site",
    "layer",
    "concept",
    "method",
    "other_concept",
    "other_method",
    "value",
)
_MOST_ANNOTATED = 9  # concepts


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """Cosine between the difference-of-means directions at the middle and the last place.

    table: cosines. Raises ProbesteerError where it is empty.
    """
    rows = matching(
        checked(table, COLUMNS, "cosines"),
        method="difference_of_means",
        other_method="difference_of_means",
    )
    concepts = concepts_of(rows)
    with style.applied():
        if len(concepts) < 2:
            return note_figure(style, "Cosines between concepts need two concepts or more.")
        places = places_of(rows)
        shown = sorted({len(places) // 2, len(places) - 1})
        names = [shortened(concept, 24) for concept in concepts]
        longest = max(len(name) for name in names)
        height = 0.35 + 0.07 * longest + 0.22 * len(concepts)
        figure = new_figure(style.double_width_inches, height)
        panels = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
        centres = np.arange(len(concepts)) + 0.5
        annotation = ".2f" if len(concepts) <= _MOST_ANNOTATED else None
        for axes, index in zip(panels, shown, strict=True):
            values = cosine_matrix(at_place(rows, places[index]), concepts)
            mesh = draw_heatmap(axes, values, mpl.colormaps["RdBu_r"], -1.0, 1.0, annotation)
            axes.set_xticks(centres, names, rotation=90)
            axes.set_yticks(centres, names)
            title = phrase(places[index])
            axes.set_title(title[0].upper() + title[1:])
        bar = figure.colorbar(
            mesh,
            ax=list(panels),
            label="cosine",
            ticks=[-1, -0.5, 0, 0.5, 1],
            shrink=0.7,
            pad=0.015,
        )
        bar.outline.set_visible(False)
        return figure


def cosine_matrix(rows: pd.DataFrame, concepts: Sequence[str]) -> NDArray[np.float64]:
    """Cosines [concepts, concepts] from rows of one place and one method.

    A pair that the table holds in one order only fills both cells; pairs it lacks are NaN, and a
    direction's cosine with itself is 1.
    """
    number = {concept: index for index, concept in enumerate(concepts)}
    matrix = np.full((len(concepts), len(concepts)), np.nan)
    for one, other, value in zip(
        rows["concept"], rows["other_concept"], rows["value"], strict=True
    ):
        if one in number and other in number:
            first, second = number[one], number[other]
            matrix[first, second] = value
            if np.isnan(matrix[second, first]):
                matrix[second, first] = value
    np.fill_diagonal(matrix, 1.0)
    return matrix
