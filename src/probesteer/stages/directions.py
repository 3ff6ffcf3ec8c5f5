"""Derive directions from the training rows of one concept in one model."""

import logging
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.activations.cache import ActivationCache, open_cache
from probesteer.directions.agreement import Refit, layer_table, resample_table
from probesteer.directions.direction import Direction
from probesteer.directions.eraser_storage import write_erasers
from probesteer.directions.estimators import difference_of_means
from probesteer.directions.fitting import ControlDraws, fit_directions
from probesteer.directions.given import NoVectorError, read_vector
from probesteer.directions.gradient_storage import read_gradients
from probesteer.directions.leace import Eraser, fit_eraser
from probesteer.directions.storage import directions_table, write_directions
from probesteer.directions.training import TrainingRows
from probesteer.directions.zero import ZeroDirectionError
from probesteer.errors import ProbesteerError
from probesteer.files.tables import read_table, write_table
from probesteer.places import Place
from probesteer.probes.logistic import fit_logistic
from probesteer.probes.storage import read_probes
from probesteer.settings.slices.directions import DirectionsSlice
from probesteer.stages.interface import InputPath, InputPaths, OutputPath
from probesteer.stages.keys import keyed

_log = logging.getLogger(__name__)

Vectors = dict[str, NDArray[np.floating[Any]]]


def run(
    settings: DirectionsSlice,
    provenance: dict[str, Any],
    *,
    manifest: InputPath,
    examples: InputPath,
    probes: InputPath,
    gradients: InputPaths,
    given: InputPaths,
    others: InputPaths,
    others_examples: InputPaths,
    directions: OutputPath,
    table: OutputPath,
    erasers: OutputPath,
    agreement: OutputPath,
) -> None:
    """Write the unit vectors with their statistics, and the statistics as a table; what erases the
    concept; and how well directions agree.

    gradients, given: one file where a method needs it. others: the manifests of other concepts, in
    the order of the settings.
    """
    wanted = settings.directions
    cache, rows = open_cache(manifest), read_table(examples)
    fitted, foreign = read_probes(probes), [read_gradients(path) for path in gradients]
    elsewhere = {
        name: (open_cache(path), read_table(labelled))
        for name, path, labelled in zip(wanted.other_concepts, others, others_examples, strict=True)
    }
    draws = ControlDraws(wanted.random_draws, wanted.orthogonal_draws, wanted.shuffled_draws)
    seed = [settings.seed, zlib.crc32(settings.concept.encode())]
    derived: list[Direction] = []
    erased: dict[Place, Eraser] = {}
    resampled = []
    for place in cache.places:
        training = replace(
            _training_rows(cache, rows, place),
            probe=fitted[place],
            gradients=foreign[0].get(place) if foreign else None,
            given=_given(given, place),
        )
        methods = [m for m in wanted.methods if m != "file" or training.given is not None]
        known = _of_others(elsewhere, place)
        found = fit_directions(training, place, methods, draws, seed, known)
        derived += found
        if found and "leace" in methods:
            erased[place] = fit_eraser(training.X, training.y)
        if found and wanted.resample_draws:
            drawn = (wanted.resample_draws, [*seed, 2])
            resampled.append(resample_table(training, place, methods, *drawn, _refit(training)))
    if not derived:
        raise ProbesteerError(
            f"concept {settings.concept}: its classes have the same mean at every layer of "
            f"{settings.model}; nothing can be steered towards"
        )
    if given and all(direction.method != "file" for direction in derived):
        raise ProbesteerError(f"{given[0]}: no vector for any layer; read its layers, or leave it")
    names = (settings.model, settings.concept)
    write_erasers(erasers, erased, provenance)
    write_table(agreement, keyed(_agreement(derived, resampled), *names), provenance)
    write_directions(directions, derived, provenance)
    write_table(table, keyed(directions_table(derived), *names), provenance)


def _training_rows(cache: ActivationCache, examples: pd.DataFrame, place: Place) -> TrainingRows:
    rows = examples.iloc[cache.example]
    train = (rows["split"] == "train").to_numpy()
    return TrainingRows(
        cache.read(place)[train],
        rows["label"].to_numpy()[train],
        groups=rows["group"].to_numpy(dtype=str)[train],
        pairs=rows["pair"].to_numpy(dtype=object)[train],
        examples=cache.example[train],
    )


def _given(files: Sequence[Path], place: Place) -> NDArray[np.float64] | None:
    """The vector of the file, if there is a file and it holds one for the place."""
    try:
        return read_vector(files[0], place) if files else None
    except NoVectorError as fault:
        _log.info("%s", fault)
        return None


def _of_others(elsewhere: dict[str, tuple[ActivationCache, pd.DataFrame]], place: Place) -> Vectors:
    """The difference of means of each other concept at the place, where it has one."""
    found: Vectors = {}
    for name, (cache, examples) in elsewhere.items():
        rows = _training_rows(cache, examples, place)
        try:
            found[name] = difference_of_means(rows.X, rows.y)
        except ZeroDirectionError as fault:
            _log.info("%s: no direction of %s: %s", place.label, name, fault)
    return found


def _refit(training: TrainingRows) -> Refit:
    """Gives resampled rows a probe of their own, at the penalty that was chosen."""
    C = training.probe.C if training.probe is not None else 1.0
    return lambda drawn: replace(drawn, probe=fit_logistic(drawn.X, drawn.y, C))


def _agreement(derived: Sequence[Direction], resampled: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Cosines between layers, and at one layer those with resamples."""
    at_one = [table.assign(other_layer=table["layer"]) for table in resampled]
    return pd.concat([layer_table(derived), *at_one], ignore_index=True)
