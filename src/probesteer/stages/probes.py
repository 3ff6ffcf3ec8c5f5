"""Fit probes at every place of one concept in one model, with their controls."""

from typing import Any

import pandas as pd

from probesteer.activations.cache import open_cache
from probesteer.files.tables import read_table, write_table
from probesteer.probes.evaluation import evaluate_bag_of_tokens, evaluate_probes
from probesteer.probes.storage import write_probes
from probesteer.settings.slices import ProbesSlice
from probesteer.stages.interface import InputPath, OutputPath
from probesteer.stages.keys import keyed


def run(
    settings: ProbesSlice,
    provenance: dict[str, Any],
    *,
    manifest: InputPath,
    examples: InputPath,
    table: OutputPath,
    probes: OutputPath,
) -> None:
    """Write the fitted probes and the table of what they reach."""
    cache = open_cache(manifest)
    frame = read_table(examples)
    rows = frame.iloc[cache.example]
    fitted = evaluate_probes(
        cache.read,
        cache.places,
        rows["label"].to_numpy(),
        rows["group"].to_numpy(dtype=str),
        rows["split"].to_numpy(dtype=str),
        cache.example,
        settings.probe,
        settings.seed,
    )
    baseline = evaluate_bag_of_tokens(
        *cache.tokens_seen(),
        frame["label"].to_numpy(),
        frame["group"].to_numpy(dtype=str),
        frame["split"].to_numpy(dtype=str),
        settings.probe,
        settings.seed,
    )
    results = pd.concat([fitted.table, baseline.table], ignore_index=True)
    write_probes(probes, fitted.probes, provenance)
    write_table(table, keyed(results, settings.model, settings.concept), provenance)
