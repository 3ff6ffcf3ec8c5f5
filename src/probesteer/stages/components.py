"""Directions of a model's activations by PCA and NMF, against clusters of a concept's examples."""

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.activations.cache import ActivationCache, open_cache
from probesteer.files.tables import read_table, write_table
from probesteer.geometry.components.central import COLUMNS as CENTRAL
from probesteer.geometry.components.central import central_examples
from probesteer.geometry.components.factors import of_both_signs
from probesteer.geometry.components.tables import COLUMNS, Clustered, component_rows
from probesteer.places import Place
from probesteer.progress import progress
from probesteer.settings.slices.geometry import ComponentsSlice
from probesteer.stages.interface import InputPath, OutputPath
from probesteer.stages.keys import keyed
from probesteer.stages.trusted import trusted

_log = logging.getLogger(__name__)
MOST_ROWS = 2_000
"""Directions are fitted to at most so many examples."""
# What directions are measured with; clusters without them can still be read.
_INSTRUMENTS = (
    "cosine of a planted axis with the nearest principal component",
    "cosine of a planted part with the nearest non-negative factor",
    "clusters with a non-negative factor of their own",
    "high end of a direction through one cluster",
    "high end of a direction between two clusters",
    "high end with clusters by lot, over chance",
)


def run(
    settings: ComponentsSlice,
    provenance: dict[str, Any],
    *,
    instruments: InputPath,
    manifest: InputPath,
    examples: InputPath,
    clusters: InputPath,
    table: OutputPath,
    central: OutputPath,
) -> None:
    """Where there are clusters and activations both; neither has any of networks but the trained
    one."""
    used = trusted(read_table(instruments), _INSTRUMENTS, "directions of PCA and NMF")
    cache, rows = open_cache(manifest), read_table(examples)
    read = _last_rows(cache, len(rows))
    fitted = read[_drawn(read, settings.seed)]
    found = _members(read_table(clusters), read)
    components, middles, apart = list[pd.DataFrame](), list[pd.DataFrame](), list[str]()
    for place in progress(_places(cache, found), "layers"):
        here = found[(found["site"] == place.site) & (found["layer"] == place.layer)]
        X = np.asarray(cache.read(place))
        own = [_clustered(X, read, of_method) for _, of_method in here.groupby("method")]
        if used:
            counts = (settings.components, settings.random_draws)
            measured = component_rows(X[fitted], own, *counts, settings.seed)
            components.append(_at(place, pd.DataFrame(measured, columns=COLUMNS)))
            apart += [place.label] if of_both_signs(X[fitted]) else []
        of_codes = here[here["method"] == "codes"]
        middles.append(_at(place, _middles(X, read, of_codes, rows, settings)))
    if apart:
        _log.info("NMF of centred activations, taken apart by sign: %s", ", ".join(apart))
    for path, parts, columns in ((table, components, COLUMNS), (central, middles, CENTRAL)):
        order = ["site", "layer", *columns]
        filled = [part for part in parts if len(part)] or [pd.DataFrame(columns=order)]
        whole = pd.concat(filled, ignore_index=True)[order]
        write_table(path, keyed(whole, settings.name, settings.concept), provenance)


def _places(cache: ActivationCache, clusters: pd.DataFrame) -> list[Place]:
    """Those of the places with clusters whose activations were read."""
    asked = clusters[["site", "layer"]].drop_duplicates()
    found = [
        Place(str(site), int(layer))
        for site, layer in zip(asked["site"], asked["layer"], strict=True)
    ]
    kept = [place for place in found if place in cache.places]
    if found and not kept:
        _log.warning("no directions: %s not in activations.sites", found[0].site)
    return kept


def _members(clusters: pd.DataFrame, read: NDArray[np.int64]) -> pd.DataFrame:
    """Those of the trained network whose activations were read."""
    there = read[clusters["example"].to_numpy(dtype=np.int64)] >= 0
    found: pd.DataFrame = clusters[there & (clusters["network"] == "trained").to_numpy()]
    return found


def _last_rows(cache: ActivationCache, examples: int) -> NDArray[np.int64]:
    """The row of the last token that was read of every example: [examples]; -1: none was."""
    rows = np.full(examples, -1, dtype=np.int64)
    order = np.lexsort((cache.token, cache.example))
    rows[cache.example[order]] = order
    return rows


def _drawn(read: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Which examples directions are fitted to: [m], in order."""
    there = np.flatnonzero(read >= 0)
    if len(there) <= MOST_ROWS:
        return there
    chosen: NDArray[np.int64] = np.random.default_rng(seed).permutation(there)[:MOST_ROWS]
    return np.sort(chosen)


def _at(place: Place, rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(site=place.site, layer=place.layer)


def _clustered(X: NDArray[Any], read: NDArray[np.int64], members: pd.DataFrame) -> Clustered:
    examples = members["example"].to_numpy(dtype=np.int64)
    cluster = members["cluster"].to_numpy(dtype=np.int64)
    return Clustered(X[read[examples]], cluster, str(members["method"].iloc[0]))


def _middles(
    X: NDArray[Any],
    read: NDArray[np.int64],
    members: pd.DataFrame,
    rows: pd.DataFrame,
    settings: ComponentsSlice,
) -> pd.DataFrame:
    """The examples nearest to the middle of every cluster of codes."""
    examples = members["example"].to_numpy(dtype=np.int64)
    classes = rows["target" if "target" in rows else "label"].to_numpy(dtype=np.int64)[examples]
    return central_examples(
        X[read[examples]],
        members["cluster"].to_numpy(dtype=np.int64),
        examples,
        [_named(one, settings.labels) for one in classes],
        rows["text"].astype(str).iloc[examples].tolist(),
    )


def _named(label: int, names: Sequence[str]) -> str:
    return names[label] if 0 <= label < len(names) else str(label)
