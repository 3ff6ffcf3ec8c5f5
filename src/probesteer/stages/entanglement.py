"""Measure how far a push along one concept's direction moves the other concepts of a model."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from probesteer.directions.direction import Direction
from probesteer.directions.storage import read_directions
from probesteer.files.tables import read_table, write_table
from probesteer.interventions.chosen_places import steepest_direction
from probesteer.interventions.entanglement import MeasuredConcept, entanglement_table
from probesteer.interventions.selection import sample_rows
from probesteer.interventions.survival import PushGrid
from probesteer.models.loading import LoadedModel, load_model
from probesteer.models.record import read_record
from probesteer.places import Place
from probesteer.probes.storage import read_probes
from probesteer.settings.slices.steering import EntanglementSlice
from probesteer.stages.interface import InputPath, InputPaths, OutputPath
from probesteer.stages.keys import keyed
from probesteer.stages.sweep_inputs import asked_about


def run(
    settings: EntanglementSlice,
    provenance: dict[str, Any],
    *,
    record: InputPath,
    directions: InputPaths,
    probes: InputPaths,
    reading: InputPaths,
    steering: InputPaths,
    prompts: InputPaths,
    examples: InputPaths,
    table: OutputPath,
) -> None:
    """All paths but `record` are in the order of the settings' concepts; `reading` are the tables
    of the `probes`."""
    wanted = settings.steering
    loaded = load_model(read_record(record), settings.model)
    measured, pushed = [], {}
    files = zip(directions, probes, reading, steering, prompts, examples, strict=True)
    for name, (own, fitted, read, responses, asked, labelled) in zip(
        settings.concepts, files, strict=True
    ):
        every = read_directions(own)
        pushed[name] = _at_chosen_place(loaded, every, responses)
        measured.append(
            MeasuredConcept(
                name=name,
                loaded=asked_about(
                    replace(loaded, chat=settings.chats[name]), name, labelled, wanted.batch_tokens
                ),
                prompts=sample_rows(read_table(asked), wanted.prompts, settings.seed),
                probes=read_probes(fitted),
                directions=every,
                reading=read_table(read),
            )
        )
    grid = PushGrid(
        wanted.entanglement,
        wanted.unit,
        wanted.batch_tokens,
        wanted.bootstrap_draws,
        settings.seed,
    )
    moved = entanglement_table(pushed, measured, grid)
    write_table(table, keyed(moved, settings.name), provenance)


def _at_chosen_place(
    loaded: LoadedModel, directions: list[Direction], responses: Path
) -> list[Direction]:
    """The difference of means where the concept is pushed, and the random draws there."""
    last = Place("resid_post", len(loaded.blocks) - 1)
    chosen = steepest_direction(read_table(responses), directions, last)
    return [
        direction
        for direction in directions
        if direction.place == chosen.place and direction.method in ("difference_of_means", "random")
    ]
