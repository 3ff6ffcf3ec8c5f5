"""Draw the figures of one model from its tables."""

from typing import Any

from probesteer.figures.catalogue import CATALOGUE, draw_figure
from probesteer.figures.saving import save_figure
from probesteer.figures.style import FigureStyle
from probesteer.files.tables import read_table, read_tables
from probesteer.settings.slices import FiguresSlice
from probesteer.stages.interface import InputPath, InputPaths, OutputPaths


def run(
    settings: FiguresSlice,
    provenance: dict[str, Any],
    *,
    probes: InputPaths,
    cosines: InputPath,
    steering: InputPaths,
    scale: InputPaths,
    sensitivity: InputPaths,
    drawings: OutputPaths,
) -> None:
    """`drawings` are the files of all figures, all in one folder."""
    tables = {
        "probes": read_tables(probes),
        "cosines": read_table(cosines),
        "steering": read_tables(steering),
        "scale": read_tables(scale),
        "sensitivity": read_tables(sensitivity),
    }
    plot = settings.plot
    style = FigureStyle(
        column_width_inches=plot.column_width,
        double_width_inches=plot.double_width,
        font_size=plot.font_size,
        palette=plot.palette,
        dpi=plot.dpi,
    )
    for entry in CATALOGUE:
        save_figure(draw_figure(entry.name, tables, style), drawings[0].parent, entry.name, style)
