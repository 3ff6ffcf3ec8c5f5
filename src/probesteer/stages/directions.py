"""Derive directions from the training rows of one concept in one model."""

import zlib
from typing import Any

from probesteer.activations.cache import open_cache
from probesteer.directions.fitting import ControlDraws, fit_directions
from probesteer.directions.storage import directions_table, write_directions
from probesteer.directions.training import TrainingRows
from probesteer.errors import ProbesteerError
from probesteer.files.tables import read_table, write_table
from probesteer.probes.storage import read_probes
from probesteer.settings.slices import DirectionsSlice
from probesteer.stages.interface import InputPath, OutputPath
from probesteer.stages.keys import keyed


def run(
    settings: DirectionsSlice,
    provenance: dict[str, Any],
    *,
    manifest: InputPath,
    examples: InputPath,
    probes: InputPath,
    directions: OutputPath,
    table: OutputPath,
) -> None:
    """Write the unit vectors with their statistics, and the statistics as a table."""
    cache = open_cache(manifest)
    rows = read_table(examples).iloc[cache.example]
    train = (rows["split"] == "train").to_numpy()
    fitted_probes = read_probes(probes)
    derived = []
    for place in cache.places:
        training = TrainingRows(
            cache.read(place)[train],
            rows["label"].to_numpy()[train],
            fitted_probes[place],
            rows["group"].to_numpy(dtype=str)[train],
            rows["pair"].to_numpy(dtype=object)[train],
            cache.example[train],
        )
        derived += fit_directions(
            training,
            place,
            settings.directions.methods,
            ControlDraws(random=settings.directions.random_draws),
            [settings.seed, zlib.crc32(settings.concept.encode())],
        )
    if not derived:
        raise ProbesteerError(
            f"concept {settings.concept}: its classes have the same mean at every layer of "
            f"{settings.model}; nothing can be steered towards"
        )
    write_directions(directions, derived, provenance)
    write_table(
        table, keyed(directions_table(derived), settings.model, settings.concept), provenance
    )
