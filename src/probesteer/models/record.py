"""The record of a fetched model: where its files lie and what they are, as JSON."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from probesteer.errors import ProbesteerError
from probesteer.files.atomic import write_text
from probesteer.files.digests import json_digest
from probesteer.models.kinds import Kind


@dataclass(frozen=True)
class ModelRecord:
    """A model on this disk."""

    name: str  # the settings' name for it
    folder: str  # of the files; relative to the project where the settings name it so
    source: str  # hub repository, or the folder as the settings name it
    revision: str  # commit on the hub; empty for a folder
    architecture: str  # class that wrote the weights
    kind: Kind  # what it does with its input
    files: dict[str, str]  # file name -> sha256

    @property
    def digest(self) -> str:
        """Digest of the files alone: equal for equal weights, wherever they lie."""
        return json_digest(self.files)


def write_record(path: Path, record: ModelRecord) -> None:
    """Write the record as indented JSON, atomically."""
    write_text(path, json.dumps(asdict(record), indent=2, sort_keys=True) + "\n")


def read_record(path: Path) -> ModelRecord:
    """Read a record. Raises ProbesteerError where it is missing or not one."""
    try:
        return ModelRecord(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as fault:
        raise ProbesteerError(f"{path}: not a model record; delete it and run again") from fault
