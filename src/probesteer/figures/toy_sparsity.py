"""Toy models of superposition against sparsity: how many features share how many dimensions."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from probesteer.figures.facets import note_figure
from probesteer.figures.marks import draw_curve
from probesteer.figures.rows import matching
from probesteer.figures.style import FigureStyle
from probesteer.figures.toy_panels import (
    SPARSITY,
    known_truths,
    over_sparsity,
    panels,
    spread_sparsity,
    toy_rows,
)

_METHODS = ("toy_model", "lowest_loss")
_APART = 0.012  # of the logarithm of the share of non-zeros


def measured(table: pd.DataFrame) -> bool:
    """Whether a toy was trained at some sparsity: `table` is toys."""
    return not _rows(table).empty


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """Features represented, dimensions per feature, and the share of a dimension of each.

    table: toys. Raises ProbesteerError where it is empty.
    """
    with style.applied():
        rows = _rows(table)
        if rows.empty:
            return note_figure(style, "No toy was measured at several sparsities.")
        colour = style.categories(1)[0]
        figure, (counts, shares, each) = panels(style, (1, 1, 1), 2.3)
        represented = over_sparsity(rows, metric="represented")
        draw_curve(counts, represented, colour, "features represented")
        (dimensions,) = matching(rows, metric="dimensions")["value"]
        known_truths(counts, {"": float(dimensions)})
        counts.set_title("Features represented")
        counts.set_ylabel("features")
        counts.set_ylim(bottom=0)
        per_feature = over_sparsity(rows, metric="dimensions_per_feature")
        draw_curve(shares, per_feature, colour, "dimensions per feature")
        known_truths(shares, {"1": 1.0, "1/2": 0.5})
        shares.set_title("Dimensions per feature")
        shares.set_ylabel("dimensions over squared\nFrobenius norm of the weights")
        dots = over_sparsity(_one_by_one(rows))
        each.plot(dots.x, dots.value, "o", color=colour, alpha=0.5, label="share of a dimension")
        known_truths(each, {"1": 1.0, "1/2": 0.5, "2/5": 0.4})
        each.set_title("Dimension of each feature")
        each.set_ylabel("share of a dimension")
        for axes in (counts, shares, each):
            spread_sparsity(axes, "x", rows["sparsity"])
        for axes in (shares, each):
            axes.set_ylim(0, 1.08)
        figure.supxlabel(SPARSITY)
        return figure


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    return toy_rows(table, ("sparsity",), _METHODS)


def _one_by_one(rows: pd.DataFrame) -> pd.DataFrame:
    """The features that are represented, a little apart, so that none hides another."""
    found = matching(rows, metric="dimensionality")
    found = found[found["value"] > 0]
    middle = found["feature"].max() / 2
    nudged = 1 - (1 - found["sparsity"]) * np.exp(_APART * (found["feature"] - middle))
    return found.assign(sparsity=nudged)
