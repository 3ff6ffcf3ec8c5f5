"""Within classes against between them, by layer, in the networks that are compared."""

from collections.abc import Mapping, Sequence
from typing import Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from probesteer.figures.facets import Facets, legend_above
from probesteer.figures.marks import draw_curve
from probesteer.figures.rows import curve_over_places, matching
from probesteer.figures.style import GREY, Colour, FigureStyle
from probesteer.places import Place

# By the table's name; not every model is compared with one trained on shuffled labels.
NETWORKS = {
    "trained": "trained",
    "shuffled": "trained on shuffled labels",
    "reinitialised": "re-initialised",
}
_SIDES: dict[str, tuple[str, str, Literal["-", "--"]]] = {
    "within": ("within classes", "o", "-"),
    "between": ("between", "s", "--"),
}


def network_colours(rows: pd.DataFrame, style: FigureStyle) -> dict[str, Colour]:
    """A colour for each network that `rows` has."""
    colours = dict(zip(NETWORKS, (*style.categories(2), GREY), strict=True))
    return {name: colours[name] for name in NETWORKS if name in set(rows["network"])}


def draw_sides(
    axes: Axes,
    rows: pd.DataFrame,
    metric: str,
    places: Sequence[Place],
    colours: Mapping[str, Colour],
) -> None:
    """Two lines a network, of `metric`_within and `metric`_between; rows: of one concept."""
    for at, (network, colour) in enumerate(reversed(list(colours.items()))):
        for side, (name, marker, line) in _SIDES.items():
            own = matching(rows, network=network, metric=f"{metric}_{side}")
            draw_curve(
                axes,
                curve_over_places(own, places),
                colour,
                name,
                marker=marker,
                line_style=line,
                offset=0.08 * at,
            )


def sides_key(facets: Facets, colours: Mapping[str, Colour]) -> None:
    """The legend above all panels."""
    lines = [
        Line2D(
            *([], []),
            color=colour,
            marker=marker,
            linestyle=line,
            label=f"{side}, {NETWORKS[network]}",
        )
        for side, marker, line in _SIDES.values()
        for network, colour in colours.items()
    ]
    wide = len(_SIDES) if len(lines) > 2 * len(_SIDES) else None
    legend_above(facets.figure, lines, 1 if len(facets.panels) == 1 else wide)
