"""Figures to files whose bytes depend on the figure only."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from probesteer.figures.style import FigureStyle
from probesteer.files.atomic import atomic_path

_SALT = "probesteer"  # matplotlib's element ids are random without one


def save_figure(figure: Figure, folder: Path, name: str, style: FigureStyle) -> list[Path]:
    """Write `folder/name.<format>` for each of the style's formats, atomically.

    Text in an SVG becomes outlines, so that it looks the same wherever it is opened. Equal
    figures give equal bytes: no date, no random ids. Returns the paths written.
    """
    written = []
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": _SALT}):
        _lay_out_once(figure)
        for form in style.formats:
            target = folder / f"{name}.{form}"
            options: dict[str, Any] = {"metadata": {"Date": None}} if form == "svg" else {}
            with atomic_path(target) as partial:
                figure.savefig(partial, format=form, dpi=style.dpi, **options)
            written.append(target)
    return written


def _lay_out_once(figure: Figure) -> None:
    """Place the parts now, instead of again for every format: it is the slowest step."""
    engine = figure.get_layout_engine()
    if engine is not None:
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
