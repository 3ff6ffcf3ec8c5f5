"""Tables that not every run makes, such as those of families of concepts or of few neurons."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from probesteer.files.tables import read_tables


def read_evidence(paths: Sequence[Path]) -> dict[str, pd.DataFrame]:
    """The tables by the names of their files, those of one name put together in their order."""
    by_name: dict[str, list[Path]] = {}
    for path in paths:
        by_name.setdefault(path.stem, []).append(path)
    return {name: read_tables(files) for name, files in by_name.items()}
