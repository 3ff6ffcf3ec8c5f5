"""Annotated grids of numbers, shared by the figures that show matrices."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import Colormap
from numpy.typing import NDArray

_DARK = 0.45  # relative luminance below which text on a cell is white


def draw_heatmap(
    axes: Axes,
    values: NDArray[np.float64],
    colours: Colormap,
    lowest: float,
    highest: float,
    annotation: str | None,
    numbers: NDArray[np.float64] | None = None,
) -> QuadMesh:
    """Cells of `values` [rows, columns], the first row on top; unknown cells stay blank.

    annotation: format of the number in each cell, such as ".2f"; None leaves the cells plain.
    numbers: [rows, columns], what is written where it isn't `values`.
    """
    rows, columns = values.shape
    mesh = axes.pcolormesh(
        np.ma.masked_invalid(values),
        cmap=colours,
        vmin=lowest,
        vmax=highest,
        edgecolors="white",
        linewidth=0.6 if max(rows, columns) <= 24 else 0.0,
    )
    axes.set_xlim(0, columns)
    axes.set_ylim(rows, 0)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    if annotation is not None:
        colour_of_cell = np.asarray(mesh.cmap(mesh.norm(values)))
        shades = colour_of_cell[..., :3] @ np.array([0.2126, 0.7152, 0.0722])
        written = values if numbers is None else numbers
        for (row, column), value in np.ndenumerate(values):
            if np.isfinite(value):
                axes.text(
                    column + 0.5,
                    row + 0.5,
                    _short(float(written[row, column]), annotation),
                    ha="center",
                    va="center",
                    color="white" if shades[row, column] < _DARK else "black",
                )
    return mesh


def _short(value: float, annotation: str) -> str:
    """Without the zero before the point, which narrow cells have no room for."""
    text = format(value, annotation)
    if text.strip("-0.") == "":
        return "0"
    if text.lstrip("-").startswith("0."):
        text = text.replace("0.", ".", 1)
    return text.replace("-", "\N{MINUS SIGN}")
