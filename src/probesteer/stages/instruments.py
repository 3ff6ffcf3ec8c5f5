"""Try every instrument of the geometry on toys where its answer is known."""

import logging
from typing import Any

from probesteer.files.tables import write_table
from probesteer.geometry.calibration_table import calibration_table
from probesteer.geometry.calibrations import calibrate_trained, calibrate_wired
from probesteer.settings.slices.geometry import InstrumentsSlice
from probesteer.stages.interface import OutputPath

_log = logging.getLogger(__name__)


def run(settings: InstrumentsSlice, provenance: dict[str, Any], *, table: OutputPath) -> None:
    """One that misses its truth is named; the stages after this one don't use it."""
    tried = calibrate_wired(settings.seed)
    if settings.trained_toys:
        tried += calibrate_trained(settings.seed)
    for each in tried:
        if not each.holds:
            _log.warning(
                "%s on %s: %g, expected %s",
                each.instrument,
                each.toy,
                each.measured,
                each.expected.told,
            )
    write_table(table, calibration_table(tried), provenance)
