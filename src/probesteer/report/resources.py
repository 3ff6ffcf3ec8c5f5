"""Time and memory of the jobs behind a report."""

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from probesteer.errors import ProbesteerError
from probesteer.report.compact_table import CompactTable
from probesteer.report.numbers import MISSING, number

_NAMES = ["model", "concept", "stage"]
_SIZES = ["wall_s", "peak_rss_mb", "peak_gpu_mb"]
_REPORT = "report"  # still at work


def read_resources(
    models: Sequence[str],
    concepts: Sequence[str],
    *,
    records: Sequence[Path],
    reading: Sequence[Path],
    measured: Path,
    windows: Sequence[Path] = (),
    windowed: Sequence[str] = (),
) -> pd.DataFrame:
    """What the jobs left behind, a row each; those of a pair by name.

    records: the record of each model, beside which fetching it left its own; reading: those of
    the activations, pair by pair, models first; windows: those of the activations of the windows
    of the `windowed` concepts, likewise; measured: the folder of all others, by model and concept.
    Columns model, concept (None: of all concepts, or of all models), stage, wall_s (seconds),
    peak_rss_mb, peak_gpu_mb (MB). A job that left nothing has no row.

    Raises ProbesteerError for a file that isn't one of theirs.
    """
    found: list[tuple[str | None, str | None, Path]] = []
    for model, record in zip(models, records, strict=True):
        found.append((model, None, record.parent / "resources.json"))
    for concept in concepts:
        found.append((None, concept, measured / "concepts" / concept / "examples.json"))
    activations, of_windows = iter(reading), iter(windows)
    for model in models:
        for concept in concepts:
            found.append((model, concept, next(activations)))
            if concept in windowed:
                found.append((model, concept, next(of_windows)))
            found += [
                (model, concept, path)
                for path in sorted((measured / model / concept).glob("*.json"))
            ]
        found += [(model, None, path) for path in sorted((measured / model).glob("*.json"))]
    found += [(None, None, path) for path in sorted(measured.glob("*.json"))]
    rows = [
        {"model": model, "concept": concept, **_job(path)}
        for model, concept, path in found
        if path.is_file() and path.stem != _REPORT
    ]
    return pd.DataFrame(rows, columns=[*_NAMES, *_SIZES])


def _job(path: Path) -> dict[str, object]:
    try:
        job = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as fault:
        raise ProbesteerError(f"{path}: not JSON; delete it and run again") from fault
    if not isinstance(job, dict):
        raise ProbesteerError(f"{path}: not the time and memory of a job; delete it and run again")
    return job


def resource_table(resources: pd.DataFrame) -> CompactTable:
    """Wall time and peak memory of each job, and their total and largest."""
    columns = [*_NAMES, "wall time (s)", "peak memory (MB)", "peak GPU (MB)"]
    rows = []
    for job in resources.to_dict("records"):
        texts = [MISSING if pd.isna(job.get(name)) else str(job[name]) for name in _NAMES]
        rows.append(texts + [_size(job.get(name)) for name in _SIZES])
    if rows:
        figures = resources.reindex(columns=_SIZES).astype(float)
        ends = [figures["wall_s"].sum(), figures["peak_rss_mb"].max(), figures["peak_gpu_mb"].max()]
        total = f"these {len(rows)} jobs" if len(rows) > 1 else "this job"
        rows.append([total, "", "sum, largest, largest", *map(_size, ends)])
    return CompactTable(
        "Time and memory",
        "One row a job, each of the last time that it ran; a dash: of all models or concepts. "
        "Writing this report is not among them.",
        columns,
        rows,
    )


def _size(value: object) -> str:
    """Seconds or megabytes; 0 MB means that there was none."""
    size = float(value) if isinstance(value, int | float | np.number) else math.nan
    return number(size) if size > 0 else MISSING
