"""How well the best single neuron reads a concept, against the best of as many directions."""

import pandas as pd
from matplotlib.figure import Figure

from probesteer.figures.facets import facet_figure, label_places, legend_above, note_figure
from probesteer.figures.marks import MARKERS, draw_curve, marker_key, zero_lines
from probesteer.figures.places import places_of
from probesteer.figures.rows import MEASURED, checked, concepts_of, curve_over_places, matching
from probesteer.figures.style import GREY, FigureStyle

UNITS = {
    "neurons": "neurons",
    "random_directions": "random directions",
    "rotations": "rotated bases",
    "shuffled_labels": "neurons, shuffled labels",
}
_METRIC = "best_unit_auroc"


def measured(table: pd.DataFrame) -> bool:
    """Whether neurons were read: `table` is that of superposition."""
    return not _rows(table).empty


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """One panel a concept, by layer: AUROC of the best unit.

    table: superposition. Raises ProbesteerError where it is empty.
    """
    checked(table, MEASURED, "superposition")
    with style.applied():
        rows = _rows(table)
        if rows.empty:
            return note_figure(style, "No single neuron was measured.")
        places = places_of(rows)
        *colours, grey = *style.categories(3), GREY
        looks = dict(zip(UNITS, (*colours, grey), strict=True))
        facets = facet_figure(concepts_of(rows), style, share_y=True)
        for concept, (axes,) in facets.panels.items():
            zero_lines(axes, y=0.5)
            for at, (method, colour) in enumerate(looks.items()):
                curve = curve_over_places(matching(rows, concept=concept, method=method), places)
                draw_curve(axes, curve, colour, method, marker=MARKERS[at], offset=0.06 * at - 0.09)
            axes.set_ylim(0.45, 1.03)
            label_places(axes, places, facets.tick_limit)
        facets.figure.supxlabel("layer")
        facets.figure.supylabel("AUROC of the best unit")
        lines = marker_key(UNITS, looks)
        legend_above(facets.figure, lines, 1 if len(facets.panels) == 1 else None)
        return facets.figure


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    rows = table[table["method"].isin(UNITS) & (table["metric"] == _METRIC)]
    # Neurons of a layer stand at the layer's own tick.
    return rows[rows["concept"] != ""].assign(site="resid_post")
