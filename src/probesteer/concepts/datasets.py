"""Examples of the Hugging Face hub, a folder or a file, by `datasets`, as a parquet file."""

from pathlib import Path
from typing import Any

from datasets import Dataset, load_dataset

from probesteer.errors import ProbesteerError
from probesteer.files.atomic import atomic_path
from probesteer.settings.schema import DatasetSettings

# What reads a single file, and how: "NA" and the like are texts, as in a file of examples.
_READERS: dict[str, tuple[str, dict[str, Any]]] = {
    ".csv": ("csv", {"keep_default_na": False}),
    ".json": ("json", {}),
    ".jsonl": ("json", {}),
    ".parquet": ("parquet", {}),
}


def fetch_examples(source: DatasetSettings, concept: str, path: Path) -> None:
    """Write one split of a data set to `path`. A single file has the split train alone.

    Raises ProbesteerError, in one line, where it can't be read. Code that lies beside the data is
    never run.
    """
    where = f"{concept}: dataset {source.name}"
    name, options = str(source.name), dict[str, Any]()
    if Path(name).is_file():
        if Path(name).suffix.lower() not in _READERS:
            raise ProbesteerError(f"{where}: unknown kind of file; use {', '.join(_READERS)}")
        options["data_files"] = name
        name, reading = _READERS[Path(name).suffix.lower()]
        options |= reading
    try:
        found = load_dataset(
            name, source.config, split=source.split, revision=source.revision, **options
        )
    # A missing name, a wrong split, no network, a file that can't be parsed: errors of five kinds.
    except Exception as fault:
        first = str(fault).strip().splitlines()[0] if str(fault).strip() else type(fault).__name__
        raise ProbesteerError(
            f"{where}: can't be read: {first}; correct dataset in the concept's YAML, "
            "or give a file as examples"
        ) from fault
    if not isinstance(found, Dataset):
        raise ProbesteerError(f"{where}: split {source.split!r} is not one table; name one split")
    with atomic_path(path) as partial:
        found.to_parquet(partial)
