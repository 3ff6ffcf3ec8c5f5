"""Bad input through the real command lines: one line, status 1, nothing half-written."""

import csv
import re
import subprocess
import time
from collections.abc import Callable

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from probesteer.settings.compose import compose_settings
from probesteer.settings.slices.by_stage import stage_slice, to_json
from tests.workflow.tiny_project import TinyProject

Rows = list[list[str]]


def message(run: subprocess.CompletedProcess[str]) -> str:
    """The one line that a failed stage or composition prints."""
    assert run.returncode == 1, run.stdout + run.stderr
    assert run.stdout == ""
    (line,) = run.stderr.splitlines()
    return line


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("set=probe.foldz=3", r"config: .*foldz.*"),
        ("probes=3", r"config: .*probes.*"),
        ("experiment=tyny", r"config: .*config/experiment/tyny\.yaml.*tiny.*"),
        ("model=tyny", r"config: .*config/model/tyny\.yaml.*tiny.*"),
        ("concept=moot", r"config: .*config/concept/moot\.yaml.*mood.*"),
        ("set=probe.folds=many", r"config: probe\.folds: .*'many'.*Integer"),
        ("set=steering.strengths=[-1,1]", r"config: steering\.strengths: 0 is missing; add it.*"),
        (
            "set=concept.mood.examples=data/moods.csv",
            r"config: concept\.mood\.examples: there is no file data/moods\.csv; correct it in .*",
        ),
    ],
)
def test_settings(unrun: TinyProject, config: str, expected: str) -> None:
    found = message(unrun.snakemake("all", config=[config]))
    assert re.fullmatch(expected, found)
    assert not list((unrun.folder / "results").rglob("*"))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "positoin: last",
            r"config: concept\.mood\.positoin: unknown key; use one of .*position.*",
        ),
        ("labels: 3", r"config: concept\.mood\.labels: .*"),
        ("position: [last", r"config: config/concept/mood\.yaml: line \d: .*; correct the YAML"),
    ],
)
def test_a_file_of_settings(fresh: TinyProject, line: str, expected: str) -> None:
    settings = fresh.folder / "config/concept/mood.yaml"
    kept = [old for old in settings.read_text().splitlines() if not old.startswith("labels")]
    settings.write_text("\n".join([*kept, line]) + "\n")
    assert re.fullmatch(expected, message(fresh.snakemake("all")))


def without_column(rows: Rows) -> None:
    rows[0][1] = "labels"


def blank_text(rows: Rows) -> None:
    rows[5][0] = ""


def third_label(rows: Rows) -> None:
    rows[7][1] = "2"


def one_class(rows: Rows) -> None:
    for row in rows[1:]:
        row[1] = "1"


def group_in_two_splits(rows: Rows) -> None:
    rows[0].append("split")
    for number, row in enumerate(rows[1:]):
        row.append("train" if number % 2 else "test")


def few_groups(rows: Rows) -> None:
    for number, row in enumerate(rows[1:]):
        row[2] = f"group {number % 3}"


def unmarked_span(rows: Rows) -> None:
    rows[0].append("span")
    for row in rows[1:]:
        row.append("the")
    rows[3][-1] = "elephant"


BAD_EXAMPLES: list[tuple[Callable[[Rows], None], str, str]] = [
    (without_column, "", "no column 'label'; name one so .*"),
    (blank_text, "", "row 6: text is empty; fill it or delete the row"),
    (third_label, "", "row 8: label is '2'; use 0 or 1, .*"),
    (one_class, "", "every label is 1; add rows with label 0"),
    (
        group_in_two_splits,
        "",
        "the group 'group 0' stands in .* and in .*; put all its rows into one split",
    ),
    (few_groups, "", "1 training groups are too few for 2 folds; use fewer folds or add groups"),
    (unmarked_span, "span", "row 4: the span 'elephant' is not in the text; copy it exactly"),
]


@pytest.mark.parametrize(("spoil", "position", "expected"), BAD_EXAMPLES)
def test_examples(
    fresh: TinyProject, spoil: Callable[[Rows], None], position: str, expected: str
) -> None:
    spoil_examples(fresh, spoil)
    overrides = {"set": f"concept.mood.position={position}"} if position else {}
    found = message(prepare_mood(fresh, **overrides))
    assert re.fullmatch(f"error: data/mood/examples\\.csv: {expected}", found)
    assert not list((fresh.folder / "results").rglob("*.parquet*"))


@pytest.mark.parametrize("kind", ["examples", "prompts", "neutral"])
def test_a_data_file_that_is_gone(fresh: TinyProject, kind: str) -> None:
    (fresh.folder / f"data/mood/{kind}.csv").unlink()
    assert re.fullmatch(rf"error: data/mood/{kind}\.csv: .*", message(prepare_mood(fresh)))


def test_one_class_only_in_the_workflow(fresh: TinyProject) -> None:
    spoil_examples(fresh, one_class)
    run = fresh.snakemake("results/tiny/concepts/mood/examples.parquet")
    assert run.returncode == 1
    last = run.stderr.rstrip().splitlines()[-1]
    assert last == (
        "error: data/mood/examples.csv: every label is 1; add rows with label 0 "
        "[results/tiny/logs/concepts/mood.log]"
    )
    assert not list((fresh.folder / "results/tiny/concepts").rglob("*.*"))


@pytest.mark.slow
def test_a_text_beyond_the_context(fresh: TinyProject) -> None:
    spoil_examples(fresh, lambda rows: rows[1].__setitem__(0, "cat " * 200))
    found = message(read_mood(fresh))
    assert re.fullmatch(r"error: .*mood.*\b\d+ tokens, but model tiny takes 64; shorten it", found)
    assert not (fresh.folder / "made").exists()


@pytest.mark.slow
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_activations_that_are_not_finite(fresh: TinyProject, value: float) -> None:
    weights = fresh.folder / "models/tiny/model.safetensors"
    tensors = load_file(weights)
    (name,) = (name for name in tensors if name.endswith("h.1.mlp.c_proj.bias"))
    tensors[name][0] = value
    save_file(tensors, weights, {"format": "pt"})
    found = message(read_mood(fresh))
    assert re.fullmatch(
        r"error: .*examples\.csv: row 2: its activation at layer 1 of model tiny is not finite; .*",
        found,
    )
    assert not (fresh.folder / "made").exists()


def test_a_folder_without_a_tokenizer(fresh: TinyProject) -> None:
    for file in (fresh.folder / "models/tiny").glob("token*"):
        file.unlink()
    found = message(fetch(fresh, "tiny"))
    assert re.fullmatch(
        r"error: model tiny: \S*models/tiny has no tokenizer; add it with .*save_pretrained", found
    )
    assert not (fresh.folder / "record.json").exists()


def test_a_folder_that_is_not_there(fresh: TinyProject) -> None:
    found = message(fresh_run_with_path(fresh, "models/absent"))
    assert re.fullmatch(r"error: model tiny: \S*models/absent is not a folder; .*", found)


def test_a_hub_out_of_reach(fresh: TinyProject) -> None:
    (fresh.folder / "config/model/far.yaml").write_text("hub: someone/something\n")
    started = time.monotonic()
    found = message(
        fetch(
            fresh,
            "far",
            HF_ENDPOINT="http://127.0.0.1:9",
            HF_HUB_OFFLINE="0",
            HF_HOME=str(fresh.folder / "hub"),
        )
    )
    assert time.monotonic() - started < 30
    assert re.fullmatch(
        r"error: model far: someone/something at main: http://127\.0\.0\.1:9 can't be reached; .*",
        found,
    )
    assert not (fresh.folder / "record.json").exists()


def test_a_fault_of_the_program_leaves_its_traceback_in_the_log(fresh: TinyProject) -> None:
    module = fresh.package / "stages/fetch.py"
    module.write_text(
        f"{module.read_text()}\n\ndef fetch_model(*_):\n    raise OSError('no luck')\n"
    )
    paths = {"record": "record.json", "log": "logs/fetch.log"}
    run = fresh.stage("fetch", slice_json(fresh, "fetch"), paths)
    assert run.returncode == 1
    first, second, *_, last = (fresh.folder / "logs/fetch.log").read_text().splitlines()
    assert first == "error: stage fetch stopped: OSError: no luck"
    assert second.startswith("Traceback")
    assert last == "OSError: no luck"


def spoil_examples(project: TinyProject, spoil: Callable[[Rows], None]) -> None:
    """Change the rows of the examples of `mood`, the header first among them."""
    path = project.folder / "data/mood/examples.csv"
    with path.open(newline="", encoding="utf-8") as source:
        rows = list(csv.reader(source))
    spoil(rows)
    with path.open("w", newline="", encoding="utf-8") as target:
        csv.writer(target).writerows(rows)


def slice_json(project: TinyProject, stage: str, model: str = "tiny", **overrides: str) -> str:
    """The settings slice of a stage for `mood`, as the workflow hands it on."""
    chosen = {"experiment": "tiny", "model": model, **overrides}
    settings = compose_settings(project.folder / "config", chosen)
    return to_json(stage_slice(stage, settings, model, "mood"))


def prepare_mood(project: TinyProject, **overrides: str) -> subprocess.CompletedProcess[str]:
    kinds = ("examples", "prompts", "neutral")
    paths = {kind: f"data/mood/{kind}.csv" for kind in kinds}
    paths |= {f"{kind}-table": f"results/{kind}.parquet" for kind in kinds}
    return project.stage("examples", slice_json(project, "examples", **overrides), paths)


def read_mood(project: TinyProject) -> subprocess.CompletedProcess[str]:
    assert fetch(project, "tiny").returncode == 0
    paths = {
        "record": "record.json",
        "examples": "data/mood/examples.csv",
        "manifest": "made/manifest.json",
    }
    return project.stage("activations", slice_json(project, "activations"), paths)


def fetch(project: TinyProject, model: str, **environment: str) -> subprocess.CompletedProcess[str]:
    settings = slice_json(project, "fetch", model)
    return project.stage("fetch", settings, {"record": "record.json"}, **environment)


def fresh_run_with_path(project: TinyProject, path: str) -> subprocess.CompletedProcess[str]:
    settings = slice_json(project, "fetch", model_path=path)
    return project.stage("fetch", settings, {"record": "record.json"})
