"""Checks of one column: from raw cells to texts, conversations, names and labels."""

import json
import math
from dataclasses import replace
from pathlib import Path

from probesteer.concepts.faults import row_fault, shown
from probesteer.concepts.sources import SourceTable
from probesteer.errors import ProbesteerError

_LABELS = {"0": 0, "0.0": 0, "false": 0, "no": 0, "1": 1, "1.0": 1, "true": 1, "yes": 1}


def texts(table: SourceTable, column: str) -> list[str]:
    """The cells of a column in which every row must hold a text that is not blank."""
    found = filled_texts(table, column)
    for example, text in enumerate(found):
        if text.isspace():
            raise row_fault(table.path, example, f"{column} is blank; fill it or delete the row")
    return found


def conversations(table: SourceTable, column: str) -> list[str]:
    """The cells of a column in which every row must hold the turns of a conversation, as JSON.

    A JSONL or parquet file may hold them as a list of {role, content}, any file as JSON text.
    """
    found = [
        _json(table.path, example, column, cell) if isinstance(cell, list) else cell
        for example, cell in enumerate(table.columns[column])
    ]
    return texts(replace(table, columns={column: found}), column)


def _json(path: Path, example: int, column: str, turns: list[object]) -> str:
    # Parquet gives every turn the keys of all turns.
    filled = [
        {key: value for key, value in turn.items() if value is not None}
        if isinstance(turn, dict)
        else turn
        for turn in turns
    ]
    try:
        return json.dumps(filled, ensure_ascii=False)
    except TypeError as fault:
        raise row_fault(
            path, example, f"{column} hold more than text ({fault}); write {{role, content}}"
        ) from fault


def filled_texts(table: SourceTable, column: str) -> list[str]:
    """The cells of a column in which every row must hold a text; white space counts as one."""
    found = []
    for example, text in enumerate(optional_texts(table, column)):
        if text is None:
            raise row_fault(table.path, example, f"{column} is empty; fill it or delete the row")
        found.append(text)
    return found


def optional_texts(table: SourceTable, column: str) -> list[str | None]:
    """The cells of a column, with None where a cell is empty."""
    found: list[str | None] = []
    for example, cell in enumerate(table.columns[column]):
        if _is_missing(cell):
            found.append(None)
        elif isinstance(cell, str):
            _check_characters(table.path, example, column, cell)
            found.append(cell)
        else:
            raise row_fault(
                table.path, example, f"{column} is {shown(cell)}, not a text; put it in quotes"
            )
    return found


def optional_names(table: SourceTable, column: str) -> list[str | None]:
    """The names (of groups, pairs, splits) in a column, with None where a cell is blank.

    White space around a name is dropped. Whole numbers are names too, so that `3` in a parquet
    file and "3" in a CSV file name the same group.
    """
    found: list[str | None] = []
    for example, cell in enumerate(table.columns[column]):
        if isinstance(cell, float) and cell.is_integer():
            cell = int(cell)  # a whole-number column with gaps often arrives as float
        if _is_missing(cell):
            found.append(None)
        elif isinstance(cell, str):
            _check_characters(table.path, example, column, cell)
            found.append(cell.strip() or None)
        elif isinstance(cell, int) and not isinstance(cell, bool):
            found.append(str(cell))
        else:
            raise row_fault(
                table.path,
                example,
                f"{column} is {shown(cell)}; name it by a text or a whole number",
            )
    return found


def labels(table: SourceTable, column: str) -> list[int]:
    """The labels in a column, 0 or 1, of which both must occur."""
    found = []
    for example, cell in enumerate(table.columns[column]):
        label = _LABELS.get(str(cell).strip().lower())
        if label is None:
            raise row_fault(
                table.path,
                example,
                f"{column} is {_said(cell)}; use 0 or 1, 0.0 or 1.0, false or true, no or yes",
            )
        found.append(label)
    if len(set(found)) == 1:
        raise ProbesteerError(
            f"{table.path}: every {column} is {found[0]}; add rows with {column} {1 - found[0]}"
        )
    return found


def classes(table: SourceTable, column: str, count: int) -> list[int]:
    """The numbers of classes in a column, 0 to `count` - 1, of which all must occur."""
    found = []
    for example, cell in enumerate(table.columns[column]):
        number = _number(cell)
        if number is None or not number.is_integer() or not 0 <= number < count:
            raise row_fault(
                table.path, example, f"{column} is {_said(cell)}; use a class from 0 to {count - 1}"
            )
        found.append(int(number))
    for label in range(count):
        if label not in found:
            raise ProbesteerError(
                f"{table.path}: no {column} is {label}; add rows, or name fewer labels"
            )
    return found


def numbers(table: SourceTable, column: str) -> list[float]:
    """The finite numbers in a column, of which not all may be the same."""
    found = []
    for example, cell in enumerate(table.columns[column]):
        number = _number(cell)
        if number is None or not math.isfinite(number):
            raise row_fault(table.path, example, f"{column} is {_said(cell)}; use a finite number")
        found.append(number)
    if len(set(found)) == 1:
        raise ProbesteerError(
            f"{table.path}: every {column} is {found[0]:g}; add rows with other numbers"
        )
    return found


def _number(cell: object) -> float | None:
    if isinstance(cell, bool) or not isinstance(cell, int | float | str):
        return None
    try:
        return float(cell)
    except (ValueError, OverflowError):  # no number, or one beyond float64
        return None


def _said(cell: object) -> str:
    """What an error calls a cell that can't be used."""
    return "empty" if _is_missing(cell) or str(cell).isspace() else shown(cell)


def _is_missing(cell: object) -> bool:
    return cell is None or cell == "" or cell != cell  # only NaN differs from itself


def _check_characters(path: Path, example: int, column: str, text: str) -> None:
    """Refuse what a JSON escape or a parquet file can hold, but UTF-8 text cannot."""
    if "\0" in text:
        raise row_fault(path, example, f"{column} holds a NUL character; remove it")
    try:
        text.encode()
    except UnicodeEncodeError as fault:
        character = shown(text[fault.start])
        raise row_fault(
            path, example, f"{column} holds half a character ({character}); remove it"
        ) from fault
