"""Do boundaries of polytopes lie between the classes: their density within and between."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.facets import facet_figure, label_places, legend_above, note_figure
from probesteer.figures.marks import draw_curve, zero_lines
from probesteer.figures.places import places_of
from probesteer.figures.rows import checked, concepts_of, curve_over_places, matching
from probesteer.figures.style import GREY, FigureStyle

COLUMNS = (
    *("model", "concept", "site", "layer", "network", "path", "method", "metric"),
    *("value", "low", "high"),
)
# By the table's name; not every model is compared with one trained on shuffled labels.
NETWORKS = {
    "trained": "trained",
    "shuffled": "trained on shuffled labels",
    "reinitialised": "re-initialised",
}
_SIDES = {"density_within": ("within classes", "o", "-"), "density_between": ("between", "s", "--")}


def measured(table: pd.DataFrame) -> bool:
    """Whether `table` (polytopes) has densities of pairs."""
    return not _rows(table).empty


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """One panel a concept, by layer: density within and between classes, a colour a network.

    table: polytopes. Raises ProbesteerError where it is empty.
    """
    checked(table, COLUMNS, "polytopes")
    with style.applied():
        rows = _rows(table)
        if rows.empty:
            return note_figure(style, "No density of boundaries was measured.")
        places = places_of(rows)
        colours = dict(zip(NETWORKS, (*style.categories(2), GREY), strict=True))
        looks = {name: colours[name] for name in NETWORKS if name in set(rows["network"])}
        facets = facet_figure(concepts_of(rows), style, share_y=True)
        for concept, (axes,) in facets.panels.items():
            zero_lines(axes, y=1.0)
            for at, (network, colour) in enumerate(reversed(looks.items())):
                for metric, (name, marker, line) in _SIDES.items():
                    own = matching(rows, concept=concept, network=network, metric=metric)
                    draw_curve(
                        axes,
                        curve_over_places(own, places),
                        colour,
                        name,
                        marker=marker,
                        line_style=line,
                        offset=0.08 * at,
                    )
            label_places(axes, places, facets.tick_limit)
        facets.figure.supxlabel("layer of the activations")
        facets.figure.supylabel("boundary density\n(share of that of all pairs)")
        lines = [
            Line2D(
                *([], []),
                color=colour,
                marker=marker,
                linestyle="-" if line == "-" else "--",
                label=f"{side}, {NETWORKS[network]}",
            )
            for side, marker, line in _SIDES.values()
            for network, colour in looks.items()
        ]
        wide = len(_SIDES) if len(lines) > 2 * len(_SIDES) else None
        legend_above(facets.figure, lines, 1 if len(facets.panels) == 1 else wide)
        return facets.figure


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    of_pairs = (table["path"] == "pairs") & (table["method"] == "activations")
    return table[of_pairs & table["metric"].isin(_SIDES)]
