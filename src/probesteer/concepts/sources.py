"""Columns of a CSV, JSONL or parquet file, cell by cell as they stand there.

Nothing is guessed: a CSV cell is always text ("NA", "null" and "007" stay as they are), and JSON
and parquet cells keep their type.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    _check_utf8(path)
    names: list[str] = []
    kept: list[tuple[int, list[object]]] = []  # place in a row, cells
    found: dict[str, list[object]] = {}
    number, blank = 0, None  # records read; the first empty one since the last that isn't
    with path.open(encoding="utf-8-sig", newline="") as source:
        try:
            # strict: a stray or unclosed quote is an error, not a guess
            for record in csv.reader(source, strict=True):
                number += 1
                if number == 1:
                    names = record
                    found = {name: [] for name in names if name in wanted}
                    kept = [(names.index(name), cells) for name, cells in found.items()]
                elif not record:
                    blank = blank or number
                elif blank or len(record) != len(names):
                    cells_there = 0 if blank else len(record)
                    raise row_fault(path, (blank or number) - 2, _ragged(cells_there, len(names)))
                else:
                    for place, cells in kept:
                        cells.append(record[place])
        except csv.Error as fault:
            raise row_fault(
                path,
                number - 1,
                f"not readable as CSV ({fault}); double the quotes inside a quoted text,"
                " or use a .jsonl file",
            ) from fault
    return names, found


def _ragged(cells: int, names: int) -> str:
    if cells == 0:
        return "the line is empty; delete it"
    return f"{cells} cells where the header has {names}; put texts that hold commas in quotes"


def _read_jsonl(path: Path, wanted: Sequence[str]) -> _Columns:
    _check_utf8(path)
    decoder = json.JSONDecoder(object_pairs_hook=_without_duplicates)
    names: dict[str, None] = {}
    found: dict[str, list[object]] = {}
    rows, blank = 0, None
    with path.open(encoding="utf-8-sig", newline="\n") as source:
        for place, line in enumerate(source):
            if not line.strip():
                blank = place if blank is None else blank
                continue
            if blank is not None:
                raise row_fault(path, blank, "the line is empty; delete it")
            record = _object(path, place, decoder, line.rstrip())
            for name in record:
                if name not in names and name in wanted:
                    found[name] = [None] * rows
                names[name] = None
            for name, cells in found.items():
                cells.append(record.get(name))
            rows += 1
    return list(names), found


def _object(path: Path, example: int, decoder: json.JSONDecoder, line: str) -> dict[str, object]:
    try:
        record = decoder.decode(line)
        if isinstance(record, dict):
            return record
        what = shown(record)
    except (ValueError, RecursionError) as fault:
        reason = fault.msg if isinstance(fault, json.JSONDecodeError) else str(fault)
        raise row_fault(
            path, example, f"not readable as JSON ({reason}); write one object a line"
        ) from fault
    raise row_fault(path, example, f"{what} is not an object; write one object a line")


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
            cells: dict[str, list[object]] = {name: [] for name in found}
            for batch in file.iter_batches(columns=found):
                for name, kept in cells.items():
                    kept += batch.column(name).to_pylist()
            return names, cells
        # OverflowError: a date or time that Python has no value for.
        except (pa.ArrowException, OSError, ValueError, OverflowError) as fault:
            raise ProbesteerError(
                f"{path}: not readable as parquet; write the file again"
            ) from fault


_READERS = {".csv": _read_csv, ".jsonl": _read_jsonl, ".parquet": _read_parquet}


def _check_utf8(path: Path) -> None:
    """Refuse what is no UTF-8 text, line by line, so that a long file is never held as a whole."""
    blank = True
    with path.open("rb") as handle:
        for number, line in enumerate(handle, 1):
            if number == 1:
                line = line.removeprefix(_BYTE_ORDER_MARK)
            if b"\0" in line:
                raise ProbesteerError(
                    f"{path}: line {number}: a NUL byte; save the file as UTF-8 text"
                )
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as fault:
                raise ProbesteerError(
                    f"{path}: line {number}: the byte 0x{line[fault.start]:02x} is not UTF-8;"
                    " save the file as UTF-8 text"
                ) from fault
            blank = blank and not line.strip()
    if blank:
        raise _empty_file(path)


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
