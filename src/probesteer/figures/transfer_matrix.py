"""Does a probe read other concepts of its family: fitted on one, tested on each."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from probesteer.figures.chosen_places import chosen_place
from probesteer.figures.facets import new_figure, note_figure, shortened
from probesteer.figures.heatmaps import draw_heatmap
from probesteer.figures.places import at_place, axis_label, phrase
from probesteer.figures.rows import checked, concepts_of, matching
from probesteer.figures.style import FigureStyle
from probesteer.places import Place

COLUMNS = ("model", "concept", "other", "site", "layer", "method", "metric", "value")
METHODS = {"logistic": "Logistic probe", "difference_of_means": "Difference of means"}
_MOST_ANNOTATED = 9  # concepts


def measured(table: pd.DataFrame) -> bool:
    """Whether `table` (transfer) has a concept that was tried on another."""
    return not _pairs(table).empty


def draw(table: pd.DataFrame, style: FigureStyle, probes: pd.DataFrame) -> Figure:
    """AUROC [fitted on, tested on] of both methods, each row at its own place.

    The place of a row is the one where the probe of its concept reads best on validation. Concepts
    stand in the order of their families. table: transfer. Raises ProbesteerError where it is empty.
    """
    checked(table, COLUMNS, "transfer")
    places = transfer_places(table, probes)
    with style.applied():
        if not measured(table) or not places:
            return note_figure(style, "No probe was tried on another concept.")
        concepts = by_family(_pairs(table), concepts_of(probes))
        present = set(table["method"])
        methods = [method for method in METHODS if method in present]
        names = [shortened(concept, 20) for concept in concepts]
        rows_named = [
            f"{name}, {_at(places[concept])}" if concept in places else name
            for name, concept in zip(names, concepts, strict=True)
        ]
        longest = max(len(name) for name in names)
        figure = new_figure(
            style.double_width_inches, 0.75 + 0.07 * longest + 0.22 * max(3, len(concepts))
        )
        panels = figure.subplots(1, len(methods), sharey=True, squeeze=False)[0]
        centres = np.arange(len(concepts)) + 0.5
        annotation = ".2f" if len(concepts) <= _MOST_ANNOTATED else None
        for axes, method in zip(panels, methods, strict=True):
            values = transfer_values(matching(table, method=method), concepts, places)
            mesh = draw_heatmap(axes, values, mpl.colormaps["PuOr_r"], 0.0, 1.0, annotation)
            axes.set_xticks(centres, names, rotation=90)
            axes.set_yticks(centres, rows_named)
            axes.set_title(METHODS[method])
            axes.set_xlabel("tested on")
        panels[0].set_ylabel("fitted on, at")
        bar = figure.colorbar(
            mesh, ax=list(panels), label="AUROC", ticks=[0, 0.5, 1], shrink=0.8, pad=0.015
        )
        bar.outline.set_visible(False)
        return figure


def transfer_places(table: pd.DataFrame, probes: pd.DataFrame) -> dict[str, Place]:
    """Concept -> the place at which its probe is tried on others, chosen on validation."""
    found = {
        concept: chosen_place(matching(probes, concept=concept))
        for concept in by_family(_pairs(table), concepts_of(probes))
    }
    return {concept: place for concept, place in found.items() if place is not None}


def transfer_values(
    rows: pd.DataFrame, concepts: Sequence[str], places: Mapping[str, Place]
) -> NDArray[np.float64]:
    """AUROC [fitted on, tested on] from rows of one method; pairs that were not tried are NaN."""
    number = {concept: index for index, concept in enumerate(concepts)}
    values = np.full((len(concepts), len(concepts)), np.nan)
    for concept, place in places.items():
        own = at_place(matching(rows, concept=concept, metric="auroc"), place)
        for other, value in zip(own["other"], own["value"], strict=True):
            if other in number:
                values[number[concept], number[other]] = value
    return values


def by_family(pairs: pd.DataFrame, order: Sequence[str]) -> list[str]:
    """The concepts of `pairs` (columns concept, other) in the `order` of all concepts, but those
    that were tried on each other side by side."""
    found: list[str] = []
    present = {*pairs["concept"], *pairs["other"]}
    for concept in order:
        family, waiting = set(found), [concept] if concept in present else []
        while waiting:
            name = waiting.pop()
            if name not in family:
                family.add(name)
                waiting += pairs.loc[pairs["concept"] == name, "other"].tolist()
        found += [name for name in order if name in family and name not in found]
    return found


def _at(place: Place) -> str:
    """The place in few letters."""
    return phrase(place) if place.site == "resid_post" else axis_label(place)


def _pairs(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["concept"] != table["other"]]
