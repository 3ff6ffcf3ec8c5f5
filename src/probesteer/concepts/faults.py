"""How a message names a row, so that a person finds it in the file at once.

Rows are counted as the file shows them: in a CSV file the header is row 1 and the first example
row 2 (a record with line breaks inside quotes is one row, as in a spreadsheet); in a JSONL file
the row is the line, in a parquet file the rows count from 1. Blank lines between rows are refused
when reading, so the row always follows from the example's number.
"""

from pathlib import Path

from probesteer.errors import ProbesteerError

_LONGEST_SHOWN = 60


def row_number(source: Path, example: int) -> int:
    """The row of `source` in which the example numbered `example` (from 0) stands."""
    return example + (2 if source.suffix.lower() == ".csv" else 1)


def row_fault(source: Path, example: int, message: str) -> ProbesteerError:
    """The error `<file>: row <n>: <message>` for the example numbered `example` (from 0)."""
    return ProbesteerError(f"{source}: row {row_number(source, example)}: {message}")


def shown(value: object) -> str:
    """`value` quoted, on one line and cut to a readable length."""
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."
