"""A penalty on hidden activations: superposition goes, and performance with it."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from probesteer.figures.facets import note_figure
from probesteer.figures.marks import draw_curve
from probesteer.figures.rows import matching
from probesteer.figures.style import FigureStyle
from probesteer.figures.toy_panels import curve, known_truths, panels, toy_rows

_PANELS = {
    "represented": ("Features represented", "features"),
    "interference": ("Interference", "mean sum of\nsquared projections"),
    "loss": ("Loss", "loss (weighted\nsquared error)"),
}
_PENALTY = "weight of the L1 penalty"


def measured(table: pd.DataFrame) -> bool:
    """Whether toys were trained with a penalty: `table` is toys."""
    return not _rows(table).empty


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """Features, interference and loss over the weight of the penalty, and one against the other.

    table: toys. Raises ProbesteerError where it is empty.
    """
    with style.applied():
        rows = _rows(table)
        if rows.empty:
            return note_figure(style, "No toy with a penalty was measured.")
        colour = style.categories(1)[0]
        figure, (*over_penalty, trade) = panels(style, (1, 1, 1, 1), 2.1)
        for axes, (metric, (title, label)) in zip(over_penalty, _PANELS.items(), strict=True):
            draw_curve(axes, curve(rows, "penalty", metric=metric), colour, metric)
            axes.set_title(title)
            axes.set_ylabel(label)
            axes.set_xlabel(_PENALTY)
            axes.set_ylim(bottom=0)
        (dimensions,) = matching(rows, metric="dimensions")["value"]
        known_truths(over_penalty[0], {"": float(dimensions)})
        kept, lost = (curve(rows, "penalty", metric=metric) for metric in ("interference", "loss"))
        trade.plot(kept.value, lost.value, "o-", color=colour, label="trade-off")
        for at, beside, side in ((0, (0, 4), "right"), (-1, (4, 0), "left")):
            if len(kept) and np.isfinite([kept.value[at], lost.value[at]]).all():
                trade.annotate(
                    f"L1 {kept.x[at]:g}",
                    (kept.value[at], lost.value[at]),
                    xytext=beside,
                    textcoords="offset points",
                    ha=side,
                    va="bottom" if side == "right" else "center",
                )
        trade.set_title("Trade-off")
        trade.set_xlabel("interference")
        trade.set_ylabel("loss")
        trade.set_ylim(bottom=0)
        return figure


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    return toy_rows(table, ("penalty",), ("l1",))
