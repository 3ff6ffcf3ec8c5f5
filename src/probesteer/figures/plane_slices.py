"""The plane through three examples: where boundaries lie in it, and what is predicted there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from probesteer.figures.facets import legend_above, new_figure, note_figure, shortened, wrapped
from probesteer.figures.places import at_place, phrase, places_of
from probesteer.figures.rows import Array, checked, concepts_of, matching
from probesteer.figures.style import Colour, FigureStyle
from probesteer.figures.two_sides import NETWORKS

COLUMNS = (
    *("model", "concept", "site", "layer", "network", "method", "metric"),
    *("right", "up", "value", "name"),
)
_SHOWN = ("trained", "reinitialised")
_METRICS = {"density": "boundaries", "predicted": "prediction"}
_MOST_COLUMNS = 5
_NAMED = 9
"""So many predictions have a colour of their own; the others are grey."""
_REST: Colour = (0.86, 0.86, 0.86)
_WIDE = 0.06
"""A prediction is named where it fills this share of the plane."""


@dataclass(frozen=True)
class _Grid:
    """Values at the points of a grid, and the ends of the area that they stand for."""

    cells: Array
    """[up, right]."""
    extent: tuple[float, float, float, float]
    """Left, right, bottom, top."""

    def inside(self, row: int, column: int) -> tuple[float, float]:
        """Where a point lies, as shares of the width and the height."""
        rows, columns = self.cells.shape
        return (column + 0.5) / columns, (row + 0.5) / rows


def measured(table: pd.DataFrame) -> bool:
    """Whether `table` (plane) has a slice."""
    return not _rows(table).empty


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """A column a concept: density and predictions, of the trained and the re-initialised network.

    At the middle one of its places. A single concept has its panels beside each other. table:
    plane. Raises ProbesteerError where it is empty.
    """
    checked(table, COLUMNS, "plane")
    with style.applied():
        rows = _rows(table)
        if rows.empty:
            return note_figure(style, "No plane was measured.")
        concepts = concepts_of(rows)
        networks = [name for name in _SHOWN if name in set(rows["network"])]
        figure, panels = _panels(concepts, networks, style)
        colours = style.depth_palette
        densest = _densest(rows)
        for concept in concepts:
            own = matching(rows, concept=concept)
            places = places_of(own)
            place = places[len(places) // 2]
            here = at_place(own, place)
            tints = _tints(matching(here, metric="predicted"), style)
            for network in networks:
                of_network = matching(here, network=network)
                above, below = (panels[concept, network, metric] for metric in _METRICS)
                _draw_density(above, of_network, densest, colours)
                _draw_predictions(below, of_network, tints)
                for axes in (above, below):
                    _mark_examples(axes, matching(of_network, metric="example"))
            title = wrapped(concept, _letters(figure, len(concepts)), most_lines=2)
            panels[concept, networks[0], "density"].set_title(f"{title}\n{phrase(place)}")
        bar = figure.colorbar(
            ScalarMappable(Normalize(0, densest), colours),
            ax=list(panels.values()),
            label="boundaries per unit of length\n(1: mean of the plane)",
            extend="max",
            aspect=12 * figure.get_figheight(),
            shrink=0.7,
            pad=0.02,
        )
        bar.outline.set_visible(False)
        figure.supxlabel("axes: → second example, ↑ third example")
        legend_above(figure, [_mark(True, "two examples of a class"), _mark(False, "of another")])
        return figure


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["method"] == "codes") & table["network"].isin(_SHOWN)]


def _panels(
    concepts: Sequence[str], networks: Sequence[str], style: FigureStyle
) -> tuple[Figure, Mapping[tuple[str, str, str], Axes]]:
    """The panel of every concept, network and metric."""
    kinds = [(network, metric) for network in networks for metric in _METRICS]
    alone = len(concepts) == 1
    columns = len(_METRICS) if alone else min(len(concepts), _MOST_COLUMNS)
    bands = len(networks) if alone else -(-len(concepts) // columns) * len(kinds)
    width = style.column_width_inches if alone else style.double_width_inches
    side = (width - 1.2) / columns
    figure = new_figure(width, bands * (side + 0.06) + 0.75)
    grid = figure.subplots(bands, columns, squeeze=False)
    panels = {}
    for number, concept in enumerate(concepts):
        for at, (network, metric) in enumerate(kinds):
            band, column = divmod(number, columns)
            row = band * len(kinds) + at
            axes = grid.reshape(-1)[at] if alone else grid[row, column]
            axes.set_box_aspect(1)
            axes.set_xticks([])
            axes.set_yticks([])
            axes.spines[:].set_visible(False)
            if not alone and column == 0:
                axes.set_ylabel(f"{NETWORKS[network]}\n{_METRICS[metric]}")
            elif alone and metric == "density":
                axes.set_ylabel(NETWORKS[network])
            if alone and network == networks[-1]:
                axes.set_xlabel(_METRICS[metric])
            panels[concept, network, metric] = axes
    used = {id(axes) for axes in panels.values()}
    for axes in grid.reshape(-1):
        if id(axes) not in used:
            axes.remove()
    return figure, panels


def _letters(figure: Figure, concepts: int) -> int:
    """About how many letters of a title have room above a panel."""
    return int(11 * figure.get_figwidth() / max(2, min(concepts, _MOST_COLUMNS)))


def _densest(rows: pd.DataFrame) -> float:
    """Where the scale of densities ends: above all but the densest of a hundred cells."""
    cells = matching(rows, metric="density")
    means = cells.groupby(["concept", "site", "layer", "network"])["value"].transform("mean")
    shares = (cells["value"] / means).to_numpy(dtype=np.float64)
    known = shares[np.isfinite(shares)]
    return max(1.5, float(np.ceil(2 * np.quantile(known, 0.99)) / 2)) if len(known) else 1.5


def _grid_of(rows: pd.DataFrame, values: NDArray[np.floating[Any]]) -> _Grid | None:
    """values: one a row. None without rows."""
    if rows.empty:
        return None
    right, column = np.unique(rows["right"].to_numpy(dtype=np.float64), return_inverse=True)
    up, row = np.unique(rows["up"].to_numpy(dtype=np.float64), return_inverse=True)
    filled = np.full((len(up), len(right)), np.nan)
    filled[row, column] = values
    half = [(axis[-1] - axis[0]) / max(1, len(axis) - 1) / 2 for axis in (right, up)]
    ends = (right[0] - half[0], right[-1] + half[0], up[0] - half[1], up[-1] + half[1])
    return _Grid(filled, (float(ends[0]), float(ends[1]), float(ends[2]), float(ends[3])))


def _show(axes: Axes, grid: _Grid, colours: Colormap | str, least: float, most: float) -> None:
    axes.imshow(
        np.ma.masked_invalid(grid.cells),
        cmap=colours,
        vmin=least,
        vmax=most,
        extent=grid.extent,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
    )


def _draw_density(axes: Axes, rows: pd.DataFrame, densest: float, colours: str) -> None:
    cells = matching(rows, metric="density")
    counted = cells["value"].to_numpy(dtype=np.float64)
    mean = np.nanmean(counted) if np.isfinite(counted).any() else np.nan
    grid = _grid_of(cells, counted / mean if mean else counted)
    if grid is not None:
        _show(axes, grid, colours, 0, densest)


def _tints(rows: pd.DataFrame, style: FigureStyle) -> dict[str, Colour]:
    """A pale colour for each of the predictions that fill most of the planes `rows`."""
    names = rows["name"].value_counts(sort=True).index[:_NAMED]
    return {
        str(name): (0.45 * red + 0.55, 0.45 * green + 0.55, 0.45 * blue + 0.55)
        for name, (red, green, blue) in zip(names, style.categories(len(names)), strict=True)
    }


def _draw_predictions(axes: Axes, rows: pd.DataFrame, tints: Mapping[str, Colour]) -> None:
    """Areas of one prediction in one colour, the wide ones with its name."""
    points = matching(rows, metric="predicted")
    names = list(tints)
    number = points["name"].map({name: at for at, name in enumerate(names)}).fillna(len(names))
    known = number.where(points["value"].notna())
    grid = _grid_of(points, known.astype(np.float64).to_numpy())
    if grid is None:
        return
    # A colour a whole number, in the middle of its range.
    _show(axes, grid, ListedColormap([*tints.values(), _REST]), -0.5, len(names) + 0.5)
    # As far as the cells of the density go, which lie between the points.
    axes.set_xlim(points["right"].min(), points["right"].max())
    axes.set_ylim(points["up"].min(), points["up"].max())
    taken = [
        (
            (right - grid.extent[0]) / (grid.extent[1] - grid.extent[0]),
            (up - grid.extent[2]) / (grid.extent[3] - grid.extent[2]),
        )
        for right, up in matching(rows, metric="example")[["right", "up"]].to_numpy()
    ]
    for at, name in enumerate(names):
        spot = _widest(grid, grid.cells == at, taken)
        if spot is None:
            continue
        taken.append(spot)
        told = shortened(name, 9) if name.strip() else repr(name)
        axes.text(*spot, told, transform=axes.transAxes, ha="center", va="center", color="0.1")


def _widest(
    grid: _Grid, area: NDArray[np.bool_], taken: Sequence[tuple[float, float]]
) -> tuple[float, float] | None:
    """The point furthest inside an area and clear of what is written; None in narrow ones."""
    if area.mean() < _WIDE:
        return None
    depth = distance_transform_edt(np.pad(area, 1))[1:-1, 1:-1]
    for (row, column), _ in np.ndenumerate(depth):
        x, y = grid.inside(row, column)
        near = any(abs(x - a) < 0.3 and abs(y - b) < 0.13 for a, b in taken)
        if near or not 0.15 < x < 0.85:
            depth[row, column] = 0
    if not depth.any():
        return None
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return grid.inside(int(row), int(column))


def _mark_examples(axes: Axes, rows: pd.DataFrame) -> None:
    """The last of the three is of another class."""
    ends = (axes.get_xlim(), axes.get_ylim())
    known = rows[rows["value"].notna()]
    for name, right, up in zip(known["name"], known["right"], known["up"], strict=True):
        mark = _mark(name == rows["name"].iloc[0])
        mark.set_data([right], [up])
        axes.add_line(mark)
    axes.set_xlim(ends[0])
    axes.set_ylim(ends[1])


def _mark(own: bool, label: str = "") -> Line2D:
    """A circle for the first class, a triangle for the other."""
    look = {"marker": "o" if own else "^", "markersize": 4.5, "linestyle": "none"}
    edge = {"markerfacecolor": "white", "markeredgecolor": "black", "markeredgewidth": 0.9}
    return Line2D([], [], label=label, zorder=5, **look, **edge)  # type: ignore[arg-type]
