"""What a job leaves about itself: which files it read and wrote, by their digests.

A record lies in the folder `provenance` beside the first file that the job wrote. Its paths start
at its own folder, so results that are moved as a whole keep their records. It holds no time and no
host: equal jobs leave equal records.
"""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probesteer.errors import ProbesteerError
from probesteer.files.atomic import write_text
from probesteer.files.digests import file_digest, json_digest

FOLDER = "provenance"
# Parts of the activations that the workflow removes as soon as they are put together.
_PART = re.compile(r"shard-\d+-of-\d+")


@dataclass(frozen=True)
class JobRecord:
    """One job: its stage, its settings slice, the digest of its code, and its files."""

    path: Path
    stage: str
    settings: dict[str, Any]
    code: str
    versions: dict[str, str]
    inputs: dict[Path, str]  # SHA-256 when the job read them
    outputs: dict[Path, str]  # SHA-256 when the job had written them


def write_job_record(
    provenance: Mapping[str, Any],
    inputs: Mapping[str, Path | Sequence[Path]],
    outputs: Sequence[Path],
) -> None:
    """Record a job that has finished; one that wrote a part, or no file, leaves no record.

    provenance: as `stages.provenance.provenance_of` returns it. inputs: by the names that the
    provenance has for them.
    """
    written = [path for path in outputs if path.is_file() and not _is_part(path)]
    if not written:
        return
    record = record_path(written[0])
    read = {
        _from(record, path): digest
        for name, paths in inputs.items()
        for path, digest in zip(_listed(paths), provenance["inputs"][name], strict=True)
        if not _is_part(path)
    }
    content = {
        **{key: provenance[key] for key in ("stage", "settings", "code", "versions")},
        "inputs": read,
        "outputs": {_from(record, path): file_digest(path) for path in written},
    }
    sealed = {**content, "digest": json_digest(content)}
    write_text(record, json.dumps(sealed, indent=1, sort_keys=True) + "\n")


def require_as_written(
    provenance: Mapping[str, Any], inputs: Mapping[str, Path | Sequence[Path]]
) -> None:
    """Raise ProbesteerError for an input that is not what the job that wrote it has left.

    provenance, inputs: as for `write_job_record`. What no record names, such as a source, passes.
    """
    digests = {
        path: digest
        for name, paths in inputs.items()
        for path, digest in zip(_listed(paths), provenance["inputs"][name], strict=True)
    }
    written: dict[Path, set[str]] = {}
    for folder in sorted({path.parent for path in digests}):
        for record in sorted((folder / FOLDER).glob("*.json")):
            for path, digest in read_job_record(record).outputs.items():
                written.setdefault(path, set()).add(digest)
    for path, digest in digests.items():
        if digest not in written.get(Path(os.path.normpath(path)), {digest}):
            raise ProbesteerError(f"{path}: not what its job wrote; delete it and run again")


def record_path(output: Path) -> Path:
    """Where the record of a job lies; output: the first file that it wrote."""
    return output.parent / FOLDER / f"{output.name}.json"


def recorded(record: Path) -> Path:
    """The first file that the job of a record wrote."""
    return record.parent.parent / record.stem


def read_job_record(path: Path) -> JobRecord:
    """Read a record. Raises ProbesteerError where it is not whole or not as it was written."""
    try:
        content = dict(json.loads(path.read_text(encoding="utf-8")))
        if content.pop("digest") != json_digest(content):
            raise ValueError("altered")
        return JobRecord(
            path,
            content["stage"],
            content["settings"],
            content["code"],
            content["versions"],
            {_beside(path, name): digest for name, digest in content["inputs"].items()},
            {_beside(path, name): digest for name, digest in content["outputs"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise ProbesteerError(
            f"{path}: not a whole record of a job; delete it and {recorded(path)}, and run again"
        ) from fault


def _is_part(path: Path) -> bool:
    return _PART.fullmatch(path.parent.name) is not None


def _listed(paths: Path | Sequence[Path]) -> Sequence[Path]:
    return [paths] if isinstance(paths, Path) else paths


def _from(record: Path, path: Path) -> str:
    return Path(os.path.relpath(path, record.parent)).as_posix()


def _beside(record: Path, name: str) -> Path:
    return Path(os.path.normpath(record.parent / name))
