"""Find how far one may push: a fine range of strengths, and the activation itself scaled."""

from typing import Any

from probesteer.directions.storage import read_directions
from probesteer.files.tables import read_table, write_table
from probesteer.interventions.dose_response import DoseGrid, measure_dose_response
from probesteer.interventions.scale_tables import curve_table, sensitivity_table
from probesteer.interventions.scaling import measure_scaling
from probesteer.interventions.selection import at_layers, require_continuations, sample_rows
from probesteer.models.loading import load_model
from probesteer.models.record import read_record
from probesteer.settings.slices import ScaleSlice
from probesteer.stages.interface import InputPath, OutputPath
from probesteer.stages.keys import keyed


def run(
    settings: ScaleSlice,
    provenance: dict[str, Any],
    *,
    record: InputPath,
    directions: InputPath,
    prompts: InputPath,
    neutral: InputPath,
    table: OutputPath,
    sensitivity: OutputPath,
) -> None:
    """Write the curves, and what they amount to: slope, monotone range, doubling strength."""
    scale = settings.scale
    difference = [d for d in read_directions(directions) if d.method == "difference_of_means"]
    chosen = at_layers(difference, scale.layers)
    asked = sample_rows(read_table(prompts), scale.prompts, settings.seed)
    texts = sample_rows(read_table(neutral), scale.neutral_texts, settings.seed)["text"].tolist()
    loaded = load_model(read_record(record), settings.model)
    require_continuations(loaded)
    source = f"concept {settings.concept}:"
    grid = DoseGrid(
        strengths=sorted(scale.strengths),
        unit=scale.unit,
        positions=[scale.positions],
        batch_tokens=scale.batch_tokens,
        bootstrap_draws=scale.bootstrap_draws,
        seed=settings.seed,
    )
    measured = measure_dose_response(loaded, asked, texts, chosen, grid, source)[scale.positions]
    factors = sorted(scale.factors)
    scaled = measure_scaling(
        loaded, asked, texts, list(measured), factors, scale.batch_tokens, source
    )
    groups = asked["group"].to_numpy(dtype=str)
    names = (settings.name, settings.concept)
    arguments = (measured, scaled, grid, factors, groups)
    write_table(sensitivity, keyed(sensitivity_table(*arguments), *names), provenance)
    write_table(table, keyed(curve_table(*arguments), *names), provenance)
