"""Do the pairs of a concept's examples share an offset, and do two concepts add up?"""

import logging
from typing import Any

import numpy as np
import pandas as pd

from probesteer.activations.cache import ActivationCache, open_cache
from probesteer.files.tables import read_table, write_table
from probesteer.geometry.superposition import composition_calibrations as composing
from probesteer.geometry.superposition.arithmetic_rows import (
    COLUMNS,
    Row,
    analogy_rows,
    offset_rows,
)
from probesteer.geometry.superposition.combinations import Crossed
from probesteer.geometry.superposition.composition_rows import COLUMNS as COMPOSED
from probesteer.geometry.superposition.composition_rows import Sampling, combination_rows
from probesteer.geometry.superposition.pair_sets import PairSet, pair_set
from probesteer.geometry.superposition.read_across_rows import read_across_rows
from probesteer.geometry.superposition.shared_texts import SharedTexts, shared_texts
from probesteer.probes.estimators.interface import UnfittableError
from probesteer.settings.slices.geometry import ArithmeticSlice
from probesteer.stages.interface import InputPath, InputPaths, OutputPath
from probesteer.stages.trusted import trusted

_log = logging.getLogger(__name__)
# What each part is measured with.
_INSTRUMENTS = {
    "offsets": (
        "parallelogram cosine",
        "parallelogram cosine, shuffled",
        "parallelogram cosine less shuffled",
    ),
    "analogies": ("analogies, top 1", "analogies without the offset, top 1"),
    "combinations": (
        "error on an unseen combination",
        "error on an unseen combination, over that of noise",
        composing.SHARE,
        composing.COSINE,
        composing.NEAREST,
    ),
    "directions across combinations": (composing.ACCURACY, composing.AUROC),
}


def run(
    settings: ArithmeticSlice,
    provenance: dict[str, Any],
    *,
    instruments: InputPath,
    manifests: InputPaths,
    examples: InputPaths,
    table: OutputPath,
    composition: OutputPath,
) -> None:
    """`manifests` and `examples` are in the order of the settings' concepts."""
    known = read_table(instruments)
    used = {part: trusted(known, names, part) for part, names in _INSTRUMENTS.items()}
    read = {
        name: (cache, _rows_of(cache, read_table(path)))
        for name, cache, path in zip(
            settings.concepts, map(open_cache, manifests), examples, strict=True
        )
    }
    order = ["model", "concept", "site", "layer", "pairs_by", *COLUMNS]
    parts = []
    for name, (cache, rows) in read.items():
        for place in cache.places:
            pairs = pair_set(np.asarray(cache.read(place)), rows, settings.seed)
            if pairs is None:
                _log.warning("%s: no arithmetic without three pairs of both labels", name)
                break
            measured = pd.DataFrame(_pair_rows(pairs, used, settings), columns=COLUMNS)
            named = measured.assign(model=settings.model, concept=name, pairs_by=pairs.by)
            parts.append(named.assign(site=place.site, layer=place.layer)[order])
    write_table(table, _joined(parts, order), provenance)

    order, parts = ["model", "site", "layer", *COMPOSED], []
    frames = [(name, rows) for name, (_, rows) in read.items()]
    for shared in shared_texts(settings.compositions, frames):
        cache, _ = read[shared.concept]
        # Neurons have a stage of their own.
        for place in (each for each in cache.places if each.site != "mlp_act"):
            X = np.asarray(cache.read(place))[shared.rows].astype(np.float64)
            crossed = Crossed(X, shared.labels, shared.groups)
            measured = pd.DataFrame(_composed(crossed, shared, used, settings), columns=COMPOSED)
            placed = measured.assign(model=settings.model, site=place.site, layer=place.layer)
            parts.append(placed[order])
    write_table(composition, _joined(parts, order), provenance)


def _rows_of(cache: ActivationCache, examples: pd.DataFrame) -> pd.DataFrame:
    """What each row of a cache was read from."""
    ends = np.cumsum(cache.lengths)
    tokens = [
        np.asarray(cache.ids[end - length : end]).tobytes()
        for end, length in zip(ends, cache.lengths, strict=True)
    ]
    rows = examples.assign(tokens=tokens).iloc[cache.example].reset_index(drop=True)
    return rows.assign(token=np.asarray(cache.token))


def _pair_rows(pairs: PairSet, used: dict[str, bool], settings: ArithmeticSlice) -> list[Row]:
    rows: list[Row] = []
    if used["offsets"]:
        rows += offset_rows(pairs, settings.bootstrap_draws, settings.seed)
    if used["analogies"]:
        rows += analogy_rows(pairs, settings.bootstrap_draws, settings.seed)
    return rows


def _composed(
    crossed: Crossed, shared: SharedTexts, used: dict[str, bool], settings: ArithmeticSlice
) -> list[Row]:
    names, rows = (shared.concept, shared.other), list[Row]()
    sampling = Sampling(settings.bootstrap_draws, settings.seed)
    if used["combinations"]:
        rows += combination_rows(crossed, names, sampling)
    if used["directions across combinations"]:
        try:
            rows += read_across_rows(crossed, names, sampling)
        except UnfittableError as fault:
            _log.warning("%s and %s: %s", *names, fault)
    return rows


def _joined(parts: list[pd.DataFrame], order: list[str]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=order)
