"""Is everything in a results folder what the jobs wrote, and made from what is there now?"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from probesteer.errors import ProbesteerError
from probesteer.files.code import code_digest
from probesteer.files.digests import file_digest
from probesteer.files.records import FOLDER, JobRecord, read_job_record, recorded

# Of a job, but no result: what it said, and the time and memory that it took.
_BESIDES = ("logs", "resources", FOLDER)
_PARTIAL = ".tmp"


@dataclass(frozen=True)
class Finding:
    """One file that is not as it should be."""

    kind: str  # missing, altered, stale or unknown
    path: Path
    detail: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.path}: {self.detail}"


@dataclass(frozen=True)
class Verification:
    """What was looked at, and what was found."""

    records: list[JobRecord]
    files: int  # written by these jobs
    findings: list[Finding]
    absent: list[Path] = field(default_factory=list)  # sources that are not here to be compared


def verify_records(folder: Path) -> Verification:
    """Compare the files of an experiment with the records of the jobs that made them.

    folder: such as `results/quickstart`. What its jobs read from elsewhere in the results, such as
    activations, is followed to the jobs that made it.

    missing: a job wrote it, and it's gone. altered: it is not what the job wrote, or it is a link.
    stale: whole, but a source, another job's file or the code has changed since. unknown: no job
    wrote it. A file that was made from an altered one is not named beside it.
    Raises ProbesteerError where the folder holds no record at all.
    """
    if not folder.is_dir():
        raise ProbesteerError(f"{folder}: no such folder; name one such as results/quickstart")
    folder = Path(os.path.normpath(folder))
    if folder.name in ("", ".."):
        folder = folder.resolve()
    records, findings = _records(folder)
    if not records and not findings:
        raise ProbesteerError(f"{folder}: no job left a record here; run the workflow again")
    written = {path: digest for record in records for path, digest in record.outputs.items()}
    found = {path: _digest(path) for path in written}
    findings += _outputs(written, found)
    absent: list[Path] = []
    for record in records:
        findings += _inputs(record, written, found, absent, folder)
        findings += _code(record)
    findings += _strangers(folder, set(written))
    return Verification(records, len(written), findings, sorted(set(absent)))


def _records(folder: Path) -> tuple[list[JobRecord], list[Finding]]:
    """Those in the folder, and those of the files from elsewhere that they name."""
    waiting = sorted(folder.glob(f"**/{FOLDER}/*.json"))
    seen, records, findings = set(waiting), [], []
    while waiting:
        path = waiting.pop(0)
        try:
            record = read_job_record(path)
        except ProbesteerError:
            told = f"not a whole record of a job; delete it and {recorded(path)}, and run again"
            findings.append(Finding("altered", path, told))
            continue
        records.append(record)
        for source in record.inputs:
            made = source.parent / FOLDER / f"{source.name}.json"
            if made not in seen and made.is_file():
                seen.add(made)
                waiting.append(made)
    return records, findings


def _outputs(written: Mapping[Path, str], found: Mapping[Path, str | None]) -> Iterator[Finding]:
    makers = {digest: path for path, digest in written.items()}
    for path, digest in written.items():
        if path.is_symlink():
            yield Finding(
                "altered", path, f"a link to {str(path.readlink())!r}, where a job left a file"
            )
        elif found[path] is None:
            yield Finding("missing", path, "its job has written it; run again")
        elif found[path] != digest:
            other = makers.get(str(found[path]))
            what = f"it is what {other} was" if other else "not what its job wrote"
            yield Finding("altered", path, f"{what}; delete it and run again")


def _inputs(
    record: JobRecord,
    written: Mapping[Path, str],
    found: Mapping[Path, str | None],
    absent: list[Path],
    folder: Path,
) -> Iterator[Finding]:
    first = next(iter(record.outputs), record.path)
    for path, digest in record.inputs.items():
        if path in written:
            # Its own faults are told where it is listed.
            if written[path] != digest:
                yield Finding("stale", first, f"{path} was made again since; run again")
            continue
        now = _digest(path)
        if now is None and path.is_relative_to(folder):
            yield Finding("missing", path, f"{first} was made from it, and no job's record has it")
        elif now is None:
            absent.append(path)
        elif now != digest:
            yield Finding("stale", first, f"{path} has changed since; run again")


def _code(record: JobRecord) -> Iterator[Finding]:
    try:
        same = code_digest(f"probesteer.stages.{record.stage}") == record.code
    except ValueError:
        same = False
    if not same:
        first = next(iter(record.outputs), record.path)
        yield Finding("stale", first, f"the code of stage {record.stage} has changed; run again")


def _strangers(folder: Path, known: set[Path]) -> Iterator[Finding]:
    """Files and links that no job wrote."""
    for path in _files(folder):
        within = path.relative_to(folder).parts
        if path.is_symlink() and path not in known:
            yield Finding("unknown", path, f"a link to {str(path.readlink())!r}; delete it")
        elif path in known or within[0] in _BESIDES or FOLDER in within[:-1]:
            continue
        elif path.suffix == _PARTIAL:
            yield Finding("unknown", path, "left by a job that was killed; delete it")
        else:
            yield Finding("unknown", path, "no record of a job names it; delete it, or run again")


def _files(folder: Path) -> Sequence[Path]:
    """Everything but folders; links are not followed."""
    listed: list[Path] = []
    for root, folders, names in os.walk(folder):
        here = Path(root)
        listed += [here / name for name in names if not name.startswith(".snakemake")]
        listed += [here / name for name in folders if (here / name).is_symlink()]
    return sorted(listed)


def _digest(path: Path) -> str | None:
    return file_digest(path) if path.is_file() else None
