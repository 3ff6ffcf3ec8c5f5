"""How well single atoms of sparse dictionaries read a concept, against its probe and chance."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.facets import facet_figure, label_places, legend_above, note_figure
from probesteer.figures.marks import (
    MARKERS,
    band_handle,
    draw_band,
    draw_curve,
    marker_key,
    zero_lines,
)
from probesteer.figures.places import on_stream, places_of
from probesteer.figures.rows import (
    MEASURED,
    checked,
    concepts_of,
    curve_over_places,
    lowest_end,
    matching,
)
from probesteer.figures.style import GREY, FigureStyle

KINDS = {
    "sparse_coding": "best atom, sparse coding",
    "relu": "best atom, ReLU",
    "topk": "best atom, TopK",
    "jumprelu": "best atom, JumpReLU",
}
_PROBE = "probe of all dimensions"
_RANDOM = "best random direction"


def measured(table: pd.DataFrame) -> bool:
    """Whether atoms were read: `table` is dictionaries."""
    return not _rows(table).empty


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """One panel a concept, by layer: AUROC of the best atom of every kind of dictionary.

    table: dictionaries. Raises ProbesteerError where it is empty.
    """
    checked(table, MEASURED, "dictionaries")
    with style.applied():
        rows = _rows(table)
        if rows.empty:
            return note_figure(style, "No atom of a dictionary was measured.")
        places = places_of(rows)
        looks = dict(zip(KINDS, style.categories(len(KINDS)), strict=True))
        facets = facet_figure(concepts_of(rows), style, share_y=True)
        lowest = min(0.45, lowest_end(rows) - 0.03)
        for concept, (axes,) in facets.panels.items():
            own = matching(rows, concept=concept)
            zero_lines(axes, y=0.5)
            draw_band(axes, curve_over_places(matching(own, method="random_directions"), places))
            probe = curve_over_places(matching(own, method="probe"), places)
            draw_curve(axes, probe, GREY, "probe", marker="", line_style="--", intervals=False)
            for at, (kind, colour) in enumerate(looks.items()):
                curve = curve_over_places(matching(own, method=kind), places)
                draw_curve(axes, curve, colour, kind, marker=MARKERS[at], offset=0.08 * at - 0.12)
            axes.set_ylim(lowest, 1.03)
            label_places(axes, places, facets.tick_limit)
        facets.figure.supxlabel("layer")
        facets.figure.supylabel("AUROC")
        dashed = Line2D([], [], color=GREY, linestyle="--", label=_PROBE)
        handles = [*marker_key(KINDS, looks), dashed, band_handle(_RANDOM)]
        legend_above(facets.figure, handles, 1 if len(facets.panels) == 1 else 3)
        return facets.figure


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    wanted = table["method"].isin((*KINDS, "probe", "random_directions"))
    rows = table[wanted & (table["metric"] == "auroc") & (table["concept"] != "")]
    return on_stream(rows, "resid_post")
