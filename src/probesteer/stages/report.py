"""Write the report of an experiment, and its findings as a short table for the terminal."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from probesteer.errors import ProbesteerError
from probesteer.files.atomic import write_text
from probesteer.files.tables import read_tables
from probesteer.models.record import read_record
from probesteer.report.content import ConceptText, ReportContent
from probesteer.report.findings import findings_of
from probesteer.report.page import render_report
from probesteer.report.terminal import findings_table
from probesteer.settings.slices import ReportSlice
from probesteer.stages.interface import FolderPath, InputPaths, OutputPath

_RESOURCES = ["model", "concept", "stage", "wall_s", "cpu_s", "peak_rss_mb", "peak_gpu_mb"]


def run(
    settings: ReportSlice,
    provenance: dict[str, Any],
    *,
    probes: InputPaths,
    directions: InputPaths,
    steering: InputPaths,
    scale: InputPaths,
    sensitivity: InputPaths,
    samples: InputPaths,
    cosines: InputPaths,
    records: InputPaths,
    drawings: InputPaths,
    reading: InputPaths,
    measured: FolderPath,
    page: OutputPath,
    findings: OutputPath,
) -> None:
    """`drawings` lie in a folder named after their model. `reading` are the time and memory that
    the activations took, pair by pair, models first: experiments share them. `measured` is the
    folder in which the other jobs left theirs."""
    tables = {
        "probes": read_tables(probes),
        "directions": read_tables(directions),
        "steering": read_tables(steering),
        "scale": read_tables(scale),
        "sensitivity": read_tables(sensitivity),
        "samples": read_tables(samples),
        "cosines": read_tables(cosines),
    }
    composed = settings.settings
    pairs = list(product(composed.models, composed.concepts))
    used = {pair: [path] for pair, path in zip(pairs, reading, strict=True)}
    for model, concept in pairs:
        used[model, concept] += sorted((measured / model / concept).glob("*.json"))
    content = ReportContent(
        experiment=composed.experiment,
        tables=tables,
        figures={(path.parent.name, path.stem): path.read_bytes() for path in drawings},
        settings=asdict(composed),
        versions=provenance["versions"],
        resources=_resources(used),
        concepts={
            name: ConceptText(concept.description, (concept.labels[0], concept.labels[1]))
            for name, concept in composed.concept.items()
        },
        provenance={
            "code": provenance["code"],
            "models": {
                record.name: {
                    "source": record.source,
                    "revision": record.revision,
                    "architecture": record.architecture,
                    "files": record.files,
                }
                for record in map(read_record, records)
            },
        },
    )
    write_text(findings, findings_table(findings_of(tables)))
    write_text(page, render_report(content))


def _resources(used: Mapping[tuple[str, str], list[Path]]) -> pd.DataFrame:
    """What the jobs of every model and concept left behind, a row each.

    Raises ProbesteerError for a file that isn't one of theirs.
    """
    rows = []
    for (model, concept), paths in used.items():
        for path in paths:
            try:
                job = json.loads(path.read_text(encoding="utf-8"))
                rows.append({"model": model, "concept": concept, **job})
            except ValueError as fault:
                raise ProbesteerError(f"{path}: not JSON; delete it and run again") from fault
    return pd.DataFrame(rows, columns=_RESOURCES)
