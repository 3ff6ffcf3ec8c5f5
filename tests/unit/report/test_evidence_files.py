from pathlib import Path

import pandas as pd

from probesteer.files.tables import write_table
from probesteer.stages.evidence_tables import read_evidence


def test_tables_are_told_apart_by_the_names_of_their_files(tmp_path: Path) -> None:
    rows = pd.DataFrame({"concept": ["a", "b"], "layer": [1, 2], "value": [0.5, 0.75]})
    files = {
        "a/sparse.parquet": rows.iloc[:1],
        "b/sparse.parquet": rows.iloc[1:],
        "c/sparse.parquet": rows.iloc[:0],
        "transfer.parquet": rows.iloc[:0],
    }
    for name, table in files.items():
        write_table(tmp_path / name, table, {})
    found = read_evidence([tmp_path / name for name in files])
    assert list(found) == ["sparse", "transfer"]
    pd.testing.assert_frame_equal(found["sparse"], rows)
    assert found["transfer"].empty


def test_a_run_may_make_none_of_them() -> None:
    assert read_evidence([]) == {}
