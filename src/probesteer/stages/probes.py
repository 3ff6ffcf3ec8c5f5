"""Fit probes at every place of one concept in one model, with their controls."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from probesteer.activations.cache import ActivationCache, open_cache
from probesteer.concepts.splits import other_splits
from probesteer.files.tables import read_table, write_table
from probesteer.probes.controls.classes_by_lot import class_control_labels
from probesteer.probes.controls.control_task import control_labels
from probesteer.probes.evaluation import evaluate_bag_of_tokens, evaluate_probes
from probesteer.probes.labelled_rows import LabelledRows
from probesteer.probes.storage import write_probes
from probesteer.probes.tasks import Task, task_of
from probesteer.settings.slices.probes import ProbesSlice
from probesteer.stages.interface import InputPath, OutputPath
from probesteer.stages.keys import keyed


def run(
    settings: ProbesSlice,
    provenance: dict[str, Any],
    *,
    manifest: InputPath,
    examples: InputPath,
    table: OutputPath,
    calibration: OutputPath,
    probes: OutputPath,
) -> None:
    """Write the fitted probes, the table of what they reach, and how reliable they are."""
    cache = open_cache(manifest)
    frame = read_table(examples)
    task = task_of(settings.kind, frame["target"].to_numpy())
    fitted = evaluate_probes(
        cache.read,
        cache.places,
        _labelled_rows(cache, frame, settings, task),
        settings.probe,
        settings.seed,
        None if cache.untrained is None else cache.untrained.read,
        task,
    )
    texts = _rows_of(frame, np.arange(len(frame)))
    baseline = evaluate_bag_of_tokens(
        *cache.tokens_seen(), texts, settings.probe, settings.seed, task
    )
    results = pd.concat([fitted.table, baseline], ignore_index=True)
    write_probes(probes, fitted.probes, provenance)
    write_table(
        calibration, keyed(fitted.calibration, settings.model, settings.concept), provenance
    )
    write_table(table, keyed(results, settings.model, settings.concept), provenance)


def _labelled_rows(
    cache: ActivationCache, frame: pd.DataFrame, settings: ProbesSlice, task: Task
) -> LabelledRows:
    """The rows of the cache, with control tasks (of classes) and other splits."""
    rows = _rows_of(frame, cache.example)
    control = control_labels(
        cache.ids,
        cache.lengths,
        cache.example,
        cache.token,
        rows.labels,
        rows.groups,
        rows.splits,
        settings.probe.control_draws,
        settings.seed,
    )
    draws = control.labels
    if task.kind == "classes":
        of_task = (control.types, rows.targets, rows.splits)
        draws = class_control_labels(*of_task, settings.probe.control_draws, settings.seed)
    return replace(
        rows,
        control_labels=draws if task.classes else draws[:0],
        other_splits=tuple(
            splits.to_numpy(dtype=str)[cache.example] for splits in other_splits(frame)
        ),
    )


def _rows_of(frame: pd.DataFrame, examples: Any) -> LabelledRows:
    """What is known of each row; examples: [n], the example that each was read from."""
    rows = frame.iloc[examples]
    pairs = rows["pair"].to_numpy(dtype=object) if rows["pair"].notna().any() else None
    return LabelledRows(
        rows["label"].to_numpy(),
        rows["group"].to_numpy(dtype=str),
        rows["split"].to_numpy(dtype=str),
        np.asarray(examples),
        pairs,
        of_task=rows["target"].to_numpy(),
    )
