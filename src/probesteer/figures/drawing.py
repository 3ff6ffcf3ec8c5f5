"""Figures of one model to files, several at a time."""

import multiprocessing
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from probesteer.figures.catalogue import draw_or_note
from probesteer.figures.saving import save_figure
from probesteer.figures.style import FigureStyle


def draw_figures(
    names: Sequence[str],
    tables: Mapping[str, pd.DataFrame],
    folder: Path,
    style: FigureStyle,
    processes: int = 1,
) -> None:
    """Draw the named figures of the catalogue into `folder`, as PNG and SVG.

    processes: how many draw at a time; it decides nothing but how long it takes. Raises
    ProbesteerError as `draw_figure` does.
    """
    draw = partial(_draw_each, tables, folder, style)
    shares = [names[start::processes] for start in range(min(processes, len(names)))]
    if len(shares) < 2:
        draw(names)
        return
    # Started afresh: a fork of a process that has threads may wait for ever.
    with multiprocessing.get_context("spawn").Pool(len(shares)) as pool:
        pool.map(draw, shares)


def _draw_each(
    tables: Mapping[str, pd.DataFrame], folder: Path, style: FigureStyle, names: Sequence[str]
) -> None:
    for name in names:
        save_figure(draw_or_note(name, tables, style), folder, name, style)
