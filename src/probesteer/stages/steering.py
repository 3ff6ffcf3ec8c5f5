"""Steer one model along the directions of one concept, at every layer."""

from pathlib import Path
from typing import Any

import pandas as pd

from probesteer.directions.direction import Direction
from probesteer.directions.eraser_storage import read_erasers
from probesteer.directions.storage import read_directions
from probesteer.files.tables import read_table, write_table
from probesteer.interventions.checkpoint import Checkpoints
from probesteer.interventions.chosen_places import best_reading_place, steepest_direction
from probesteer.interventions.dose_response import measure_dose_response
from probesteer.interventions.operators_table import Doses, operators_table
from probesteer.interventions.prompting import measure_prompting
from probesteer.interventions.reading_along import Readers, readers_in_gaps
from probesteer.interventions.samples import sample_continuations
from probesteer.interventions.selection import at_layers, sample_rows
from probesteer.interventions.steering_tables import steering_tables
from probesteer.interventions.survival import (
    NOTHING_READ,
    PushGrid,
    push_and_read,
    survival_table,
)
from probesteer.interventions.text_reading import TextReader
from probesteer.places import Place
from probesteer.probes.storage import read_probes
from probesteer.settings.slices.steering import SteeringSlice
from probesteer.stages.interface import InputPath, OutputPath
from probesteer.stages.keys import keyed
from probesteer.stages.sweep_inputs import SweepInputs, read_sweep_inputs


def run(
    settings: SteeringSlice,
    provenance: dict[str, Any],
    *,
    record: InputPath,
    directions: InputPath,
    erasers: InputPath,
    probes: InputPath,
    reading: InputPath,
    prompts: InputPath,
    neutral: InputPath,
    examples: InputPath,
    table: OutputPath,
    prompts_table: OutputPath,
    operators: OutputPath,
    readout: OutputPath,
    prompting: OutputPath,
    samples: OutputPath,
) -> None:
    """Write the dose-response table and its rows per prompt; then what other operators do, what
    later probes read of a push, what asking in words does, and sampled continuations.

    `reading` is the table of the `probes`.
    """
    steering = settings.steering
    every = read_directions(directions)
    chosen = at_layers(every, steering.layers, "steering.layers")
    asked = read_sweep_inputs(settings, steering, record, prompts, neutral, examples)
    loaded, grid = asked.loaded, asked.grid
    checkpoints = Checkpoints(Path(table).with_suffix(".partial"), provenance)
    measured = measure_dose_response(
        loaded,
        asked.prompts,
        asked.neutral,
        chosen,
        grid,
        asked.source,
        checkpoints=checkpoints,
    )
    responses, per_prompt = steering_tables(measured, grid, asked.prompts)
    doses = {
        name: Doses(dose.strengths, dose.unit) for name, dose in steering.operators.measured.items()
    }
    data = (loaded, asked.prompts, asked.neutral, chosen)
    erasing = read_erasers(erasers)
    otherwise = operators_table(*data, doses, grid, erasing, asked.source, checkpoints)
    last = Place("resid_post", len(loaded.blocks) - 1)
    push = steepest_direction(responses, chosen, last)
    fitted = read_probes(probes)
    at_push = [direction for direction in every if direction.place == push.place]
    survived = _survival(settings, asked, at_push, readers_in_gaps(fitted, every), checkpoints)
    worded = measure_prompting(
        loaded,
        asked.prompts,
        settings.asked,
        steering.batch_tokens,
        steering.bootstrap_draws,
        settings.seed,
        asked.source,
    )
    reader = best_reading_place(
        read_table(reading), fitted.keys(), lambda place: place != push.place
    )
    sampled = _samples(
        settings, asked, push, None if reader is None else TextReader(reader, fitted[reader])
    )
    for path, written in (
        (samples, sampled),
        (prompting, worded),
        (readout, survived),
        (operators, otherwise),
        (prompts_table, per_prompt),
        (table, responses),
    ):
        write_table(path, keyed(written, settings.name, settings.concept), provenance)
    checkpoints.remove()


def _survival(
    settings: SteeringSlice,
    asked: SweepInputs,
    at_push: list[Direction],
    readers: Readers,
    checkpoints: Checkpoints,
) -> pd.DataFrame:
    """What the probes from the pushed place on read of the push."""
    steering = settings.steering
    grid = PushGrid(
        steering.readout,
        steering.unit,
        steering.batch_tokens,
        steering.bootstrap_draws,
        settings.seed,
    )
    groups, splits = (asked.prompts[name].to_numpy(dtype=str) for name in ("group", "split"))
    if not steering.readout:
        return survival_table(NOTHING_READ, grid, groups, splits)
    data = (asked.loaded, asked.prompts, at_push, grid, readers, asked.source)
    pushed = push_and_read(*data, checkpoints.of("read"))
    return survival_table(pushed, grid, groups, splits)


def _samples(
    settings: SteeringSlice, asked: SweepInputs, push: Direction, reader: TextReader | None
) -> pd.DataFrame:
    """Continuations, of a model that writes any: a masked one fills gaps."""
    wanted = settings.steering.samples
    prompts = wanted.prompts if asked.loaded.causal else 0
    return sample_continuations(
        asked.loaded,
        sample_rows(asked.prompts, prompts, settings.seed)["prompt"].tolist(),
        push,
        wanted.strengths,
        settings.steering.unit,
        wanted.new_tokens,
        wanted.temperature,
        settings.seed,
        asked.source,
        reader,
    )
