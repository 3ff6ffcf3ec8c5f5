"""Tidy tables as parquet, with their provenance in the file's own metadata."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from probesteer.errors import ProbesteerError
from probesteer.files.atomic import atomic_path
from probesteer.files.digests import canonical_json

_PROVENANCE = b"probesteer"


def write_table(path: Path, table: pd.DataFrame, provenance: dict[str, Any]) -> None:
    """Write `table` without its index; `provenance` is any JSON value that names the origin.

    The bytes depend on the rows and the provenance only: no time, no host.
    """
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    arrow = arrow.replace_schema_metadata(
        {**(arrow.schema.metadata or {}), _PROVENANCE: canonical_json(provenance).encode()}
    )
    with atomic_path(path) as partial:
        pq.write_table(arrow, partial, compression="zstd")


def read_table(path: Path) -> pd.DataFrame:
    """Read a table that `write_table` wrote.

    Raises ProbesteerError where the file is missing or not a parquet file.
    """
    if not path.is_file():
        raise ProbesteerError(f"{path}: no such table; run the stage that makes it")
    try:
        table: pd.DataFrame = pq.read_table(path).to_pandas()
    except (pa.ArrowException, OSError) as fault:
        raise ProbesteerError(f"{path}: not a readable table; delete it and run again") from fault
    return table


def read_tables(paths: Sequence[Path]) -> pd.DataFrame:
    """Tables of the same columns as one, in the given order."""
    return pd.concat([read_table(path) for path in paths], ignore_index=True)
