"""Find how far one may push: a fine range of strengths, and the activation itself scaled."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from probesteer.activations.cache import open_cache
from probesteer.directions.storage import read_directions
from probesteer.files.tables import read_table, write_table
from probesteer.interventions.checkpoint import Checkpoints
from probesteer.interventions.normalisation import measure_later_change
from probesteer.interventions.operator_response import measure_operator
from probesteer.interventions.scale_tables import (
    ScaleMeasurement,
    curve_table,
    sensitivity_table,
)
from probesteer.interventions.scaling import measure_scaling
from probesteer.interventions.selection import at_layers, sample_rows
from probesteer.interventions.sensitivity import Thresholds
from probesteer.interventions.statistics.distribution import (
    ActivationDistribution,
    fit_distribution,
)
from probesteer.places import Place
from probesteer.settings.slices.steering import ScaleSlice
from probesteer.stages.interface import InputPath, OutputPath
from probesteer.stages.keys import keyed
from probesteer.stages.sweep_inputs import read_sweep_inputs

# Rows of a cache that a distribution is fitted to, and that it is held against: more of them
# change it little, and the cost of the first grows with their square.
_FITTED_ROWS, _UNSEEN_ROWS = 2000, 500


def run(
    settings: ScaleSlice,
    provenance: dict[str, Any],
    *,
    record: InputPath,
    directions: InputPath,
    prompts: InputPath,
    neutral: InputPath,
    examples: InputPath,
    manifest: InputPath,
    table: OutputPath,
    sensitivity: OutputPath,
) -> None:
    """Write the curves, and what they amount to: slopes, ranges, and what they cost."""
    scale = settings.scale
    difference = [d for d in read_directions(directions) if d.method == "difference_of_means"]
    chosen = at_layers(difference, scale.layers, "scale.layers")
    asked = read_sweep_inputs(settings, scale, record, prompts, neutral, examples)
    loaded, data = asked.loaded, (asked.loaded, asked.prompts, asked.neutral)
    checkpoints = Checkpoints(Path(table).with_suffix(".partial"), provenance)
    responses = {
        operator: measure_operator(*data, chosen, operator, asked.grid, asked.source, checkpoints)
        for operator in scale.operators
    }
    places = list(dict.fromkeys(direction.place for direction in chosen))
    factors = sorted(scale.factors)
    later = (loaded, asked.prompts, places, factors, scale.batch_tokens, asked.source)
    measured = ScaleMeasurement(
        responses=responses,
        scaled=measure_scaling(
            *data, places, factors, scale.batch_tokens, asked.source, checkpoints
        ),
        factors=factors,
        grid=asked.grid,
        groups=asked.prompts["group"].to_numpy(dtype=str),
        splits=asked.prompts["split"].to_numpy(dtype=str),
        later=measure_later_change(*later),
        distributions=_distributions(manifest, examples, places, settings.seed),
    )
    thresholds = Thresholds(scale.slope_range, scale.linear_tolerance, scale.cost)
    names = (settings.name, settings.concept)
    amounts = sensitivity_table(measured, thresholds)
    write_table(sensitivity, keyed(amounts, *names), provenance)
    write_table(table, keyed(curve_table(measured), *names), provenance)
    checkpoints.remove()


def _distributions(
    manifest: Path, examples: Path, places: Sequence[Place], seed: int
) -> dict[Place, ActivationDistribution]:
    """Of the cached activations: fitted to the training rows, held against the others."""
    cache = open_cache(manifest)
    rows = read_table(examples).iloc[cache.example]
    train, groups = (rows["split"] == "train").to_numpy(), rows["group"].to_numpy(dtype=str)
    fitted = sample_rows(rows.reset_index(drop=True)[train], _FITTED_ROWS, seed).index.to_numpy()
    unseen = sample_rows(rows.reset_index(drop=True)[~train], _UNSEEN_ROWS, seed).index.to_numpy()
    found = {}
    for place in places:
        if place in cache.places:
            X = cache.read(place)
            found[place] = fit_distribution(X[fitted], X[unseen], groups[unseen])
    return found
