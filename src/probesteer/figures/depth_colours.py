"""One colour a place, from the first to the last, and the key to them."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.facets import legend_above
from probesteer.figures.marks import MARKERS
from probesteer.figures.places import axis_label, phrase, tick_indices
from probesteer.figures.style import Colour, FigureStyle
from probesteer.places import Place

KEY_LIMIT = 8
"""With more places than this, a colour bar takes the legend's place."""

_BRIGHTEST = 0.90  # the end of viridis is too pale on white


def depth_colours(count: int, style: FigureStyle) -> list[Colour]:
    """Colours for `count` places, dark first."""
    colour_map = mpl.colormaps[style.depth_palette]
    return [
        (float(red), float(green), float(blue))
        for red, green, blue, _ in colour_map(np.linspace(0.0, _BRIGHTEST, count))
    ]


def depth_marker(index: int, count: int) -> str:
    """A marker of its own for each place while a legend can name them."""
    return MARKERS[index] if count <= KEY_LIMIT else "."


def depth_key(
    figure: Figure,
    places: Sequence[Place],
    style: FigureStyle,
    extra: Sequence[Artist] = (),
) -> None:
    """Name the places: a legend above the panels, or a colour bar beside them."""
    count = len(places)
    colours = depth_colours(count, style)
    if count <= KEY_LIMIT:
        lines = [
            Line2D(
                [],
                [],
                color=colours[index],
                marker=depth_marker(index, count),
                label=phrase(place).removeprefix("the "),
            )
            for index, place in enumerate(places)
        ]
        legend_above(figure, [*lines, *extra])
        return
    legend_above(figure, extra)
    bar = figure.colorbar(
        ScalarMappable(BoundaryNorm(np.arange(count + 1) - 0.5, count), ListedColormap(colours)),
        ax=figure.axes,
        label="layer",
        aspect=12 * figure.get_figheight(),
        pad=0.01,
        shrink=0.9,
    )
    ticks = tick_indices(places, 12)
    labels = [axis_label(places[tick]) for tick in ticks]
    bar.set_ticks([float(tick) for tick in ticks], labels=labels)
    bar.ax.tick_params(length=0)
    bar.minorticks_off()
    bar.outline.set_visible(False)
