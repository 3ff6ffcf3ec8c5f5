"""Does the probe read the concept, or could it learn any labels: control tasks over depth."""

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.accuracy_by_layer import COLUMNS
from probesteer.figures.facets import facet_figure, label_places, legend_above, note_figure
from probesteer.figures.marks import draw_curve, zero_lines
from probesteer.figures.places import on_stream, places_of, streams_of
from probesteer.figures.rows import checked, concepts_of, curve_over_places, lowest_end, matching
from probesteer.figures.style import Colour, FigureStyle


def measured(table: pd.DataFrame) -> bool:
    """Whether `table` (probes) has a selectivity."""
    return not _rows(table).empty


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """One panel a concept: accuracy on it, on control tasks, and their difference, over places.

    Control tasks and selectivity are those of Hewitt & Liang 2019 (arXiv 1909.03368). Where
    several sites were read, the blocks' output alone is drawn, or the first site where that was
    not read. table: probes. Raises ProbesteerError where it is empty.
    """
    checked(table, COLUMNS, "probes")
    selectivity = _rows(table)
    with style.applied():
        if selectivity.empty:
            return note_figure(style, "No control task was measured.")
        site = streams_of(places_of(selectivity))[0]
        selectivity = on_stream(selectivity, site)
        on_test = matching(table, split="test", metric="accuracy", draw=-1)
        accuracy = on_stream(matching(on_test, method="logistic"), site)
        control = on_stream(matching(on_test, method="control_task"), site)
        places = places_of(selectivity)
        facets = facet_figure(concepts_of(selectivity), style, share_y=True)
        lines = _lines(style)
        for concept, (axes,) in facets.panels.items():
            zero_lines(axes)
            for rows, (label, (colour, marker, offset)) in zip(
                (accuracy, control, selectivity), lines.items(), strict=True
            ):
                curve = curve_over_places(matching(rows, concept=concept), places)
                draw_curve(axes, curve, colour, label, marker=marker, offset=offset)
            label_places(axes, places, facets.tick_limit)
        axes.set_ylim(max(-1.0, min(-0.08, lowest_end(selectivity) - 0.03)), 1.03)
        facets.figure.supxlabel("layer (emb = embedding)")
        facets.figure.supylabel("share of test examples")
        key: list[Artist] = [
            Line2D([], [], color=colour, marker=marker, label=label)
            for label, (colour, marker, _) in lines.items()
        ]
        legend_above(facets.figure, key, columns=1 if facets.columns == 1 else 3)
        return facets.figure


def _lines(style: FigureStyle) -> dict[str, tuple[Colour, str, float]]:
    """Name of each line: its colour, marker and offset."""
    accuracy, control, selectivity = style.categories(3)
    return {
        "accuracy on the concept, 95%": (accuracy, "o", 0.0),
        "on control tasks, mean ± sd": (control, "s", 0.12),
        "selectivity: the difference, 95%": (selectivity, "^", 0.0),
    }


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    return matching(table, method="logistic", split="test", metric="selectivity", draw=-1)
