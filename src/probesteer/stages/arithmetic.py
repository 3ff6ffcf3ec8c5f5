"""Do the pairs of a concept's examples share an offset, and do analogies find their members?"""

import logging
from typing import Any

import numpy as np
import pandas as pd

from probesteer.activations.cache import open_cache
from probesteer.files.tables import read_table, write_table
from probesteer.geometry.superposition.arithmetic_rows import (
    COLUMNS,
    Row,
    analogy_rows,
    offset_rows,
)
from probesteer.geometry.superposition.pair_sets import PairSet, pair_set
from probesteer.settings.slices.geometry import ArithmeticSlice
from probesteer.stages.interface import InputPath, InputPaths, OutputPath
from probesteer.stages.trusted import trusted

_log = logging.getLogger(__name__)
# What each part is measured with.
_OFFSETS = (
    "parallelogram cosine",
    "parallelogram cosine, shuffled",
    "parallelogram cosine less shuffled",
)
_ANALOGIES = ("analogies, top 1", "analogies without the offset, top 1")


def run(
    settings: ArithmeticSlice,
    provenance: dict[str, Any],
    *,
    instruments: InputPath,
    manifests: InputPaths,
    examples: InputPaths,
    table: OutputPath,
) -> None:
    """`manifests` and `examples` are in the order of the settings' concepts."""
    known = read_table(instruments)
    used = {
        part: trusted(known, names, part)
        for part, names in (("offsets", _OFFSETS), ("analogies", _ANALOGIES))
    }
    order = ["model", "concept", "site", "layer", "pairs_by", *COLUMNS]
    parts = [pd.DataFrame(columns=order)]
    for name, manifest, path in zip(settings.concepts, manifests, examples, strict=True):
        cache = open_cache(manifest)
        rows = read_table(path).iloc[cache.example].reset_index(drop=True)
        for place in cache.places:
            pairs = pair_set(np.asarray(cache.read(place)), rows, settings.seed)
            if pairs is None:
                _log.warning("%s: no arithmetic without three pairs of both labels", name)
                break
            measured = pd.DataFrame(_rows(pairs, used, settings), columns=COLUMNS)
            named = measured.assign(model=settings.model, concept=name, pairs_by=pairs.by)
            parts.append(named.assign(site=place.site, layer=place.layer)[order])
    filled = [part for part in parts if len(part)] or parts
    write_table(table, pd.concat(filled, ignore_index=True), provenance)


def _rows(pairs: PairSet, used: dict[str, bool], settings: ArithmeticSlice) -> list[Row]:
    rows: list[Row] = []
    if used["offsets"]:
        rows += offset_rows(pairs, settings.bootstrap_draws, settings.seed)
    if used["analogies"]:
        rows += analogy_rows(pairs, settings.bootstrap_draws, settings.seed)
    return rows
