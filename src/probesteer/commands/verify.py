"""`probesteer verify`: is a results folder whole, unaltered, and made from what is there now?"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from probesteer.activations.cache import MANIFEST, faulty_files
from probesteer.commands.arguments import Parser
from probesteer.commands.trying import shown
from probesteer.errors import ProbesteerError
from probesteer.files.digests import file_digest
from probesteer.files.records import JobRecord
from probesteer.files.verification import Finding, Verification, verify_records
from probesteer.models.record import read_record
from probesteer.settings.schema import Settings
from probesteer.settings.slices.by_stage import from_json, stage_slice, to_json
from probesteer.settings.slices.showing import ReportSlice

_RECORD = "record.json"
# Stages that read the slice of another.
_SLICES = {"sparse": "probes"}
# Their folders are named after what was asked for; the report's settings don't say of which part.
_ADDRESSED = ("fetch", "dataset", "activations", "gather", "figures", "report")


def run(arguments: Sequence[str]) -> None:
    """Print what is missing, altered, stale or unknown, a line each.

    Raises ProbesteerError where anything is, and for bad input.
    """
    parser = Parser(prog="probesteer verify", description=__doc__)
    parser.add_argument(
        "results", type=Path, metavar="RESULTS", help="of an experiment: results/quickstart"
    )
    checked = verify_results(parser.read(arguments).results)
    for finding in checked.findings:
        print(shown(str(finding)))
    for path in checked.absent:
        print(shown(f"not compared: {path}: it is not here"))
    files = f"{checked.files} files of {len(checked.records)} jobs"
    if checked.findings:
        raise ProbesteerError(f"{files}: {len(checked.findings)} findings; see the lines above")
    print(f"{files}: as they were written, and up to date")


def verify_results(folder: Path) -> Verification:
    """`verify_records`, and what the manifests of activations and the records of models name.

    Raises ProbesteerError where the folder holds no record of a job.
    """
    checked = verify_records(folder)
    findings, absent = list(checked.findings), list(checked.absent)
    # What is named already is not told in two ways.
    named = {finding.path for finding in findings}
    for record in checked.records:
        for path in (path for path in record.outputs if path not in named and path.is_file()):
            if path.name == MANIFEST:
                findings += _of_activations(path)
            elif record.stage == "fetch" and path.name == _RECORD:
                findings += _of_model(path, absent)
    findings += _of_settings(checked.records)
    return replace(checked, findings=findings, absent=absent)


def _of_activations(manifest: Path) -> Iterator[Finding]:
    try:
        faulty = faulty_files(manifest)
    except (OSError, ValueError, KeyError, TypeError):
        yield Finding("altered", manifest, "not a whole manifest; delete it and run again")
        return
    for path, kind in faulty:
        yield Finding(kind, path, "not as its manifest says; delete it and run again")


def _of_model(record: Path, absent: list[Path]) -> Iterator[Finding]:
    """Files of the weights and the tokenizer; weights that are not on this disk are no fault."""
    model = read_record(record)
    folder = Path(model.folder)
    for name, digest in sorted(model.files.items()):
        path = folder / name
        if not path.is_file():
            absent.append(path)
        elif file_digest(path) != digest:
            yield Finding("altered", path, f"not what {record} names; fetch the model again")


def _of_settings(records: Sequence[JobRecord]) -> Iterator[Finding]:
    """Files that were made with other settings than those that the report shows."""
    report = next((record for record in records if record.stage == "report"), None)
    if report is None:
        return
    try:
        settings = from_json(ReportSlice, json.dumps(report.settings)).settings
    except ProbesteerError:
        return  # of an older schema: the code is stale, and told as such
    for record in records:
        path = next(iter(record.outputs))
        wanted = _expected(record, path, settings)
        differing = [] if wanted is None else _differences(record.settings, wanted)
        if differing:
            yield Finding(
                "stale", path, f"made with other {', '.join(differing)} than the report; run again"
            )


def _expected(record: JobRecord, path: Path, settings: Settings) -> dict[str, object] | None:
    """The slice that the report's settings give a job; None for one that has none of its own."""
    if record.stage in _ADDRESSED:
        return None
    parts = path.parent.parts
    model = next((name for name in settings.models if name in parts), "")
    # Of a pair of models, the second stands where a concept does.
    named = (*settings.concepts, *settings.model)
    concept = next((name for name in named if name == parts[-1]), "")
    try:
        found = stage_slice(_SLICES.get(record.stage, record.stage), settings, model, concept)
    except KeyError:
        return None
    return dict(json.loads(to_json(found)))


def _differences(made: dict[str, object], wanted: dict[str, object]) -> list[str]:
    """Keys of two slices that differ; those of the groups inside as `group.key`."""
    found = []
    for key in sorted({*made, *wanted}):
        one, other = made.get(key), wanted.get(key)
        if isinstance(one, dict) and isinstance(other, dict):
            found += [f"{key}.{inner}" for inner in _differences(one, other)]
        elif one != other:
            found.append(key)
    return found
