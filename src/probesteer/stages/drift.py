"""Compare the directions of two checkpoints or fine-tunes of one model, and push one along the
other's."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.activations.cache import ActivationCache, open_cache
from probesteer.directions.random import random_directions
from probesteer.directions.zero import ZeroDirectionError
from probesteer.errors import ProbesteerError
from probesteer.files.tables import read_table, write_table
from probesteer.geometry.superposition import drift_calibrations as tried
from probesteer.geometry.superposition.drift_rows import (
    COLUMNS,
    ORDER,
    Row,
    TwoModels,
    angle_rows,
    reading_rows,
)
from probesteer.geometry.superposition.slope_rows import slope_rows
from probesteer.interventions.selection import sample_rows
from probesteer.interventions.survival import PushGrid
from probesteer.interventions.transferred import as_far, measure_slopes
from probesteer.models.loading import LoadedModel, load_model
from probesteer.models.record import read_record
from probesteer.places import Place
from probesteer.probes.storage import read_probes
from probesteer.settings.slices.drift import DriftSlice
from probesteer.stages.interface import InputPath, InputPaths, OutputPath
from probesteer.stages.sweep_inputs import asked_about
from probesteer.stages.trusted import trusted

_log = logging.getLogger(__name__)

_ANGLES = ("angle", tried.ANGLE)
_READING, _SLOPES = (tried.READING,), (tried.SHARE,)


@dataclass(frozen=True, eq=False)
class _Concept:
    """One concept in both models."""

    name: str
    pairs: dict[Place, TwoModels]
    examples: Path
    prompts: Path


def run(
    settings: DriftSlice,
    provenance: dict[str, Any],
    *,
    instruments: InputPath,
    record: InputPath,
    first: InputPaths,
    second: InputPaths,
    probes: InputPaths,
    examples: InputPaths,
    prompts: InputPaths,
    table: OutputPath,
) -> None:
    """first, second: the manifests of the two models; probes: of the first. These, `examples` and
    `prompts` are in the order of the settings' concepts. record: of the second, which is pushed.

    Raises ProbesteerError where the models' layers or widths differ, or their tokens.
    """
    known = read_table(instruments)
    used = {
        part: trusted(known, names, part)
        for part, names in (("angles", _ANGLES), ("reading", _READING), ("slopes", _SLOPES))
    }
    pair = f"{settings.model} and {settings.other}"
    files = zip(settings.concepts, first, second, probes, examples, prompts, strict=True)
    loaded = load_model(read_record(record), settings.loaded)
    parts = [pd.DataFrame(columns=ORDER)]
    for name, one, two, fitted, labelled, asked in files:
        caches = open_cache(one), open_cache(two)
        concept = _Concept(name, _in_both(caches, fitted, labelled, pair), labelled, asked)
        rows = _rows(settings, concept, loaded, used)
        parts.append(pd.DataFrame(rows, columns=["site", "layer", *COLUMNS]).assign(concept=name))
    whole = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    whole = whole.assign(model=settings.model, other=settings.other, shift="checkpoint")
    write_table(table, whole.assign(other_concept=whole["concept"])[ORDER], provenance)


def _in_both(
    caches: tuple[ActivationCache, ActivationCache], probes: Path, examples: Path, pair: str
) -> dict[Place, TwoModels]:
    """The places at which the first model has a probe; neurons are left out."""
    first, second = caches
    if first.places != second.places:
        counts = " and ".join(str(len(cache.places)) for cache in caches)
        raise ProbesteerError(
            f"config: geometry.drift.checkpoints: {pair} were read at {counts} places; name "
            "checkpoints of one model"
        )
    if not np.array_equal(first.example, second.example):
        raise ProbesteerError(
            f"config: geometry.drift.checkpoints: {pair} were read at different tokens; name "
            "models of one tokenizer"
        )
    rows = read_table(examples).iloc[first.example]
    fitted = read_probes(probes)
    labels = rows["label"].to_numpy(dtype=np.int64)
    groups, splits = (rows[name].to_numpy(dtype=str) for name in ("group", "split"))
    found = {}
    for place in first.places:
        X, other = first.read(place), second.read(place)
        if X.shape != other.shape:
            raise ProbesteerError(
                f"config: geometry.drift.checkpoints: {pair} are {X.shape[1]} and "
                f"{other.shape[1]} wide at {place.label}; name checkpoints of one model"
            )
        if place in fitted and place.site != "mlp_act":
            found[place] = TwoModels(X, other, labels, groups, splits, fitted[place])
    return found


def _rows(
    settings: DriftSlice, concept: _Concept, loaded: LoadedModel, used: dict[str, bool]
) -> list[Row]:
    draws, seed = settings.bootstrap_draws, settings.seed
    rows: list[Row] = []
    pushed: dict[Place, list[NDArray[np.float64]]] = {}
    for place, pair in concept.pairs.items():
        try:
            directions = pair.directions()
        except ZeroDirectionError as fault:
            _log.info("%s, %s: nothing to compare: %s", concept.name, place.label, fault)
            continue
        measured: list[Row] = []
        if used["angles"]:
            measured += angle_rows(pair, directions, seed)
        if used["reading"]:
            measured += reading_rows(pair, directions, settings.random_draws, draws, seed)
        rows += [(place.site, place.layer, *row) for row in measured]
        vectors = [both[model].vector for model in (0, 1) for both in directions.values()]
        random = random_directions(pair.other.shape[1], settings.random_draws, [seed, 2])
        pushed[place] = [*vectors, *random]
        methods = list(directions)
    if used["slopes"] and pushed:
        rows += _slopes(settings, concept, loaded, pushed, methods)
    return rows


def _slopes(
    settings: DriftSlice,
    concept: _Concept,
    loaded: LoadedModel,
    pushed: dict[Place, list[NDArray[np.float64]]],
    methods: list[str],
) -> list[Row]:
    """Of the second model, by pushes as long as its own difference of means."""
    steering = settings.steering
    chosen = {}
    for place, vectors in pushed.items():
        pair = concept.pairs[place]
        y, X = pair.labels[pair.train], np.asarray(pair.other)[pair.train]
        means = np.asarray(X, dtype=np.float64)
        reference = means[y == 1].mean(axis=0) - means[y == 0].mean(axis=0)
        chosen[place] = as_far(vectors, reference, X, y, place)
    named = replace(loaded, chat=settings.chats[concept.name])
    ready = asked_about(named, concept.name, concept.examples, steering.batch_tokens)
    prompts = sample_rows(read_table(concept.prompts), steering.prompts, settings.seed)
    strengths = _around_zero(steering.strengths)
    grid = PushGrid(
        strengths, "gap", steering.batch_tokens, steering.bootstrap_draws, settings.seed
    )
    found = measure_slopes(ready, prompts, chosen, grid, f"concept {concept.name}:")
    groups = prompts["group"].to_numpy(dtype=str)
    return [
        (place.site, place.layer, *row)
        for place, slopes in found.items()
        for row in slope_rows(methods, slopes, groups, steering.bootstrap_draws, settings.seed)
    ]


def _around_zero(strengths: list[float]) -> list[float]:
    """The smallest strength on each side of 0."""
    return [max(s for s in strengths if s < 0), min(s for s in strengths if s > 0)]
