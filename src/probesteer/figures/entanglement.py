"""Which other concepts does a push move: pushed along one, measured on each."""

import math
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from probesteer.figures.facets import new_figure, note_figure, shortened
from probesteer.figures.heatmaps import draw_heatmap
from probesteer.figures.places import axis_label, phrase
from probesteer.figures.rows import checked, concepts_of, first_split, matching
from probesteer.figures.style import FigureStyle
from probesteer.figures.units import amount, unit_of
from probesteer.places import Place

COLUMNS = (
    "model",
    "concept",
    "other",
    "site",
    "layer",
    "method",
    "unit",
    "strength",
    "split",
    "metric",
    "value",
    "low",
    "high",
)
METRICS = {
    "probe_readout": ("Its probe", "change\n(class difference = 1)"),
    "logit_difference": ("Its logit difference", "change (nats)"),
}
_MOST_ANNOTATED = 9  # concepts


def measured(table: pd.DataFrame) -> bool:
    """Whether `table` (entanglement) has a concept that was measured under another's push."""
    rows = shown_rows(table)
    return bool((rows["concept"] != rows["other"]).any())


def shown_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The pushes of the smallest positive strength, the smallest in size where none is positive,
    and the random ones of that strength."""
    wanted = table[table["method"].isin(("difference_of_means", "random"))]
    rows = first_split(wanted, ("test", "all"))
    if rows.empty:
        return rows
    strengths = sorted(set(rows["strength"]), key=lambda strength: (strength < 0, abs(strength)))
    return matching(rows, strength=strengths[0])


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """Change [pushed, measured] of what the probe reads, and of the logit difference.

    Framed: beyond every random direction. table: entanglement. Raises ProbesteerError where it is
    empty.
    """
    checked(table, COLUMNS, "entanglement")
    with style.applied():
        if not measured(table):
            return note_figure(style, "No concept was measured under another's push.")
        rows = shown_rows(table)
        concepts = concepts_of(rows)
        names = [shortened(concept, 20) for concept in concepts]
        longest = max(len(name) for name in names)
        height = 1.0 + 0.07 * longest + 0.24 * max(3, len(concepts))
        figure = new_figure(style.double_width_inches, height)
        panels = figure.subplots(1, len(METRICS), sharey=True, squeeze=False)[0]
        centres = np.arange(len(concepts)) + 0.5
        for axes, (metric, (title, label)) in zip(panels, METRICS.items(), strict=True):
            own = matching(rows, metric=metric)
            values = grid_of(matching(own, method="difference_of_means"), concepts, "value")
            known = np.abs(values[np.isfinite(values)])
            end = float(known.max()) if known.size and known.max() > 0 else 1.0
            form = ".2f" if end < 10 else ".1f"
            annotation = form if len(concepts) <= _MOST_ANNOTATED else None
            mesh = draw_heatmap(axes, values, mpl.colormaps["PuOr_r"], -end, end, annotation)
            _frame(axes, beyond_random(own, concepts))
            axes.set_xticks(centres, names, rotation=90)
            axes.set_yticks(
                centres, [_pushed(rows, c, n) for c, n in zip(concepts, names, strict=True)]
            )
            axes.set_title(title)
            axes.set_xlabel("measured on")
            bar = figure.colorbar(mesh, ax=axes, label=label, shrink=0.9, pad=0.02)
            bar.outline.set_visible(False)
        unit = unit_of(rows, "entanglement")
        strength = amount(float(rows["strength"].iloc[0]), unit, "+g")
        panels[0].set_ylabel(f"pushed by {strength}, at")
        return figure


def grid_of(rows: pd.DataFrame, concepts: Sequence[str], column: str) -> NDArray[np.float64]:
    """A column as [pushed, measured]; pairs without rows are NaN."""
    number = {concept: index for index, concept in enumerate(concepts)}
    values = np.full((len(concepts), len(concepts)), np.nan)
    for concept, other, value in zip(rows["concept"], rows["other"], rows[column], strict=True):
        if other in number:
            values[number[concept], number[other]] = value
    return values


def beyond_random(rows: pd.DataFrame, concepts: Sequence[str]) -> NDArray[np.bool_]:
    """Whether an interval lies beyond the random directions, whichever their sign.

    rows: of one metric and strength. Returns [pushed, measured]; False where ends are unknown.
    """
    pushed, random = (matching(rows, method=name) for name in ("difference_of_means", "random"))
    low, high = (grid_of(pushed, concepts, end) for end in ("low", "high"))
    drawn = np.maximum(*(np.abs(grid_of(random, concepts, end)) for end in ("low", "high")))
    beyond: NDArray[np.bool_] = (low > drawn) | (high < -drawn)
    return beyond


def _frame(axes: Axes, cells: NDArray[np.bool_]) -> None:
    for row, column in np.argwhere(cells):
        corner = (float(column) + 0.05, float(row) + 0.05)
        axes.add_patch(Rectangle(corner, 0.9, 0.9, fill=False, edgecolor="black", linewidth=0.9))


def _pushed(rows: pd.DataFrame, concept: str, name: str) -> str:
    """The concept and where it was pushed."""
    own = matching(rows, concept=concept)
    if own.empty or not math.isfinite(float(own["layer"].iloc[0])):
        return name
    place = Place(str(own["site"].iloc[0]), int(own["layer"].iloc[0]))
    at = phrase(place) if place.site == "resid_post" else axis_label(place)
    return f"{name}, {at}"
