"""Compare the directions of all concepts in one model."""

from typing import Any

from probesteer.directions.cosines import cosine_table
from probesteer.directions.storage import read_directions
from probesteer.files.tables import write_table
from probesteer.settings.slices.directions import CosinesSlice
from probesteer.stages.interface import InputPaths, OutputPath
from probesteer.stages.keys import keyed


def run(
    settings: CosinesSlice,
    provenance: dict[str, Any],
    *,
    directions: InputPaths,
    table: OutputPath,
) -> None:
    """`directions` are in the order of the settings' concepts."""
    named = {
        concept: read_directions(path)
        for concept, path in zip(settings.concepts, directions, strict=True)
    }
    write_table(table, keyed(cosine_table(named), settings.model), provenance)
