"""Read the numbers back from what a figure draws."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import FillBetweenPolyCollection, LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from numpy.typing import NDArray

Array = NDArray[np.float64]


def panel(figure: Figure, title: str) -> Axes:
    """The panel called `title`."""
    (axes,) = (axes for axes in figure.axes if axes.get_title("left") == title)
    return axes


def line(axes: Axes, label: str) -> Line2D:
    """The line called `label`."""
    (found,) = (line for line in axes.get_lines() if line.get_label() == label)
    return found


def values(axes: Axes, label: str) -> Array:
    """Heights [n] of the line called `label`."""
    return np.asarray(line(axes, label).get_ydata(), dtype=np.float64)


def bars(axes: Axes) -> list[Array]:
    """Each set of interval bars as [n, (low, high)], in drawing order."""
    return [
        np.array([segment[:, 1] for segment in collection.get_segments()])
        for collection in axes.collections
        if isinstance(collection, LineCollection)
    ]


def bands(axes: Axes) -> list[tuple[Array, Array, Array]]:
    """Each band as x [n], low [n], high [n]."""
    found = []
    for collection in axes.collections:
        if isinstance(collection, FillBetweenPolyCollection):
            vertices = np.asarray(collection.get_paths()[0].vertices)
            x = np.unique(vertices[:, 0])
            ends = [vertices[vertices[:, 0] == here, 1] for here in x]
            low = np.array([heights.min() for heights in ends])
            found.append((x, low, np.array([heights.max() for heights in ends])))
    return found


def words(figure: Figure) -> str:
    """All text of the figure and of its panels, legends included."""
    return "\n".join(text.get_text() for text in figure.findobj(Text) if isinstance(text, Text))
