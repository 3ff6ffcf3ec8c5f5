"""`probesteer try` and `probesteer export`, as they are called at a terminal."""

import importlib
import tomllib
from collections.abc import Sequence
from pathlib import Path

import gguf
import numpy as np
import pytest

from probesteer.commands.arguments import Parser, add_choice
from probesteer.commands.command_line import main
from probesteer.commands.trying import shown
from probesteer.directions.direction import Direction
from probesteer.directions.storage import read_directions, write_directions
from probesteer.files.atomic import write_text
from probesteer.files.tables import write_table
from probesteer.report.findings import findings_of
from tests.unit.export.exported import outputs
from tests.unit.figures.synthetic_tables import synthetic_tables

REPOSITORY = Path(__file__).parents[3]
WIDTH = 128  # of the embedded model
PROMPT = "the cat"


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of a project without config/: directions of "demo" and "tense", beside a record."""
    monkeypatch.chdir(tmp_path)
    write_text(tmp_path / "weights" / "config.json", '{"model_type": "gpt2"}')
    write_text(tmp_path / "results" / "models" / "demo-1" / "record.json", '{"folder": "weights"}')
    results = tmp_path / "results" / "quickstart"
    write_run(results, outputs(0, 1, 2, 3, width=WIDTH))
    return results


def write_run(results: Path, directions: Sequence[Direction]) -> Path:
    path = results / "tables" / "demo" / "tense" / "directions.safetensors"
    settings = {"model": "demo", "concept": "tense"}
    write_directions(path, directions, {"settings": settings, "stage": "directions"})
    return path


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Lines on standard error; nothing was printed."""
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()


def test_steered_stands_beside_unsteered(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["try", str(results), "--prompt", PROMPT, "--layer", "2", "--tokens", "6"]
    assert main([*command, "--strengths", "-200,200"]) == 0
    heading, _, prompt, _, below, unsteered, above = capsys.readouterr().out.splitlines()
    assert heading == ("demo, tense: difference_of_means at layer 2; tokens: from_last; 1 gap = 4")
    assert prompt == PROMPT
    texts = {}
    for line, label in ((below, "-200"), (unsteered, "unsteered"), (above, "+200")):
        assert line.startswith(f"{label:>9}  ")
        texts[label] = line[11:]
    assert len(set(texts.values())) == 3

    # The same seed gives the same texts, and the unsteered one is the model's own.
    import probesteer as ps

    loaded = ps.load("demo")
    assert ps.write(loaded, PROMPT, new_tokens=6) == texts["unsteered"]
    direction = outputs(2, width=WIDTH)[0]
    steered = ps.steer(loaded, direction, 200, positions="from_last")
    assert ps.write(steered, PROMPT, new_tokens=6) == texts["+200"]


def test_the_layer_is_the_findings_where_none_is_given(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = synthetic_tables(layers=5)
    finding = findings_of(tables)[0]
    assert finding.steer_place is not None and finding.steer_place.site == "resid_post"
    path = write_run(results, outputs(*range(5), width=WIDTH))
    for name in ("probes", "steering"):
        table = tables[name].query("model == @finding.model and concept == @finding.concept")
        write_table(path.with_name(f"{name}.parquet"), table, {})
    assert main(["export", str(results), "steer.safetensors"]) == 0
    assert capsys.readouterr().out.endswith(f"of tense in demo at {finding.steer_place.stem}\n")
    (direction,) = read_directions(Path("steer.safetensors"))
    assert direction.place == finding.steer_place


def test_a_control_vector_is_written_with_its_origin(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(results), "one.gguf", "--layer", "2"]) == 0
    assert main(["export", str(results), "all.gguf", "--layer", "all", "--unit", "norm"]) == 0
    assert "at resid_post.001, resid_post.002, resid_post.003" in capsys.readouterr().out
    one, whole = gguf.GGUFReader("one.gguf"), gguf.GGUFReader("all.gguf")
    assert one.fields["controlvector.model_hint"].contents() == "gpt2"
    assert '"concept":"tense"' in one.fields["probesteer.origin"].contents()
    lengths = {
        reader: [float(np.linalg.norm(tensor.data)) for tensor in reader.tensors]
        for reader in (one, whole)
    }
    assert lengths[one] == pytest.approx([0, 4, 0]) and lengths[whole] == pytest.approx([4, 4, 4])


def test_safetensors_keep_the_statistics(results: Path) -> None:
    command = ["export", str(results), "some.safetensors", "--layer", "all"]
    assert main(command) == 0
    written, given = read_directions(Path("some.safetensors")), outputs(0, 1, 2, 3, width=WIDTH)
    assert [(one.place, one.gap, one.n) for one in written] == [
        (one.place, one.gap, one.n) for one in given
    ]
    assert all(
        np.array_equal(one.vector, other.vector) for one, other in zip(written, given, strict=True)
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "the following arguments are required: --prompt"),
        (["--prompt"], "argument --prompt: expected one argument"),
        (["--prompt", "x"], "no probes.parquet beside it from which a layer is chosen"),
        (["--prompt", "x", "--layer", "two"], "--layer: 'two' is no whole number"),
        (["--prompt", "x", "--layer", "9"], "no difference_of_means at resid_post.009"),
        (["--prompt", "x", "--layer", "-1"], "no difference_of_means at resid_pre.000"),
        (["--prompt", "x", "--layer", "1", "--strengths", "a"], "'a' are no numbers"),
        (["--prompt", "x", "--layer", "1", "--strengths", "nan"], "finite --strengths"),
        (["--prompt", "x", "--layer", "1", "--tokens", "0"], "--tokens from 1"),
        (["--prompt", "x", "--layer", "1", "--unit", "volt"], "argument --unit: invalid choice"),
        (["--prompt", "x", "--layer", "1", "--model", "gone"], "model 'gone'"),
        (["--prompt", "x", "--layer", "1", "--concept", "mood"], "no such model and concept"),
    ],
)
def test_bad_input_to_try_is_one_line_and_status_1(
    options: list[str], message: str, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["try", str(results), *options]) == 1
    (line,) = told(capsys)
    assert line.startswith("error: ") and message in line


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["x.npy"], "unknown kind"),
        (["x.gguf", "--layer", "0"], "only at the outputs of blocks 1 to 3"),
        (["x.gguf", "--layer", "all", "--site", "mlp_out"], "no difference_of_means at mlp_out"),
        (["x.gguf", "--layer", "1", "--model", "gone"], "no such model and concept"),
    ],
)
def test_bad_input_to_export_is_one_line_and_status_1(
    options: list[str], message: str, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(results), *options]) == 1
    (line,) = told(capsys)
    assert line.startswith("error: ") and message in line
    assert not Path(options[0]).exists()


def test_a_file_alone_wants_the_type_of_its_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, output = write_run(tmp_path, outputs(0, 1)), tmp_path / "x.gguf"
    command = ["export", str(path), str(output), "--layer", "1"]
    assert main(command) == 1
    (line,) = told(capsys)
    assert "give --model-type" in line
    assert main([*command, "--model-type", "llama"]) == 0
    hint = gguf.GGUFReader(output).fields["controlvector.model_hint"]
    assert hint.contents() == "llama"


def test_values_may_begin_with_a_dash() -> None:
    parser = Parser(prog="probesteer try")
    add_choice(parser)
    parser.add_argument("--strengths")
    found = parser.read(["--strengths", "-2,0,2", "--layer", "-1", "results"])
    assert (found.strengths, found.layer, found.source) == ("-2,0,2", "-1", Path("results"))


def test_what_a_model_writes_steers_no_terminal() -> None:
    assert shown("a\x1b[2Jb\nc é 猫") == r"a\x1b[2Jb\nc é 猫"


def test_the_console_script_is_the_same_command_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    module, name = project["scripts"]["probesteer"].split(":")
    monkeypatch.setattr("sys.argv", ["probesteer", "no_such_stage"])
    assert getattr(importlib.import_module(module), name)() == 2
    assert "usage: python -m probesteer {fetch," in told(capsys)[0]
    monkeypatch.setattr("sys.argv", ["probesteer"])
    assert main() == 2
    assert told(capsys)[0] == "usage: probesteer {try,export,verify} …"
