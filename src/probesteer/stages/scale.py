"""Find how far one may push: a fine range of strengths, and the activation itself scaled."""

from typing import Any

from probesteer.directions.storage import read_directions
from probesteer.files.tables import write_table
from probesteer.interventions.dose_response import measure_dose_response
from probesteer.interventions.scale_tables import curve_table, sensitivity_table
from probesteer.interventions.scaling import measure_scaling
from probesteer.interventions.selection import at_layers
from probesteer.settings.slices import ScaleSlice
from probesteer.stages.interface import InputPath, OutputPath
from probesteer.stages.keys import keyed
from probesteer.stages.sweep_inputs import read_sweep_inputs


def run(
    settings: ScaleSlice,
    provenance: dict[str, Any],
    *,
    record: InputPath,
    directions: InputPath,
    prompts: InputPath,
    neutral: InputPath,
    examples: InputPath,
    table: OutputPath,
    sensitivity: OutputPath,
) -> None:
    """Write the curves, and what they amount to: slope, monotone range, doubling strength."""
    scale = settings.scale
    difference = [d for d in read_directions(directions) if d.method == "difference_of_means"]
    chosen = at_layers(difference, scale.layers, "scale.layers")
    asked = read_sweep_inputs(settings, scale, record, prompts, neutral, examples)
    data = (asked.loaded, asked.prompts, asked.neutral)
    measured = measure_dose_response(*data, chosen, asked.grid, asked.source)[scale.positions]
    factors = sorted(scale.factors)
    scaled = measure_scaling(*data, list(measured), factors, scale.batch_tokens, asked.source)
    groups = asked.prompts["group"].to_numpy(dtype=str)
    names = (settings.name, settings.concept)
    arguments = (measured, scaled, asked.grid, factors, groups)
    write_table(sensitivity, keyed(sensitivity_table(*arguments), *names), provenance)
    write_table(table, keyed(curve_table(*arguments), *names), provenance)
