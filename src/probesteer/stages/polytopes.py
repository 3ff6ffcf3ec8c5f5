"""Look at the polytopes of one model around the examples of a concept."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.activations.cache import ActivationCache, open_cache
from probesteer.directions.direction import Direction
from probesteer.directions.storage import read_directions
from probesteer.errors import ProbesteerError
from probesteer.files.tables import read_table, write_table
from probesteer.geometry.polytopes.cluster_tables import (
    MEMBERS,
    cluster_members,
    cluster_rows,
    find_clusters,
)
from probesteer.geometry.polytopes.continuation import ModelContinuation
from probesteer.geometry.polytopes.tables import (
    COLUMNS,
    Row,
    Sample,
    density_rows,
    push_rows,
    ray_rows,
)
from probesteer.models.inputs import Inputs, TextInputs, read_images
from probesteer.models.loading import LoadedModel, load_model
from probesteer.models.record import ModelRecord, read_record
from probesteer.models.untrained import NotReinitialised, reinitialise
from probesteer.places import EMBEDDING, Place
from probesteer.settings.slices.geometry import PolytopesSlice
from probesteer.stages.interface import InputPath, InputPaths, OutputPath
from probesteer.stages.keys import keyed
from probesteer.stages.trusted import trusted

_log = logging.getLogger(__name__)
# What each part is measured with.
_DENSITY = (
    "density within classes",
    "density between classes",
    "99% interval of within - between",
)
_CLUSTERS = (
    "clusters of codes",
    "purity of clusters of codes",
    "purity of labels by lot over chance",
)
_RAYS = ("boundaries along a ray", "boundaries along rays", "scale at which the class changes")
_PUSHES = ("crossings along a line", "places of crossings")


def run(
    settings: PolytopesSlice,
    provenance: dict[str, Any],
    *,
    instruments: InputPath,
    record: InputPath,
    manifest: InputPath,
    examples: InputPath,
    directions: InputPath,
    shuffled: InputPaths,
    table: OutputPath,
    clusters: OutputPath,
) -> None:
    """The trained model first, then those to compare it with; clusters only of the trained one.

    shuffled: the files of the same model, trained on labels that were dealt out by lot, where it
    is to be compared with one.
    """
    known, asked = read_table(instruments), settings.geometry
    cache, rows = open_cache(manifest), read_table(examples)
    classes = rows["target" if "target" in rows else "label"].to_numpy(dtype=np.int64)
    chosen = _balanced(classes, asked.examples, settings.seed)
    derived = read_directions(directions)
    parts, members = [], list[pd.DataFrame]()
    for network, loaded in _networks(read_record(record), settings, shuffled):
        inputs, token = _inputs(loaded, cache, rows)
        for place in _places(len(loaded.blocks)):
            continuation = ModelContinuation(loaded, inputs, place, token)
            sample = Sample(
                network,
                continuation.activations(chosen),
                chosen,
                rows["group"].to_numpy(dtype=str)[chosen],
                settings.seed,
            )
            own = [d for d in derived if d.place == place] if network == "trained" else []
            found, inside = _measured(continuation, sample, classes[chosen], own, known, settings)
            named = pd.DataFrame(found, columns=COLUMNS)
            parts.append(named.assign(site=place.site, layer=place.layer))
            if network == "trained":
                members.append(inside.assign(site=place.site, layer=place.layer))
    for path, tables, columns in ((table, parts, COLUMNS), (clusters, members, MEMBERS)):
        whole = pd.concat(tables, ignore_index=True)[["site", "layer", *columns]]
        write_table(path, keyed(whole, settings.name, settings.concept), provenance)


def _networks(
    record: ModelRecord, settings: PolytopesSlice, shuffled: Sequence[Path]
) -> Iterator[tuple[str, LoadedModel]]:
    """By name, one after the other: trained, on shuffled labels too, and re-initialised, where it
    has such weights. Raises ProbesteerError where the second is of another architecture."""
    loaded = load_model(record, settings.model)
    yield "trained", loaded
    if shuffled:
        folder = shuffled[0].parent
        other = load_model(replace(record, folder=str(folder)), settings.model)
        shapes = [
            {name: tuple(weights.shape) for name, weights in each.model.named_parameters()}
            for each in (loaded, other)
        ]
        if shapes[0] != shapes[1]:
            raise ProbesteerError(
                f"geometry.shuffled_labels: {folder} holds another architecture than model "
                f"{record.name}; name the same, trained on shuffled labels"
            )
        yield "shuffled", other
    try:
        reinitialise(loaded)
    except NotReinitialised as reason:
        _log.warning("no re-initialised network to compare with: %s", reason)
        return
    yield "reinitialised", loaded


def _measured(
    continuation: ModelContinuation,
    sample: Sample,
    labels: NDArray[np.int64],
    directions: Sequence[Direction],
    known: pd.DataFrame,
    settings: PolytopesSlice,
) -> tuple[list[Row], pd.DataFrame]:
    """The rows, and the cluster of every example."""
    asked, rows = settings.geometry, list[Row]()
    codes = continuation.codes_of(sample.examples)
    if trusted(known, _DENSITY, "boundary density"):
        rows += density_rows(sample, codes, labels)
    kept = trusted(known, _CLUSTERS, "clusters")
    clusters = find_clusters(sample, codes, labels) if kept else {}
    rows += cluster_rows(sample, clusters)
    started = sample.first(asked.paths)
    if trusted(known, _RAYS, "rays"):
        rows += ray_rows(continuation, started, asked.factors, noise=False)
        if sample.network == "trained":
            rows += ray_rows(continuation, started, asked.factors, noise=True)
    if trusted(known, _PUSHES, "pushes"):
        for direction in directions:
            random = direction.method == "random"
            if direction.method != "difference_of_means" and not (
                random and direction.draw < asked.random_draws
            ):
                continue
            method = f"random.{direction.draw}" if random else direction.method
            push = direction.push(1.0, asked.unit)
            walk = (asked.strengths, asked.unit, method)
            rows += push_rows(continuation, started, push, *walk)
    return rows, cluster_members(sample, clusters)


def _places(blocks: int) -> list[Place]:
    """The embedding's output and those of all blocks but the last, which no unit comes after."""
    return [EMBEDDING, *(Place("resid_post", layer) for layer in range(blocks - 1))]


def _balanced(classes: NDArray[np.int64], count: int, seed: int) -> NDArray[np.int64]:
    """As many examples of each class, in turn: [count or fewer]."""
    generator = np.random.default_rng(seed)
    drawn = [generator.permutation(np.flatnonzero(classes == one)) for one in np.unique(classes)]
    each = min(count // len(drawn), *map(len, drawn))
    chosen: NDArray[np.int64] = np.stack([some[:each] for some in drawn], axis=1).reshape(-1)
    return chosen


def _inputs(
    loaded: LoadedModel, cache: ActivationCache, rows: pd.DataFrame
) -> tuple[Inputs, NDArray[np.int64] | None]:
    """The examples as the activations were read from them, and the token of each: [n].

    Where several tokens were read, or their mean, the last of them all stands for the example.
    """
    if loaded.kind == "image":
        return read_images(loaded, rows["text"].tolist()), None
    ends = np.cumsum(cache.lengths)
    ids = [
        np.asarray(cache.ids[end - length : end])
        for end, length in zip(ends, cache.lengths, strict=True)
    ]
    token = np.full(len(cache.lengths), -1, dtype=np.int64)
    np.maximum.at(token, cache.example, cache.token)
    return TextInputs(ids), np.where(token < 0, cache.lengths - 1, token)
