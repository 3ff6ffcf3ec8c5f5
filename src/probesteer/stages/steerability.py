"""Set side by side what probes read and what pushes do, over all concepts of a model."""

from typing import Any

import pandas as pd

from probesteer.files.tables import read_table, read_tables, write_table
from probesteer.interventions.statistics.decodable import decodable_vs_steerable
from probesteer.interventions.statistics.steerability import steerability_table, with_adjusted
from probesteer.interventions.statistics.unit_tables import sensitivity_in_units
from probesteer.settings.slices.steering import SteerabilitySlice
from probesteer.stages.interface import InputPath, InputPaths, OutputPath


def run(
    settings: SteerabilitySlice,
    provenance: dict[str, Any],
    *,
    prompts: InputPaths,
    directions: InputPaths,
    probes: InputPaths,
    scale: InputPaths,
    sensitivity: InputPaths,
    transfer: InputPath,
    steerability: OutputPath,
    units: OutputPath,
    decodable: OutputPath,
) -> None:
    """The paths are those of every concept of the model, in one order; `transfer` is of all."""
    # A concept at a time: their rows per prompt are many.
    of_concepts = [
        steerability_table(
            read_table(asked),
            read_table(described),
            settings.slope_range,
            settings.bootstrap_draws,
            settings.seed,
        )
        for asked, described in zip(prompts, directions, strict=True)
    ]
    ranked = with_adjusted(pd.concat(of_concepts, ignore_index=True))
    amounts = read_tables(sensitivity)
    in_units = sensitivity_in_units(amounts, read_tables(scale), read_tables(directions))
    both = decodable_vs_steerable(read_tables(probes), read_table(transfer), amounts, ranked)
    write_table(units, in_units, provenance)
    write_table(steerability, ranked, provenance)
    write_table(decodable, both, provenance)
