"""Steer one model along the directions of one concept, at every layer."""

from typing import Any

import numpy as np
import pandas as pd

from probesteer.directions.direction import Direction
from probesteer.directions.storage import read_directions
from probesteer.files.tables import write_table
from probesteer.interventions.dose_response import measure_dose_response
from probesteer.interventions.response_tables import dose_response_table, prompt_table
from probesteer.interventions.samples import sample_continuations
from probesteer.interventions.selection import at_layers, sample_rows
from probesteer.places import Place
from probesteer.settings.slices import SteeringSlice
from probesteer.stages.interface import InputPath, OutputPath
from probesteer.stages.keys import keyed
from probesteer.stages.sweep_inputs import read_sweep_inputs


def run(
    settings: SteeringSlice,
    provenance: dict[str, Any],
    *,
    record: InputPath,
    directions: InputPath,
    prompts: InputPath,
    neutral: InputPath,
    examples: InputPath,
    table: OutputPath,
    prompts_table: OutputPath,
    samples: OutputPath,
) -> None:
    """Write the dose-response table, its rows per prompt, and sampled continuations."""
    steering = settings.steering
    chosen = at_layers(read_directions(directions), steering.layers, "steering.layers")
    asked = read_sweep_inputs(settings, steering, record, prompts, neutral, examples)
    loaded, grid = asked.loaded, asked.grid
    measured = measure_dose_response(
        loaded, asked.prompts, asked.neutral, chosen, grid, asked.source
    )
    groups, splits = (asked.prompts[name].to_numpy(dtype=str) for name in ("group", "split"))
    responses = dose_response_table(measured, grid, groups, splits)
    sampled = sample_continuations(
        loaded,
        # A masked model fills gaps; it writes no continuations.
        sample_rows(asked.prompts, steering.samples.prompts if loaded.causal else 0, settings.seed)[
            "prompt"
        ].tolist(),
        steepest_direction(responses, chosen, Place("resid_post", len(loaded.blocks) - 1)),
        steering.samples.strengths,
        steering.unit,
        steering.samples.new_tokens,
        steering.samples.temperature,
        settings.seed,
        asked.source,
    )
    names = (settings.name, settings.concept)
    write_table(samples, keyed(sampled, *names), provenance)
    per_prompt = prompt_table(measured, grid, asked.prompts)
    write_table(prompts_table, keyed(per_prompt, *names), provenance)
    write_table(table, keyed(responses, *names), provenance)


def steepest_direction(
    responses: pd.DataFrame, directions: list[Direction], last: Place
) -> Direction:
    """The difference of means whose slope is steepest, on the validation prompts if there are any.

    The slope is the one from the last prompt token on, as sampled, where it was measured. The
    model's `last` place is taken only if there is no other: a push there writes straight into
    the output.
    """
    slopes = responses.query("metric == 'slope' and method == 'difference_of_means'")
    before_last = (slopes["site"] != last.site) | (slopes["layer"] != last.layer)
    slopes = slopes[before_last] if before_last.any() else slopes
    for column, wanted in (("split", "validation"), ("positions", "from_last")):
        if (slopes[column] == wanted).any():
            slopes = slopes[slopes[column] == wanted]
    best = slopes.iloc[int(slopes["value"].fillna(-np.inf).argmax())]
    return next(
        direction
        for direction in directions
        if direction.method == "difference_of_means"
        and (direction.place.site, direction.place.layer) == (best["site"], best["layer"])
    )
