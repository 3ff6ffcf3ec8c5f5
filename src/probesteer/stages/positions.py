"""Fit probes at every token of a window of one concept in one model."""

from typing import Any

from probesteer.activations.cache import open_cache
from probesteer.files.tables import read_table, write_table
from probesteer.probes.position_probes import evaluate_positions
from probesteer.settings.slices.probes import PositionsSlice
from probesteer.stages.interface import InputPath, OutputPath
from probesteer.stages.keys import keyed


def run(
    settings: PositionsSlice,
    provenance: dict[str, Any],
    *,
    manifest: InputPath,
    examples: InputPath,
    table: OutputPath,
) -> None:
    """Write what the probes reach.

    manifest: that of the activations of the window, not of the position alone.
    """
    cache = open_cache(manifest)
    rows = read_table(examples).iloc[cache.example]
    measured = evaluate_positions(
        cache.read,
        cache.places,
        rows["label"].to_numpy(),
        rows["group"].to_numpy(dtype=str),
        rows["split"].to_numpy(dtype=str),
        cache.example,
        settings.probe,
        settings.seed,
    )
    write_table(table, keyed(measured, settings.model, settings.concept), provenance)
