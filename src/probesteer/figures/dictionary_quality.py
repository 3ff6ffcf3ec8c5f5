"""What sparse dictionaries rebuild of activations, and with how many atoms at a time."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.facets import facet_figure, label_places, legend_above, note_figure
from probesteer.figures.marks import MARKERS, draw_curve, marker_key, zero_lines
from probesteer.figures.places import on_stream, places_of
from probesteer.figures.rows import MEASURED, checked, concepts_of, curve_over_places, matching
from probesteer.figures.style import GREY, FigureStyle

KINDS = {
    "sparse_coding": "sparse coding",
    "relu": "ReLU autoencoder",
    "topk": "TopK autoencoder",
    "jumprelu": "JumpReLU autoencoder",
}
_EXPLAINED, _COMPONENTS, _L0 = "explained", "explained_by_components", "l0"


def measured(table: pd.DataFrame) -> bool:
    """Whether a dictionary rebuilt activations: `table` is dictionaries."""
    return not _rows(table).empty


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """Two panels a concept, by layer: share of the variance rebuilt, and atoms active for it.

    table: dictionaries. Raises ProbesteerError where it is empty.
    """
    checked(table, MEASURED, "dictionaries")
    with style.applied():
        rows = _rows(table)
        if rows.empty:
            return note_figure(style, "No dictionary was measured.")
        places = places_of(rows)
        looks = dict(zip(KINDS, style.categories(len(KINDS)), strict=True))
        facets = facet_figure(concepts_of(rows), style, rows_each=2, row_height=1.15, share_y="row")
        heights = matching(rows, metric=_L0)[["value", "high"]].to_numpy(dtype=np.float64)
        most = float(heights[np.isfinite(heights)].max(initial=1.0))
        for number, (concept, (above, below)) in enumerate(facets.panels.items()):
            own = matching(rows, concept=concept)
            for at, (kind, colour) in enumerate(looks.items()):
                of_kind, shift = matching(own, method=kind), 0.08 * at - 0.12
                for axes, metric in ((above, _EXPLAINED), (below, _L0)):
                    curve = curve_over_places(matching(of_kind, metric=metric), places)
                    draw_curve(axes, curve, colour, kind, marker=MARKERS[at], offset=shift)
                curve = curve_over_places(matching(of_kind, metric=_COMPONENTS), places)
                name = f"{kind}, components"
                draw_curve(
                    above,
                    curve,
                    colour,
                    name,
                    marker="",
                    line_style=":",
                    offset=shift,
                    intervals=False,
                )
            above.set_ylim(-0.05, 1.05)
            below.set_ylim(0, 1.05 * most)
            for axes, label in ((above, "share of variance\nrebuilt"), (below, "active atoms")):
                zero_lines(axes)
                label_places(axes, places, facets.tick_limit)
                if number % facets.columns == 0:
                    axes.set_ylabel(label)
        facets.figure.supxlabel("layer")
        dotted = Line2D([], [], color=GREY, linestyle=":", label="as many principal components")
        handles = [*marker_key(KINDS, looks), dotted]
        legend_above(facets.figure, handles, 1 if len(facets.panels) == 1 else 3)
        return facets.figure


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    wanted = table["metric"].isin((_EXPLAINED, _COMPONENTS, _L0)) & table["method"].isin(KINDS)
    return on_stream(table[wanted & (table["concept"] != "")], "resid_post")
