"""Files as they come: kinds, quoting, line ends, and everything that is refused."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from probesteer.concepts.sources import read_source

Write = Callable[[str, bytes | str], Path]
Refusal = Callable[[Callable[[], object]], str]


def columns(path: Path) -> dict[str, list[object]]:
    return read_source(path, ["text"], ["label"]).columns


def test_csv_quoting_keeps_commas_quotes_and_line_breaks(write: Write) -> None:
    path = write("a.csv", 'label,text\n1,"one, two"\n0,"say ""no""\nthen go"\n')
    assert columns(path) == {"text": ["one, two", 'say "no"\nthen go'], "label": ["1", "0"]}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_csv_line_ends_and_byte_order_mark(write: Write, end: str, mark: bytes) -> None:
    path = write("a.csv", mark + end.join(["text,label", "é,1", "b,0", "", ""]).encode())
    assert columns(path) == {"text": ["é", "b"], "label": ["1", "0"]}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_jsonl_line_ends_and_byte_order_mark(write: Write, end: str, mark: bytes) -> None:
    lines = ['{"text": "a\u2028b", "label": 1}', '{"label": 0.0, "text": "c"}', "", ""]
    path = write("a.jsonl", mark + end.join(lines).encode())
    assert columns(path) == {"text": ["a\u2028b", "c"], "label": [1, 0.0]}


def test_csv_cells_are_never_guessed(write: Write) -> None:
    cells: list[object] = ["NA", "null", "NaN", "007", "1e5", "True", " padded "]
    path = write("a.csv", "text\n" + "\n".join(map(str, cells)))
    assert columns(path)["text"] == cells


def test_parquet_keeps_types_and_ignores_other_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.PARQUET"
    pd.DataFrame({"other": [b"x", b"y"], "text": ["a", None], "label": [1, 0]}).to_parquet(path)
    assert columns(path) == {"text": ["a", None], "label": [1, 0]}


def test_absent_optional_column_and_json_key_are_none(write: Write) -> None:
    assert columns(write("a.csv", "text,more\na,b\n"))["label"] == [None]
    path = write("a.jsonl", '{"text": "a"}\n{"text": "b", "label": 1}')
    assert columns(path)["label"] == [None, 1]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", "text", "a.txt: unknown kind of file '.txt'; use .csv, .jsonl or .parquet"),
        ("a.csv", "", "a.csv: empty file; add rows"),
        ("a.csv", "\ufeff", "a.csv: empty file; add rows"),
        ("a.jsonl", " \r\n\n", "a.jsonl: empty file; add rows"),
        ("a.parquet", "", "a.parquet: empty file; add rows"),
        ("a.csv", "text\n", "a.csv: column names but no rows; add rows"),
        ("a.csv", "txt;label\na;1\n", "a.csv: no column 'text'; name one so (found: 'txt;label')"),
        ("a.csv", " text,x\na,1\n", "a.csv: no column 'text'; name one so (found: ' text', 'x')"),
        ("a.jsonl", '{"b": 1}', "a.jsonl: no column 'text'; name one so (found: 'b')"),
        ("a.csv", "text,x,x\na,1,1\n", "a.csv: the column 'x' stands twice; rename one"),
        (
            "a.csv",
            "text,label\na,1\nb\n",
            "a.csv: row 3: 1 cells where the header has 2; put texts that hold commas in quotes",
        ),
        (
            "a.csv",
            'text,label\n"a\nb",1\nc,d,1\n',
            "a.csv: row 3: 3 cells where the header has 2; put texts that hold commas in quotes",
        ),
        ("a.csv", "text,label\na,1\n\nb,0\n", "a.csv: row 3: the line is empty; delete it"),
        ("a.csv", "\ntext,label\na,1\n", "a.csv: row 2: 2 cells where the header has 0"),
        (
            "a.csv",
            'text,label\na,1\n"b"c,0\n',
            "a.csv: row 3: not readable as CSV (',' expected after '\"'); double the quotes inside"
            " a quoted text, or use a .jsonl file",
        ),
        (
            "a.csv",
            'text,label\n"b,0\n',
            "a.csv: row 2: not readable as CSV (unexpected end of data)",
        ),
        (
            "a.csv",
            b"text\na\n\xe9t\xe9\n",
            "a.csv: line 3: the byte 0xe9 is not UTF-8; save the file as UTF-8 text",
        ),
        (
            "a.jsonl",
            b'\xef\xbb\xbf{"text": "\xff"}',
            "a.jsonl: line 1: the byte 0xff is not UTF-8; save the file as UTF-8 text",
        ),
        (
            "a.csv",
            "text\na\nb\0\n",
            "a.csv: line 3: a NUL byte; save the file as UTF-8 text",
        ),
        (
            "a.jsonl",
            '{"text": "a"}\n{"text": }',
            "a.jsonl: row 2: not readable as JSON (Expecting value); write one object a line",
        ),
        (
            "a.jsonl",
            '{"text": "a", "text": "b"}',
            "a.jsonl: row 1: not readable as JSON ('text' is named twice)",
        ),
        ("a.jsonl", "[1,\n2]", "a.jsonl: row 1: not readable as JSON (Expecting value)"),
        ("a.jsonl", '["a"]', "a.jsonl: row 1: ['a'] is not an object; write one object a line"),
        ("a.jsonl", "[" * 100_000, "a.jsonl: row 1: not readable as JSON (maximum recursion"),
        ("a.jsonl", '{"text": "a"}\n\n{}', "a.jsonl: row 2: the line is empty; delete it"),
        ("a.parquet", "text", "a.parquet: not readable as parquet; write the file again"),
        ("a.parquet", b"PAR1" * 9, "a.parquet: not readable as parquet; write the file again"),
    ],
)
def test_refused_files(
    write: Write, refusal: Refusal, name: str, content: bytes | str, message: str
) -> None:
    path = write(name, content)
    assert message in refusal(lambda: columns(path))


def test_missing_file_and_folder_are_refused(tmp_path: Path, refusal: Refusal) -> None:
    message = "no.csv: no such file; check the path in the concept's settings"
    assert refusal(lambda: columns(tmp_path / "no.csv")) == message
    (tmp_path / "no.csv").mkdir()
    assert refusal(lambda: columns(tmp_path / "no.csv")) == message


def test_parquet_with_a_column_twice_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    table = pa.table([["a"], ["b"]], names=["text", "text"])
    pq.write_table(table, tmp_path / "a.parquet")
    message = "a.parquet: the column 'text' stands twice; rename one"
    assert refusal(lambda: columns(tmp_path / "a.parquet")) == message


def test_parquet_without_rows_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    pd.DataFrame({"text": pd.Series([], dtype="object")}).to_parquet(tmp_path / "a.parquet")
    message = "a.parquet: column names but no rows; add rows"
    assert refusal(lambda: columns(tmp_path / "a.parquet")) == message


def test_many_columns_are_listed_in_part(write: Write, refusal: Refusal) -> None:
    path = write("a.csv", ",".join(f"c{i}" for i in range(20)) + "\n" + "," * 19 + "\n")
    assert refusal(lambda: columns(path)).endswith("'c10', 'c11' and 8 more)")
