"""Differentiate the read-out of one model at every place, for the directions of one concept."""

from dataclasses import replace
from typing import Any

from probesteer.activations.cache import open_cache
from probesteer.directions.gradient_storage import write_gradients
from probesteer.errors import ProbesteerError
from probesteer.files.tables import read_table
from probesteer.interventions.gradients import logit_gradients
from probesteer.interventions.readouts import prompt_rows
from probesteer.models.loading import load_model
from probesteer.models.record import read_record
from probesteer.settings.slices.directions import GradientsSlice
from probesteer.stages.interface import InputPath, OutputPath
from probesteer.stages.sweep_inputs import asked_about


def run(
    settings: GradientsSlice,
    provenance: dict[str, Any],
    *,
    record: InputPath,
    manifest: InputPath,
    prompts: InputPath,
    examples: InputPath,
    gradients: OutputPath,
) -> None:
    """Write the gradients of the prompts that nothing is reported on, at the cache's places."""
    source = f"concept {settings.concept}:"
    asked = read_table(prompts).query("split != 'test'")
    if asked.empty:
        raise ProbesteerError(
            f"{source} all prompts are of the test split; leave logit_gradient out of "
            "directions.methods, or add prompts of other groups"
        )
    loaded = replace(load_model(read_record(record), settings.model), chat=settings.chat)
    loaded = asked_about(loaded, settings.concept, examples, settings.batch_tokens)
    rows = prompt_rows(loaded, asked, source)
    places = open_cache(manifest).places
    found = logit_gradients(loaded, rows, places, settings.batch_tokens)
    write_gradients(gradients, found, provenance)
