"""Measure what the directions of a model's concepts share, layer by layer."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from probesteer.activations.cache import ActivationCache, open_cache
from probesteer.directions.direction import Direction
from probesteer.directions.storage import read_directions
from probesteer.files.tables import read_table, write_table
from probesteer.geometry.neurons.tables import neuron_rows
from probesteer.geometry.superposition.tables import (
    COLUMNS,
    ConceptAt,
    Row,
    alignment_rows,
    orthogonal_rows,
    overlap_rows,
    readout_rows,
    shape_rows,
)
from probesteer.places import Place
from probesteer.settings.slices.geometry import SuperpositionSlice
from probesteer.stages.interface import InputPath, InputPaths, OutputPath
from probesteer.stages.trusted import trusted

_log = logging.getLogger(__name__)
# What each part is measured with.
_OVERLAP = ("largest cosine", "mean cosine", "whitened cosine")
_READOUT = ("read-out interference of difference of means", "read-out interference")
_ORTHOGONAL = ("loss of an orthogonal basis", "turn to an orthogonal basis, degrees")
_SHAPE = ("effective rank", "IsoScore", "mean cosine", "Fisher's ratio")
_ALIGNMENT = ("axes", "kurtosis after a rotation", "share of rotations as aligned")
_NEURONS = ("concepts per wired neuron", "concepts per random direction")


def run(
    settings: SuperpositionSlice,
    provenance: dict[str, Any],
    *,
    instruments: InputPath,
    manifests: InputPaths,
    examples: InputPaths,
    directions: InputPaths,
    table: OutputPath,
) -> None:
    """`manifests`, `examples` and `directions` are in the order of the settings' concepts; only
    those with labels 0 and 1 have directions to compare."""
    known = read_table(instruments)
    caches = [open_cache(manifest) for manifest in manifests]
    labelled = [
        read_table(path).iloc[cache.example] for path, cache in zip(examples, caches, strict=True)
    ]
    derived = [_by_place(path) for path in directions]
    parts = []
    for place in caches[0].places:
        concepts = {
            name: _at(place, cache, rows, own)
            for name, cache, rows, own in zip(
                settings.concepts, caches, labelled, derived, strict=True
            )
            if place in own
        }
        measured = _rows(place, concepts, known, settings)
        for name, cache in zip(settings.concepts, caches, strict=True):
            if name in concepts and cache.untrained and trusted(known, _SHAPE, "spectra"):
                labels = concepts[name].labels
                measured += shape_rows(name, cache.untrained.read(place), labels, "reinitialised")
        found = pd.DataFrame(measured, columns=COLUMNS)
        parts.append(found.assign(site=place.site, layer=place.layer))
    whole = pd.concat(parts, ignore_index=True).assign(model=settings.model)
    order = ["model", "concept", "other", "site", "layer", *COLUMNS[2:]]
    write_table(table, whole[order], provenance)


def _rows(
    place: Place, concepts: dict[str, ConceptAt], known: pd.DataFrame, settings: SuperpositionSlice
) -> list[Row]:
    rows: list[Row] = []
    if not concepts:
        _log.warning("%s: no concept has directions there", place.label)
        return rows
    if trusted(known, _OVERLAP, "cosines"):
        rows += overlap_rows(concepts, settings.seed)
    if trusted(known, _READOUT, "read-out interference"):
        rows += readout_rows(concepts)
    if trusted(known, _ORTHOGONAL, "orthogonal reading"):
        rows += orthogonal_rows(concepts)
    if trusted(known, _ALIGNMENT, "axis alignment"):
        rows += alignment_rows(concepts, settings.seed)
    if trusted(known, _SHAPE, "spectra"):
        for name, each in concepts.items():
            rows += shape_rows(name, each.X, each.labels, "trained")
    if place.site == "mlp_act" and trusted(known, _NEURONS, "neurons"):
        read = {name: (each.X, each.labels) for name, each in concepts.items()}
        rows += neuron_rows(read, settings.threshold, settings.random_draws, settings.seed)
    return rows


def _by_place(path: Path) -> dict[Place, dict[str, Direction]]:
    found: dict[Place, dict[str, Direction]] = {}
    for direction in read_directions(path):
        if direction.method in ("difference_of_means", "logistic"):
            found.setdefault(direction.place, {})[direction.method] = direction
    return {place: both for place, both in found.items() if len(both) == 2}


def _at(
    place: Place,
    cache: ActivationCache,
    rows: pd.DataFrame,
    directions: dict[Place, dict[str, Direction]],
) -> ConceptAt:
    written, read = (directions[place][name] for name in ("difference_of_means", "logistic"))
    split = rows["split"].to_numpy(dtype=str)
    return ConceptAt(
        X=np.asarray(cache.read(place), dtype=np.float32),
        labels=rows["label"].to_numpy(dtype=np.int64),
        train=split == "train",
        test=split == "test",
        written=written.push(1.0, "gap"),
        read=read.vector.astype(np.float64),
    )
