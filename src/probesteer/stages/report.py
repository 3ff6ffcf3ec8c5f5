"""Write the report of an experiment, and its findings as a short table for the terminal."""

from dataclasses import asdict
from typing import Any

from probesteer.files.atomic import write_text
from probesteer.files.tables import read_tables
from probesteer.models.record import read_record
from probesteer.report.content import ConceptText, ReportContent
from probesteer.report.findings import findings_of
from probesteer.report.page import render_report
from probesteer.report.resources import read_resources
from probesteer.report.terminal import findings_table
from probesteer.settings.slices.showing import ReportSlice
from probesteer.stages.evidence_tables import read_evidence
from probesteer.stages.interface import FolderPath, InputPaths, OutputPath


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
    evidence: InputPaths,
    records: InputPaths,
    drawings: InputPaths,
    reading: InputPaths,
    windows: InputPaths,
    measured: FolderPath,
    page: OutputPath,
    findings: OutputPath,
) -> None:
    """`evidence` are the tables that not every run makes, told apart by the names of their files.
    `drawings` lie in a folder named after their model. `reading` are the time and memory that
    the activations took, pair by pair, models first: experiments share them; `windows` are those
    of the concepts that have a window. `measured` is the folder in which the other jobs left
    theirs."""
    tables = {
        "probes": read_tables(probes),
        "directions": read_tables(directions),
        "steering": read_tables(steering),
        "scale": read_tables(scale),
        "sensitivity": read_tables(sensitivity),
        "samples": read_tables(samples),
        "cosines": read_tables(cosines),
        **read_evidence(evidence),
    }
    composed = settings.settings
    content = ReportContent(
        experiment=composed.experiment,
        tables=tables,
        figures={(path.parent.name, path.stem): path.read_bytes() for path in drawings},
        settings=asdict(composed),
        versions=provenance["versions"],
        resources=read_resources(
            composed.models,
            composed.concepts,
            records=records,
            reading=reading,
            windows=windows,
            windowed=[name for name in composed.concepts if composed.concept[name].window > 0],
            measured=measured,
        ),
        concepts={
            name: ConceptText(
                concept.description, (" or ".join(concept.labels[:-1]), concept.labels[-1])
            )
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
