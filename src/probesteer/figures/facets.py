"""Small multiples: one panel a concept, shared labels, one legend above them all."""

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from probesteer.figures.places import axis_label, tick_indices
from probesteer.figures.style import FigureStyle
from probesteer.places import Place

_LOWEST = 2.5  # inches; below this the label of the y axis outgrows it


@dataclass(frozen=True)
class Facets:
    """A figure and its panels: `panels[concept][row]`, top row first."""

    figure: Figure
    panels: dict[str, list[Axes]]
    columns: int

    @property
    def tick_limit(self) -> int:
        """About how many tick labels have room under one panel."""
        return {1: 12, 2: 12, 3: 9}.get(self.columns, 7)


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, sizes in inches, whose parts are laid out without overlap."""
    return Figure(figsize=(width, height), layout="constrained")


def note_figure(style: FigureStyle, text: str) -> Figure:
    """A figure that only says why there is nothing to show."""
    figure = new_figure(style.column_width_inches, 0.8)
    figure.text(0.5, 0.5, textwrap.fill(text, 48), ha="center", va="center", color="0.35")
    return figure


def shortened(name: str, width: int) -> str:
    """A name of at most `width` characters on one line; what is left out is in its middle."""
    name = " ".join(name.split())
    if len(name) <= width:
        return name
    end = (width - 1) // 2
    return f"{name[: width - 1 - end]}…{name[-end:]}"


def wrapped(name: str, width: int, most_lines: int = 3) -> str:
    """A name broken into lines of at most `width` characters, at `_` and `-` as well."""
    pieces = re.findall(r"[^_\-\s]+[_\-\s]*|[_\-\s]+", name) or [name]
    lines = [""]
    for piece in pieces:
        while len(piece) > width:
            lines.append(piece[:width])
            piece = piece[width:]
        if len(lines[-1]) + len(piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    lines = [line.rstrip() for line in lines if line.strip()]
    if len(lines) > most_lines:
        lines = lines[:most_lines]
        lines[-1] = lines[-1][: width - 1] + "…"
    return "\n".join(lines)


def facet_figure(
    names: Sequence[str],
    style: FigureStyle,
    *,
    rows_each: int = 1,
    row_height: float = 1.35,
    share_x: bool = True,
    share_y: bool | Literal["row"] = False,
    narrow: bool | None = None,
) -> Facets:
    """One column of `rows_each` panels a name, wrapped at three or four columns.

    A single name fills one column of the page, more names both, unless `narrow` says otherwise;
    panels in one column of the page stand in two. Heights are in inches.
    """
    count = len(names)
    narrow = count == 1 if narrow is None else narrow
    columns = count if count <= 3 else 4 if count == 4 or count > 6 else 3
    columns = min(columns, 2) if narrow else columns
    bands = -(-count // columns)
    width = style.column_width_inches if narrow else style.double_width_inches
    height = row_height if columns > 2 else row_height * 1.25
    figure = new_figure(width, max(_LOWEST, bands * rows_each * height + 0.55))
    grid = figure.subplots(
        bands * rows_each,
        columns,
        sharex=share_x,
        sharey=share_y,
        squeeze=False,
    )
    title_width = int(12 * width / columns)
    panels: dict[str, list[Axes]] = {}
    for number in range(bands * columns):
        band, column = divmod(number, columns)
        cells = [grid[band * rows_each + row, column] for row in range(rows_each)]
        if number >= count:
            for cell in cells:
                cell.remove()
            continue
        cells[0].set_title(wrapped(names[number], title_width))
        if number + columns >= count:  # nothing below: the shared x axis ends here
            cells[-1].tick_params(labelbottom=True)
        panels[names[number]] = cells
    return Facets(figure, panels, columns)


def label_places(axes: Axes, places: Sequence[Place], limit: int) -> None:
    """Depth on the x axis: the index of a place, labelled with its layer."""
    ticks = tick_indices(places, limit)
    axes.set_xticks(ticks, [axis_label(places[index]) for index in ticks])
    axes.set_xlim(-0.5, len(places) - 0.5)


def legend_above(figure: Figure, handles: Sequence[Artist], columns: int | None = None) -> None:
    """One legend above all panels, in rows of at most `columns` entries."""
    if not handles:
        return
    room = columns or (3 if figure.get_figwidth() < 5 else 8)
    figure.legend(handles=list(handles), loc="outside upper center", ncols=min(len(handles), room))
