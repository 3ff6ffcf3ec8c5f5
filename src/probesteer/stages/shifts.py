"""Put together how directions fare on shifted data and in other checkpoints."""

from typing import Any

import pandas as pd

from probesteer.files.tables import read_table, write_table
from probesteer.geometry.superposition.data_shift import shifted_data
from probesteer.geometry.superposition.drift_rows import ORDER
from probesteer.settings.slices.drift import ShiftsSlice
from probesteer.stages.interface import InputPath, InputPaths, OutputPath


def run(
    settings: ShiftsSlice,
    provenance: dict[str, Any],
    *,
    cosines: InputPath,
    transfer: InputPath,
    drift: InputPaths,
    table: OutputPath,
) -> None:
    """drift: a table for every model that this one is compared with; may be none."""
    of_data = shifted_data(read_table(cosines), read_table(transfer))
    of_data = of_data.assign(model=settings.model, other=settings.model, shift="data")
    parts = [of_data[ORDER], *(read_table(path)[ORDER] for path in drift)]
    filled = [part for part in parts if len(part)] or parts
    write_table(table, pd.concat(filled, ignore_index=True), provenance)
