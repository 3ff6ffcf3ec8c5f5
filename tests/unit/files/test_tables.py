"""Tables: what is written comes back, the same rows give the same bytes."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from probesteer.errors import ProbesteerError
from probesteer.files.tables import read_table, write_table

PROVENANCE = {"stage": "probes", "inputs": {"a": "00"}, "text": "é"}


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "model": ["a", "a", "b"],
            "layer": np.array([0, 1, -1], dtype=np.int64),
            "value": [0.1, np.nan, -np.inf],
            "pair": ["x", None, "y"],
            "flag": [True, False, True],
        }
    )


def test_rows_types_and_missing_values_come_back(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", table(), PROVENANCE)
    back = read_table(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(back, table())
    assert back["value"].to_numpy().tobytes() == table()["value"].to_numpy().tobytes()


def test_the_index_is_left_out(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", table().iloc[[2, 0]], PROVENANCE)
    back = read_table(tmp_path / "t.parquet")
    assert list(back.index) == [0, 1]
    assert back["model"].tolist() == ["b", "a"]
    assert list(back.columns) == list(table().columns)


def test_an_empty_table_keeps_its_columns(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", table().iloc[:0], PROVENANCE)
    back = read_table(tmp_path / "t.parquet")
    assert list(back.columns) == list(table().columns)
    assert len(back) == 0


def test_equal_rows_give_equal_bytes(tmp_path: Path) -> None:
    first, second, third = (tmp_path / name for name in ("a.parquet", "b.parquet", "c.parquet"))
    write_table(first, table(), PROVENANCE)
    write_table(second, table(), dict(reversed(PROVENANCE.items())))
    write_table(third, table(), {**PROVENANCE, "stage": "other"})
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes() != third.read_bytes()


def test_the_provenance_is_in_the_files_metadata(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", table(), PROVENANCE)
    metadata = pq.read_schema(tmp_path / "t.parquet").metadata
    assert json.loads(metadata[b"probesteer"]) == PROVENANCE


def test_a_failed_write_leaves_the_table_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_table(path, table(), PROVENANCE)
    with pytest.raises(TypeError):
        write_table(path, table().iloc[:1], {"not": object()})
    assert len(read_table(path)) == 3
    assert [file.name for file in tmp_path.iterdir()] == ["t.parquet"]


@pytest.mark.parametrize("damage", ["empty", "words", "half", "end", "middle"])
def test_an_unreadable_table_is_one_line(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_table(path, table(), PROVENANCE)
    whole = path.read_bytes()
    damaged = {
        "empty": b"",
        "words": b"no table at all, only words",
        "half": whole[: len(whole) // 2],
        "end": whole[:-4],
        "middle": whole[:4] + b"\xff" * (len(whole) - 12) + whole[-8:],
    }
    path.write_bytes(damaged[damage])
    with pytest.raises(ProbesteerError) as caught:
        read_table(path)
    assert str(caught.value) == f"{path}: not a readable table; delete it and run again"


def test_a_missing_table_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    with pytest.raises(ProbesteerError) as caught:
        read_table(path)
    assert str(caught.value) == f"{path}: no such table; run the stage that makes it"
