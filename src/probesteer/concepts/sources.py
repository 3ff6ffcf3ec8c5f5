"""Columns of a CSV, JSONL or parquet file, cell by cell as they stand there.

Nothing is guessed: a CSV cell is always text ("NA", "null" and "007" stay as they are), and JSON
and parquet cells keep their type.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from probesteer.concepts.faults import row_fault, shown
from probesteer.errors import ProbesteerError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class SourceTable:
    """The columns that were asked for, each a list with one cell per row.

    An optional column that the file lacks is a list of None, and not among `present`.
    """

    path: Path
    columns: dict[str, list[object]]
    present: frozenset[str]


def read_source(
    path: Path,
    required: Sequence[str],
    optional: Sequence[str],
    columns: Mapping[str, str] | None = None,
    elsewhere: Sequence[str] = (),
) -> SourceTable:
    """Read the columns `required` and `optional` of `path`; other columns are ignored.

    columns: names that the file has for some of them. elsewhere: those whose other name may be
    that of another file; where this one lacks it, it has the usual name, or no such column.

    Raises ProbesteerError where the file is missing, empty, of another kind, not readable, has
    ragged rows or no rows, names a column twice, or lacks a required or renamed column.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise ProbesteerError(
            f"{path}: unknown kind of file {path.suffix!r}; use .csv, .jsonl or .parquet"
        )
    if not path.is_file():
        raise ProbesteerError(f"{path}: no such file; check the path in the concept's settings")
    try:
        if path.stat().st_size == 0:
            raise _empty_file(path)
        called = {name: (columns or {}).get(name, name) for name in [*required, *optional]}
        names, found = reader(path, [*called.values(), *elsewhere])
    except OSError as fault:
        raise ProbesteerError(
            f"{path}: cannot be read ({fault.strerror}); check its permissions"
        ) from fault
    called |= {name: name for name in elsewhere if called[name] not in names}
    renamed = [name for name in optional if called[name] != name]
    _check_names(path, names, [called[name] for name in [*required, *renamed]])
    rows = len(found[called[required[0]]])
    if rows == 0:
        raise ProbesteerError(f"{path}: column names but no rows; add rows")
    nothing: list[object] = [None] * rows
    cells = {name: found.get(own, nothing) for name, own in called.items()}
    return SourceTable(path, cells, frozenset(n for n, own in called.items() if own in found))


_Columns = tuple[list[str], dict[str, list[object]]]  # every name found; the wanted columns


def _read_csv(path: Path, wanted: Sequence[str]) -> _Columns:
    records: list[list[str]] = []
    try:
        # strict: a stray or unclosed quote is an error, not a guess
        for record in csv.reader(io.StringIO(_read_utf8(path), newline=""), strict=True):
            records.append(record)
    except csv.Error as fault:
        raise row_fault(
            path,
            len(records) - 1,
            f"not readable as CSV ({fault}); double the quotes inside a quoted text,"
            " or use a .jsonl file",
        ) from fault
    while records and not records[-1]:
        records.pop()
    names, rows = records[0], records[1:]
    for example, row in enumerate(rows):
        if len(row) != len(names):
            raise row_fault(path, example, _ragged(len(row), len(names)))
    found = {name: place for place, name in enumerate(names) if name in wanted}
    return names, {name: [row[place] for row in rows] for name, place in found.items()}


def _ragged(cells: int, names: int) -> str:
    if cells == 0:
        return "the line is empty; delete it"
    return f"{cells} cells where the header has {names}; put texts that hold commas in quotes"


def _read_jsonl(path: Path, wanted: Sequence[str]) -> _Columns:
    decoder = json.JSONDecoder(object_pairs_hook=_without_duplicates)
    records: list[dict[str, object]] = []
    for example, line in enumerate(_read_utf8(path).rstrip().split("\n")):
        if not line.strip():
            raise row_fault(path, example, "the line is empty; delete it")
        try:
            record = decoder.decode(line)
        except (ValueError, RecursionError) as fault:
            reason = fault.msg if isinstance(fault, json.JSONDecodeError) else str(fault)
            raise row_fault(
                path, example, f"not readable as JSON ({reason}); write one object a line"
            ) from fault
        if not isinstance(record, dict):
            raise row_fault(
                path, example, f"{shown(record)} is not an object; write one object a line"
            )
        records.append(record)
    names = list(dict.fromkeys(chain.from_iterable(records)))
    found = set(names).intersection(wanted)
    return names, {name: [record.get(name) for record in records] for name in found}


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError(f"{shown(_first_duplicate([name for name, _ in pairs]))} is named twice")
    return record


def _read_parquet(path: Path, wanted: Sequence[str]) -> _Columns:
    with path.open("rb") as handle:
        try:
            file = pq.ParquetFile(handle)
            names = list(file.schema_arrow.names)
            if len(set(names)) != len(names):
                return names, {}  # refused by the caller; pyarrow cannot tell the columns apart
            found = [name for name in names if name in wanted]
            table = file.read(columns=found)
            return names, {name: table.column(name).to_pylist() for name in found}
        except (pa.ArrowException, OSError, ValueError) as fault:
            raise ProbesteerError(
                f"{path}: not readable as parquet; write the file again"
            ) from fault


_READERS = {".csv": _read_csv, ".jsonl": _read_jsonl, ".parquet": _read_parquet}


def _read_utf8(path: Path) -> str:
    """The text of a file; a byte-order mark is dropped, line ends stay as they are."""
    data = path.read_bytes().removeprefix(_BYTE_ORDER_MARK)
    if not data.strip():
        raise _empty_file(path)
    if (nul := data.find(b"\0")) >= 0:
        line = data.count(b"\n", 0, nul) + 1
        raise ProbesteerError(f"{path}: line {line}: a NUL byte; save the file as UTF-8 text")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        raise ProbesteerError(
            f"{path}: line {line}: the byte 0x{data[fault.start]:02x} is not UTF-8;"
            " save the file as UTF-8 text"
        ) from fault


def _check_names(path: Path, names: list[str], required: Sequence[str]) -> None:
    if len(set(names)) != len(names):
        raise ProbesteerError(
            f"{path}: the column {shown(_first_duplicate(names))} stands twice; rename one"
        )
    for name in required:
        if name not in names:
            raise ProbesteerError(
                f"{path}: no column {name!r}; name one so (found: {_listed(names)})"
            )


def _first_duplicate(names: list[str]) -> str:
    return next(name for place, name in enumerate(names) if name in names[:place])


def _listed(names: list[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(shown(name) for name in names[:most]) + more


def _empty_file(path: Path) -> ProbesteerError:
    return ProbesteerError(f"{path}: empty file; add rows")
