"""Do the probe's probabilities hold: what it says against what is, at the chosen place."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.chosen_places import chosen_place
from probesteer.figures.facets import facet_figure, legend_above, note_figure
from probesteer.figures.places import at_place, phrase
from probesteer.figures.rows import checked, concepts_of, matching
from probesteer.figures.style import FigureStyle
from probesteer.places import Place

COLUMNS = ("model", "concept", "site", "layer", "split", "predicted", "observed", "low", "high")


def measured(table: pd.DataFrame) -> bool:
    """Whether `table` (calibration) has rows of the test split."""
    return not matching(table, split="test").empty


def draw(table: pd.DataFrame, style: FigureStyle, probes: pd.DataFrame) -> Figure:
    """One panel a concept: share of label 1 over the predicted probability, test split.

    The place is the one where the logistic probe is most accurate on validation. table:
    calibration. Raises ProbesteerError where it is empty.
    """
    rows = matching(checked(table, COLUMNS, "calibration"), split="test")
    places = {
        concept: chosen_place(matching(probes, concept=concept)) for concept in concepts_of(rows)
    }
    chosen = {concept: place for concept, place in places.items() if place is not None}
    with style.applied():
        if not chosen:
            return note_figure(style, "No probabilities were measured at a chosen place.")
        facets = facet_figure(list(chosen), style, share_y=True)
        for concept, (axes,) in facets.panels.items():
            place = chosen[concept]
            _draw_bins(axes, at_place(matching(rows, concept=concept), place), style)
            _write_place(axes, matching(probes, concept=concept), place)
        facets.figure.supxlabel("probability of label 1 that the probe gives")
        facets.figure.supylabel("share of label 1 among the test examples")
        (colour,) = style.categories(1)
        key = [
            Line2D(
                [], [], color=colour, linestyle="", marker="o", label="bins of test examples, 95%"
            ),
            Line2D(
                [], [], color="0.35", linewidth=0.7, linestyle=":", label="perfectly calibrated"
            ),
        ]
        legend_above(facets.figure, key, columns=1 if facets.columns == 1 else 2)
        return facets.figure


def _draw_bins(axes: Axes, bins: pd.DataFrame, style: FigureStyle) -> None:
    axes.plot([0, 1], [0, 1], color="0.35", linewidth=0.7, linestyle=":", zorder=1)
    filled = bins.dropna(subset=["predicted", "observed"]).sort_values("predicted")
    (colour,) = style.categories(1)
    # Not joined: bins of a sure probe lie at both ends, and nothing is known in between.
    points: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 3.5}
    axes.plot(filled["predicted"], filled["observed"], color=colour, label="bins", **points)
    known = filled.dropna(subset=["low", "high"])
    axes.vlines(known["predicted"], known["low"], known["high"], color=colour, linewidth=0.7)
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.03)
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])


def _write_place(axes: Axes, probes: pd.DataFrame, place: Place) -> None:
    """Where it is, and how far the probabilities are off on average."""
    errors = at_place(
        matching(probes, method="logistic", split="test", metric="calibration_error", draw=-1),
        place,
    )["value"].dropna()
    error = f"\nerror {errors.iloc[0]:.2f}" if not errors.empty else ""
    text = f"{phrase(place).removeprefix('the ')}{error}"
    axes.text(0.98, 0.03, text, transform=axes.transAxes, ha="right", va="bottom", color="0.35")
