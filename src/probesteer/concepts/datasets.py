"""Examples from the Hugging Face hub or a folder, by the `datasets` library, as a parquet file."""

from pathlib import Path

from datasets import Dataset, load_dataset

from probesteer.errors import ProbesteerError
from probesteer.files.atomic import atomic_path
from probesteer.settings.schema import DatasetSettings


def fetch_examples(source: DatasetSettings, concept: str, path: Path) -> None:
    """Write one split of a data set to `path`.

    Raises ProbesteerError, in one line, where it can't be read. Code that lies beside the data is
    never run.
    """
    where = f"{concept}: dataset {source.name}"
    try:
        found = load_dataset(
            str(source.name), source.config, split=source.split, revision=source.revision
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
