"""Learn sparse dictionaries of a model's activations, and read concepts by single atoms."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.activations.cache import ActivationCache, open_cache
from probesteer.directions.storage import read_directions
from probesteer.files.tables import read_table, write_table
from probesteer.geometry.dictionaries.calibrations import BY_HAND, toy_of
from probesteer.geometry.dictionaries.components import fit_components
from probesteer.geometry.dictionaries.learning import learned, training_rows
from probesteer.geometry.dictionaries.tables import (
    COLUMNS,
    ConceptAt,
    Row,
    atom_rows,
    control_rows,
    quality_rows,
)
from probesteer.places import EMBEDDING, Place
from probesteer.progress import progress
from probesteer.settings.slices.geometry import DictionariesSlice
from probesteer.stages.interface import InputPath, InputPaths, OutputPath
from probesteer.stages.trusted import trusted

_log = logging.getLogger(__name__)
# What is asked of every kind on its own toy, and of any dictionary.
_FITTED = ("cosine of a planted feature with the nearest atom",)
_QUALITY = ("variance not rebuilt", "codes that are not 0")
_READING = ("AUROC of a feature by one atom",)
_ANY = ("cosine", "dead atoms", "AUROC of a label by lot by one atom")


def run(
    settings: DictionariesSlice,
    provenance: dict[str, Any],
    *,
    instruments: InputPath,
    manifests: InputPaths,
    examples: InputPaths,
    directions: InputPaths,
    table: OutputPath,
) -> None:
    """`manifests`, `examples` and `directions` are in the order of the settings' concepts."""
    known = read_table(instruments)
    caches = [open_cache(manifest) for manifest in manifests]
    labelled = [
        read_table(path).iloc[cache.example] for path, cache in zip(examples, caches, strict=True)
    ]
    probes = [_probes(path) for path in directions]
    kinds = [kind for kind in settings.dictionaries.kinds if _tried(known, kind)]
    order = ["model", "concept", "site", "layer", *COLUMNS[1:]]
    parts = [pd.DataFrame(columns=order)]
    for place in progress(_places(caches[0], settings.dictionaries.sites), "layers"):
        concepts = {
            name: _at(place, cache, rows, own.get(place))
            for name, cache, rows, own in zip(
                settings.concepts, caches, labelled, probes, strict=True
            )
        }
        found = pd.DataFrame(_rows(concepts, kinds, settings), columns=COLUMNS)
        named = found.assign(model=settings.model, site=place.site, layer=place.layer)
        parts.append(named[order])
    filled = [part for part in parts if len(part)] or parts
    write_table(table, pd.concat(filled, ignore_index=True), provenance)


def _tried(known: pd.DataFrame, kind: str) -> bool:
    """Whether a kind found what was planted, and what is asked of any kind held."""
    own, any_kind = (known[known["toy"] == toy] for toy in (toy_of(kind), BY_HAND))
    names = (*_FITTED, *_QUALITY, *_READING)
    return trusted(own, names, toy_of(kind)) and trusted(any_kind, _ANY, toy_of(kind))


def _rows(
    concepts: Mapping[str, ConceptAt], kinds: list[str], settings: DictionariesSlice
) -> list[Row]:
    if not kinds:
        return []
    asked, draws, seed = settings.dictionaries, settings.bootstrap_draws, settings.seed
    X = training_rows(concepts, asked.rows, seed)
    components = fit_components(X)
    rows = control_rows(concepts, asked.atoms, settings.random_draws, draws, seed)
    for kind in kinds:
        dictionary = learned(kind, X, asked, seed)
        rows += quality_rows(kind, dictionary, concepts, components, draws, seed)
        rows += atom_rows(kind, dictionary, concepts, draws, seed)
    return rows


def _places(cache: ActivationCache, sites: list[str]) -> list[Place]:
    """Those of the sites that were read, with the embedding where that is the blocks' output."""
    asked = [
        place
        for place in cache.places
        if place.site in sites or (place == EMBEDDING and "resid_post" in sites)
    ]
    if not asked:
        _log.warning("no dictionaries: %s not in activations.sites", " and ".join(sites))
    return asked


def _probes(path: Path) -> dict[Place, NDArray[np.float64]]:
    return {
        direction.place: direction.vector.astype(np.float64)
        for direction in read_directions(path)
        if direction.method == "logistic"
    }


def _at(
    place: Place, cache: ActivationCache, rows: pd.DataFrame, probe: NDArray[np.float64] | None
) -> ConceptAt:
    return ConceptAt(
        X=np.asarray(cache.read(place)),
        labels=rows["label"].to_numpy(dtype=np.int64),
        splits=rows["split"].to_numpy(dtype=str),
        groups=rows["group"].to_numpy(dtype=str),
        probe=probe,
    )
