"""Files of examples, prompts and texts made of anything: a right result, or one clear line."""

import csv
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probesteer.concepts.reading import read_examples, read_neutral, read_prompts
from probesteer.concepts.targets import LabelKind
from probesteer.errors import ProbesteerError

# Seeded, so that a test that passes passes again; for a longer search: FUZZ_EXAMPLES=5000.
ASKED = os.environ.get("FUZZ_EXAMPLES")
fuzzed = settings(
    max_examples=int(ASKED or 60),
    deadline=None,
    derandomize=ASKED is None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
KINDS = (LabelKind(), LabelKind("classes", 3), LabelKind("real"))
READERS: tuple[Callable[[Path], Any], ...] = (
    *(lambda path, kind=kind: read_examples(path, kind=kind) for kind in KINDS),
    lambda path: read_examples(path, messages=True, kind=LabelKind()),
    read_prompts,
    lambda path: read_prompts(path, messages=True),
    read_neutral,
)
NAMES = ("text", "label", "group", "pair", "split", "span", "prompt", "positive", "negative")
LABELS = ("0", "1", "0.0", "1.0", "yes", "no", "TRUE", "False", " 1 ", "2", "nan", "inf", "1e999")
# What files written by other programs hold: quotes, line ends, marks, NUL, half characters.
PIECES = ("\ufeff", "\r", "\n", "\r\n", ",", ";", '"', '""', "\0", "\t", " ", "\u2028", "\x1c")
ODD_BYTES = (
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\0",
    b"\xe9",
    b"\xed\xa0\x80",
    b"\xf0\x9f",
    b"\r",
    b"\n",
)
texts = st.one_of(
    st.text(max_size=12), st.sampled_from(PIECES), st.sampled_from(LABELS), st.sampled_from(NAMES)
)


def outcome(read: Callable[[Path], Any], path: Path) -> Any:
    """What a reader returns; a refusal is one line that names the file."""
    try:
        return read(path)
    except ProbesteerError as fault:
        said = str(fault)
        assert said.startswith(str(path))
        assert said.splitlines() == [said]
        assert len(said) < len(str(path)) + 900
        return None


def check(path: Path) -> None:
    """Every reader takes the file or refuses it, and takes nothing that is out of place."""
    for read in READERS:
        frame = outcome(read, path)
        if frame is None:
            continue
        assert len(frame) > 0
        for column in set(frame.columns) & {"text", "prompt", "positive", "negative", "group"}:
            for cell in frame[column]:
                assert isinstance(cell, str)
                assert cell
                assert "\0" not in cell
                cell.encode()  # raises on half a character
        if "label" in frame.columns:
            assert set(frame["label"]) == {0, 1}


@fuzzed
@given(
    pieces=st.lists(
        st.one_of(
            st.binary(max_size=12),
            st.sampled_from(ODD_BYTES),
            texts.map(lambda text: text.encode("utf-8", "surrogatepass")),
        ),
        max_size=30,
    ),
    header=st.sampled_from([b"", b"text,label\n", b"prompt,positive,negative\r\n", b"text\n"]),
    suffix=st.sampled_from([".csv", ".jsonl", ".parquet", ".CSV"]),
)
def test_any_bytes(tmp_path: Path, pieces: list[bytes], header: bytes, suffix: str) -> None:
    path = tmp_path / f"any{suffix}"
    path.write_bytes(header + b"".join(pieces))
    check(path)


@fuzzed
@given(
    names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=5),
    rows=st.lists(st.lists(texts, min_size=0, max_size=6), max_size=6),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]),
)
def test_csv_of_odd_cells_and_columns(
    tmp_path: Path, names: list[str], rows: list[list[str]], end: str, encoding: str
) -> None:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator=end)
    writer.writerows([names, *rows])
    path = tmp_path / "odd.csv"
    path.write_bytes(written.getvalue().encode(encoding, "replace"))
    check(path)


_json = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.just(10**400),
        st.floats(),
        texts,
        st.text(st.characters(categories=["Cs"]), max_size=2),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["role", "content", "a"]), inner, max_size=3),
    ),
    max_leaves=6,
)


@fuzzed
@given(
    rows=st.lists(
        st.one_of(
            st.dictionaries(st.sampled_from(NAMES), _json, max_size=6),
            st.fixed_dictionaries({"text": texts, "label": _json}, optional={"group": _json}),
            st.fixed_dictionaries({"messages": _json, "label": st.sampled_from([0, 1])}),
            st.fixed_dictionaries({"prompt": texts, "positive": texts, "negative": texts}),
        ),
        max_size=5,
    )
)
def test_jsonl_of_any_values(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    path = tmp_path / "any.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    check(path)


_BIG = 2**62
COLUMNS = (
    pa.array([1.5, float("nan")]),
    pa.array([True, False]),
    pa.array([b"\xff", b"a"]),
    pa.array([[1], None]),
    pa.array([{"role": "user", "content": "x"}, None]),
    pa.array([[{"role": "user", "content": "x"}], [{"role": "user", "content": "y"}]]),
    pa.array([1, None], pa.decimal128(38, 3)),
    pa.array([_BIG, -_BIG], pa.timestamp("ms")),
    pa.array([_BIG, 1], pa.timestamp("ns", "Mars/Olympus")),
    pa.array([2**31 - 1, 0], pa.date32()),
    pa.array([_BIG, 1], pa.duration("s")),
    pa.array([86_399, 1], pa.time32("s")),
    pa.array([0, 1], pa.uint8()),
    pa.array(["yes", "NO"]).dictionary_encode(),
    pa.array(["a text", "another"]),
    pa.array(["", "\0"]),
    pa.nulls(2),
)


@fuzzed
@given(
    names=st.one_of(
        st.lists(st.sampled_from(NAMES), min_size=1, max_size=5),
        st.sampled_from(
            [
                ["text", "label", "group", "split", "pair"],
                ["messages", "label", "span"],
                ["prompt", "positive", "negative", "group"],
            ]
        ),
    ),
    chosen=st.lists(st.sampled_from(COLUMNS), min_size=5, max_size=5),
)
def test_parquet_of_any_types(tmp_path: Path, names: list[str], chosen: list[Any]) -> None:
    path = tmp_path / "any.parquet"
    pq.write_table(pa.Table.from_arrays(chosen[: len(names)], names=names), path)
    check(path)


@fuzzed
@given(
    places=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=3
    ),
    kept=st.floats(0.1, 1),
)
def test_damaged_parquet(tmp_path: Path, places: list[tuple[float, int]], kept: float) -> None:
    path = tmp_path / "damaged.parquet"
    table = pa.table({"text": ["one", "two", "three"], "label": [0, 1, 1]})
    pq.write_table(table, path, compression="none")
    data = bytearray(path.read_bytes())
    for place, byte in places:
        data[int(place * len(data))] = byte
    path.write_bytes(data if kept > 0.5 else data[: int(kept * len(data))])
    check(path)


@fuzzed
@given(rows=st.lists(st.tuples(texts.filter(str.strip), st.booleans()), min_size=2, max_size=6))
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_a_program_writes_is_read_back(
    tmp_path: Path, rows: list[tuple[str, bool]], end: str
) -> None:
    """Right input is never refused: texts without NUL, both labels in any of their spellings."""
    said = {False: ("0", "0.0", "no", "FALSE"), True: ("1", "1.0", "yes", "TRUE")}
    kept = [(f"{place} {text}".replace("\0", ""), one) for place, (text, one) in enumerate(rows)]
    path = tmp_path / "right.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator=end, quoting=csv.QUOTE_ALL)
        writer.writerow(["label", "text"])
        writer.writerows([said[one][place % 4], text] for place, (text, one) in enumerate(kept))
    frame = outcome(lambda path: read_examples(path, kind=LabelKind()), path)
    if len({one for _, one in kept}) == 1:
        assert frame is None
    else:
        assert frame["text"].tolist() == [text for text, _ in kept]
        assert frame["label"].tolist() == [int(one) for _, one in kept]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_a_huge_field(tmp_path: Path, suffix: str) -> None:
    path, text = tmp_path / f"huge{suffix}", "a word " * 100_000
    if suffix == ".csv":
        path.write_text(f"text,label\nshort,0\n{text},1\n", encoding="utf-8")
        assert outcome(read_neutral, path) is None
    else:
        rows = [{"text": "short", "label": 0}, {"text": text, "label": 1}]
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        assert outcome(READERS[0], path)["text"].tolist() == ["short", text]


@pytest.mark.parametrize("depth", [500, 900, 990, 5_000, 100_000])
def test_deep_json(tmp_path: Path, depth: int) -> None:
    path = tmp_path / "deep.jsonl"
    path.write_text(f'{{"text": {"[" * depth}{"]" * depth}, "label": 0}}\n', encoding="utf-8")
    for read in READERS:
        assert outcome(read, path) is None


@pytest.mark.parametrize("label", [10**400, -(10**400), 1e308, "1e999", "nan", True, [0], {}])
@pytest.mark.parametrize("kind", KINDS)
def test_labels_beyond_all_bounds(tmp_path: Path, label: Any, kind: LabelKind) -> None:
    path = tmp_path / "labels.jsonl"
    rows = [{"text": f"text {place}", "label": one} for place, one in enumerate([0, 1, 2, label])]
    kept = rows if kind.name != "binary" else [*rows[:2], rows[3]]
    path.write_text("\n".join(map(json.dumps, kept)), encoding="utf-8")
    frame = outcome(lambda path: read_examples(path, kind=kind), path)
    right = label is True if kind.name == "binary" else kind.name == "real" and label == 1e308
    assert (frame is not None) == right
