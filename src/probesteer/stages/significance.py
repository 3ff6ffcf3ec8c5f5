"""Adjust the p-values of all probes of one model for their number."""

from typing import Any

from probesteer.files.tables import read_tables, write_table
from probesteer.probes.controls.significance import significance_table
from probesteer.settings.slices.probes import SignificanceSlice
from probesteer.stages.interface import InputPaths, OutputPath
from probesteer.stages.keys import keyed


def run(
    settings: SignificanceSlice,
    provenance: dict[str, Any],
    *,
    probes: InputPaths,
    table: OutputPath,
) -> None:
    """`probes` are the probe tables of every concept of the model."""
    found = significance_table(read_tables(probes))
    write_table(table, keyed(found, settings.model), provenance)
