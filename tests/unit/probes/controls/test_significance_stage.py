"""The stage significance, from the probe tables of two concepts to one table of the model."""

from pathlib import Path

import pytest

from probesteer.errors import ProbesteerError
from probesteer.files.tables import read_table, write_table
from probesteer.settings.slices.probes import SignificanceSlice
from probesteer.stages import significance
from probesteer.stages.command_line import main
from probesteer.stages.interface import InputPath, InputPaths, OutputPath
from tests.unit.probes.probe_rows import probe_rows

P_VALUES = {"mood": [0.01, 0.04], "tense": [0.02]}


def tables_of(folder: Path) -> tuple[InputPath, ...]:
    paths = []
    for concept, of_layers in P_VALUES.items():
        paths.append(InputPath(folder / f"{concept}.parquet"))
        write_table(paths[-1], probe_rows(**{concept: of_layers}), {})
    return tuple(paths)


def test_concepts_are_adjusted_together_and_bytes_are_equal(tmp_path: Path) -> None:
    probes = InputPaths(tables_of(tmp_path))
    outputs = [OutputPath(tmp_path / name) for name in ("a", "b")]
    for path in outputs:
        significance.run(SignificanceSlice("m"), {"stage": "s"}, probes=probes, table=path)
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    table = read_table(outputs[0])
    assert list(table.columns) == [
        *["model", "concept", "site", "layer", "method", "split", "metric"],
        *["p_value", "adjusted", "significant"],
    ]
    assert set(table["model"]) == {"m"}
    assert table["concept"].tolist() == ["mood", "mood", "tense"]
    assert table["adjusted"].tolist() == pytest.approx([0.03, 0.04, 0.03])


def test_the_command_of_the_rule_makes_the_table(tmp_path: Path) -> None:
    paths = [str(path) for path in tables_of(tmp_path)]
    table = tmp_path / "significance.parquet"
    arguments = ["--settings", '{"model":"m"}', "--probes", *paths, "--table", str(table)]
    assert main(["significance", *arguments]) == 0
    assert read_table(table)["significant"].all()


def test_a_missing_table_is_told(tmp_path: Path) -> None:
    missing = InputPaths((InputPath(tmp_path / "none.parquet"),))
    with pytest.raises(ProbesteerError, match="no such table"):
        significance.run(SignificanceSlice("m"), {}, probes=missing, table=OutputPath(tmp_path))
