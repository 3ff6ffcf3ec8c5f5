"""Codes that are in the input and not linear: what probes read of them."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.facets import legend_above, new_figure, note_figure
from probesteer.figures.marks import MARKERS, marker_key
from probesteer.figures.rows import matching
from probesteer.figures.style import FigureStyle
from probesteer.figures.toy_panels import toy_rows

_CODES = {
    "product": "whether x y > 0",
    "absolute_size": "whether |x| is large",
    "lowest_bit": "lower of two bits",
}
_PROBES = {
    "linear": "linear probe, input",
    "mlp": "MLP probe, input",
    "linear_on_neurons": "linear probe, wired ReLU neurons",
}
_KNOWN = "closed_form"


def measured(table: pd.DataFrame) -> bool:
    """Whether the codes were read: `table` is toys."""
    return not _rows(table).empty


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """AUROC of each code by each probe, beside what a linear probe can do at best.

    table: toys. Raises ProbesteerError where it is empty.
    """
    with style.applied():
        rows = _rows(table)
        if rows.empty:
            return note_figure(style, "No non-linear code was measured.")
        looks = dict(zip(_PROBES, style.categories(len(_PROBES)), strict=True))
        figure = new_figure(style.double_width_inches, 1.9)
        axes = figure.subplots()
        for height, code in enumerate(_CODES):
            for at, (probe, colour) in enumerate(looks.items()):
                found = matching(rows, toy=code, method=probe)
                y = np.full(len(found), height + 0.2 * (at - 1))
                axes.hlines(y, found["low"], found["high"], color=colour, linewidth=0.8)
                axes.plot(found["value"], y, MARKERS[at], color=colour, label=probe, markersize=4)
            best = matching(rows, toy=code, method=_KNOWN)["value"]
            axes.vlines(best, height - 0.4, height + 0.4, color="black", linewidth=0.9)
        axes.set_yticks(range(len(_CODES)), list(_CODES.values()))
        axes.set_ylim(len(_CODES) - 0.5, -0.5)
        axes.set_xlim(0.4, 1.02)
        axes.set_xlabel("AUROC")
        axes.tick_params(axis="y", length=0)
        known = Line2D([], [], color="black", marker="|", linestyle="", markersize=8)
        known.set_markeredgewidth(0.9)
        known.set_label("best of any linear probe on the input")
        legend_above(figure, [*marker_key(_PROBES, looks), known])
        return figure


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    return toy_rows(table, tuple(_CODES), (*_PROBES, _KNOWN))
