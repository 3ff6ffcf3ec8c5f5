"""Fit probes on a few neurons of one concept in one model."""

import logging
from typing import Any

from probesteer.activations.cache import open_cache
from probesteer.files.tables import read_table, write_table
from probesteer.probes.sparse.evaluation import evaluate_sparse_probes
from probesteer.settings.slices.probes import ProbesSlice
from probesteer.stages.interface import InputPath, OutputPath
from probesteer.stages.keys import keyed

# Where a coordinate is a neuron.
NEURONS = "mlp_act"

_log = logging.getLogger(__name__)


def run(
    settings: ProbesSlice,
    provenance: dict[str, Any],
    *,
    manifest: InputPath,
    examples: InputPath,
    table: OutputPath,
) -> None:
    """Write what sparse probes reach; no rows without neurons, or for labels other than 0 and 1."""
    cache = open_cache(manifest)
    places = [place for place in cache.places if place.site == NEURONS]
    if settings.kind != "binary":
        _log.info("%s: no sparse probes, as its labels are not 0 and 1", settings.concept)
        places = []
    rows = read_table(examples).iloc[cache.example]
    measured = evaluate_sparse_probes(
        cache.read,
        places,
        rows["label"].to_numpy(),
        rows["group"].to_numpy(dtype=str),
        rows["split"].to_numpy(dtype=str),
        settings.probe,
        settings.seed,
    )
    write_table(table, keyed(measured, settings.model, settings.concept), provenance)
