"""Look at the polytopes of one model around the examples of a concept."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.activations.cache import ActivationCache, open_cache
from probesteer.directions.storage import read_directions
from probesteer.files.tables import read_table, write_table
from probesteer.geometry.polytopes.look import INSTRUMENTS, Subject, look
from probesteer.geometry.polytopes.networks import compared_networks
from probesteer.geometry.polytopes.sampling import balanced
from probesteer.models.inputs import Inputs, TextInputs, read_images
from probesteer.models.loading import LoadedModel
from probesteer.models.record import read_record
from probesteer.settings.slices.geometry import PolytopesSlice
from probesteer.stages.interface import InputPath, InputPaths, OutputPath
from probesteer.stages.keys import keyed
from probesteer.stages.trusted import trusted


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
    plane: OutputPath,
) -> None:
    """The trained model first, then those to compare it with.

    shuffled: the files of the same model, trained on labels that were dealt out by lot, where it
    is to be compared with one.
    """
    known, asked = read_table(instruments), settings.geometry
    parts = {part for part, needed in INSTRUMENTS.items() if trusted(known, needed, part)}
    cache, rows = open_cache(manifest), read_table(examples)
    classes = rows["target" if "target" in rows else "label"].to_numpy(dtype=np.int64)
    chosen = balanced(classes, asked.examples, settings.seed)
    groups = rows["group"].to_numpy(dtype=str)[chosen]
    subject = Subject(chosen, classes[chosen], groups, read_directions(directions), settings.seed)
    networks = compared_networks(read_record(record), settings.model, shuffled)
    found = look(networks, lambda loaded: _inputs(loaded, cache, rows), subject, asked, parts)
    for path, made in (
        (table, found.measured),
        (clusters, found.clusters),
        (plane, found.plane),
    ):
        write_table(path, keyed(made, settings.name, settings.concept), provenance)


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
