"""Train toys whose truth is known, and keep what they show."""

from typing import Any

from probesteer.files.tables import write_table
from probesteer.geometry.calibration_table import calibration_table
from probesteer.geometry.toys.every_toy import train_every_toy
from probesteer.settings.slices.geometry import ToysSlice
from probesteer.stages.interface import OutputPath


def run(
    settings: ToysSlice, provenance: dict[str, Any], *, table: OutputPath, truths: OutputPath
) -> None:
    """`table` holds their curves; `truths` what was expected of them and what was measured, which
    the stage `instruments` takes over, so that nothing is trained twice."""
    toys = train_every_toy(settings.seed)
    write_table(table, toys.table(), provenance)
    write_table(truths, calibration_table(toys.calibrations()), provenance)
