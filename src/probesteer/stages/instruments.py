"""Try every instrument of the geometry on toys where its answer is known."""

import logging
from typing import Any

import pandas as pd

from probesteer.files.tables import read_table, write_table
from probesteer.geometry.calibration_table import calibration_table
from probesteer.geometry.calibrations import calibrate_trained, calibrate_wired
from probesteer.settings.slices.geometry import InstrumentsSlice
from probesteer.stages.interface import InputPaths, OutputPath

_log = logging.getLogger(__name__)


def run(
    settings: InstrumentsSlice, provenance: dict[str, Any], *, truths: InputPaths, table: OutputPath
) -> None:
    """One that misses its truth is named; the stages after this one don't use it. `truths`: the
    one table of the stage `toys`, where the run has it."""
    tried = calibrate_wired(settings.seed)
    if settings.trained_toys:
        tried += calibrate_trained(settings.seed, toys=not truths)
    taken = [read_table(path) for path in truths]
    whole = pd.concat([calibration_table(tried), *taken], ignore_index=True)
    for missed in whole[~whole["holds"].astype(bool)].to_dict("records"):
        _log.warning(
            "%s on %s: %g, expected %s",
            *(missed[name] for name in ("instrument", "toy", "value", "expected")),
        )
    write_table(table, whole, provenance)
