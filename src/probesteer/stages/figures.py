"""Draw the figures of one model from its tables."""

import os
from typing import Any

from probesteer.figures.drawing import draw_figures
from probesteer.figures.style import FigureStyle
from probesteer.files.tables import read_table, read_tables
from probesteer.settings.slices.showing import FiguresSlice
from probesteer.stages.evidence_tables import read_evidence
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
    evidence: InputPaths,
    drawings: OutputPaths,
) -> None:
    """`evidence` are the tables that not every run makes, told apart by the names of their files.
    `drawings` are the files of all figures that are wanted, all in one folder."""
    tables = {
        "probes": read_tables(probes),
        "cosines": read_table(cosines),
        "steering": read_tables(steering),
        "scale": read_tables(scale),
        "sensitivity": read_tables(sensitivity),
        **read_evidence(evidence),
    }
    plot = settings.plot
    style = FigureStyle(
        column_width_inches=plot.column_width,
        double_width_inches=plot.double_width,
        font_size=plot.font_size,
        palette=plot.palette,
        dpi=plot.dpi,
    )
    names = list(dict.fromkeys(path.stem for path in drawings))
    # Snakemake says so how many threads the job may use.
    processes = int(os.environ.get("OMP_NUM_THREADS", "1"))
    draw_figures(names, tables, drawings[0].parent, style, processes)
