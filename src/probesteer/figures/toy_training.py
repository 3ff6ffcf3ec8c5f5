"""What the loss or the validation doesn't show while a toy is trained: collapse and shortcuts."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from probesteer.figures.facets import legend_above, note_figure
from probesteer.figures.marks import MARKERS, draw_curve, marker_key
from probesteer.figures.rows import matching
from probesteer.figures.style import FigureStyle
from probesteer.figures.toy_panels import curve, known_truths, panels, toy_rows


@dataclass(frozen=True)
class _Panel:
    title: str
    label: str
    truths: Mapping[str, float]
    """Known values, by name."""
    top: float | None = None
    """Upper end of the axis."""


_KINDS = {"no_safeguard": "without a safeguard", "uniformity": "with one (uniformity)"}
_COLLAPSE = {
    "disagreement": _Panel("Distance of two views", "squared distance\nof two views", {}),
    "rank_about_origin": _Panel("Effective rank", "effective rank\nof embeddings", {"1": 1.0}),
    "nearest_mean": _Panel(
        "Probe for the classes", "accuracy of the\nnearest class mean", {"chance": 0.25}, 1.05
    ),
}
_STARTS = {
    "from_start": "shortcut from the start",
    "later": "shortcut comes later",
    "never": "no shortcut",
}
_SHORTCUT = {
    "accuracy": _Panel("Validation", "accuracy", {"chance": 0.5}, 1.05),
    "readability": _Panel(
        "The feature in the last layer", "AUROC by a linear probe", {"chance": 0.5}, 1.05
    ),
    "misled": _Panel("Where the shortcut misleads", "accuracy", {"chance": 0.5}, 1.05),
}


def collapse_measured(table: pd.DataFrame) -> bool:
    """Whether encoders were watched: `table` is toys."""
    return not _rows(table, "collapse", _KINDS).empty


def draw_collapse(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """Distance of two views, effective rank and a probe's accuracy over the steps of training.

    table: toys. Raises ProbesteerError where it is empty.
    """
    return _draw(table, style, "collapse", _KINDS, _COLLAPSE)


def shortcut_measured(table: pd.DataFrame) -> bool:
    """Whether networks with a shortcut were watched: `table` is toys."""
    return not _rows(table, "shortcut", _STARTS).empty


def draw_shortcut(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """Validation, readability and accuracy on misleading inputs over the steps of training.

    table: toys. Raises ProbesteerError where it is empty.
    """
    return _draw(table, style, "shortcut", _STARTS, _SHORTCUT)


def _draw(
    table: pd.DataFrame,
    style: FigureStyle,
    toy: str,
    kinds: Mapping[str, str],
    shown: Mapping[str, _Panel],
) -> Figure:
    with style.applied():
        rows = _rows(table, toy, kinds)
        if rows.empty:
            return note_figure(style, f"No {toy} of a toy was measured.")
        looks = dict(zip(kinds, style.categories(len(kinds)), strict=True))
        figure, made = panels(style, (1,) * len(shown), 2.3)
        for axes, (metric, panel) in zip(made, shown.items(), strict=True):
            for at, (kind, colour) in enumerate(looks.items()):
                drawn = curve(rows, "step", metric=metric, method=kind)
                draw_curve(axes, drawn, colour, kind, marker=MARKERS[at])
            known_truths(axes, dict(panel.truths))
            for start in matching(rows, metric="start")["value"]:
                if np.isfinite(start):
                    axes.axvline(start, color="0.35", linestyle=":", linewidth=0.8, zorder=1)
            axes.set_title(panel.title)
            axes.set_ylabel(panel.label)
            axes.set_ylim(0, panel.top)
        figure.supxlabel("steps of training")
        legend_above(figure, marker_key(kinds, looks))
        return figure


def _rows(table: pd.DataFrame, toy: str, kinds: Mapping[str, str]) -> pd.DataFrame:
    return toy_rows(table, (toy,), tuple(kinds))
