"""Read the numbers back from what a figure draws."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
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


def drawn_labels(axis: Axis) -> list[Text]:
    """Labels of the ticks inside the limits of the axis; the others leave no ink."""
    low, high = sorted(axis.get_view_interval())
    return [
        tick.label1
        for tick in axis.get_major_ticks()
        if low <= tick.get_loc() <= high and tick.label1.get_visible()
    ]


def clashes(figure: Figure) -> list[str]:
    """What is cut off or printed over other text, once the figure is laid out."""
    boxes = [
        (text.get_text(), text.get_window_extent())
        for axes in figure.axes
        for text in (
            *(title for title in axes.get_children() if isinstance(title, Text)),
            axes.xaxis.label,
            axes.yaxis.label,
            *drawn_labels(axes.xaxis),
            *drawn_labels(axes.yaxis),
        )
        if text.get_visible() and text.get_text()
    ]
    boxes += [("legend", legend.get_window_extent()) for legend in figure.legends]
    boxes += [(text.get_text(), text.get_window_extent()) for text in figure.texts]
    page = figure.bbox.padded(1.0)
    found = [
        f"{text!r} is cut off"
        for text, box in boxes
        if not (page.contains(box.x0, box.y0) and page.contains(box.x1, box.y1))
    ]
    for number, (text, box) in enumerate(boxes):
        for other_text, other in boxes[number + 1 :]:
            if box.padded(-0.5).overlaps(other.padded(-0.5)):
                found.append(f"{text!r} meets {other_text!r}")
    return found


def drawing(figure: Figure) -> str:
    """Every number of the lines and areas of the figure, as text that can be compared."""
    found = []
    for axes in figure.axes:
        found += [repr(line.get_xydata()) for line in axes.get_lines()]
        found += [
            repr(path.vertices)
            for collection in axes.collections
            for path in collection.get_paths()
        ]
    return "\n".join(found)


def words(figure: Figure) -> str:
    """All text of the figure and of its panels, legends included."""
    return "\n".join(text.get_text() for text in figure.findobj(Text) if isinstance(text, Text))
