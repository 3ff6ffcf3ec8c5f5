"""Concepts of three classes and of real numbers, from their files to the report."""

import numpy as np
import pytest

from probesteer.files.tables import read_table
from probesteer.places import Place
from probesteer.probes.storage import read_probes
from tests.workflow.tiny_project import TinyProject, write_csv

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("label kinds")]

SUBJECTS = (
    *("The cat", "The dog", "The bird", "The man", "Tom", "She"),
    *("A cat", "A dog", "A bird", "The house", "He", "The old man"),
)
WORDS: dict[str, dict[str, float]] = {
    "topic": {"cat": 0, "dog": 0, "sad": 1, "bad": 1, "happy": 2, "good": 2},
    "pleasure": {"sad": -1.5, "bad": -0.5, "house": 0.25, "good": 0.75, "happy": 2.0},
}
SETTINGS = {
    "topic": "kind: classes\nlabels: [animal, gloomy, cheerful]\n",
    "pleasure": "kind: real\nlabels: [gloomy, cheerful]\n",
}


def add_concept(project: TinyProject, name: str) -> None:
    """Texts that end with one of the words, in a group a subject; 8 prompts, 6 neutral texts."""
    data = project.folder / "data" / name
    data.mkdir(parents=True)
    examples = [
        (f"{subject} {verb} the {word}", label, f"group {number}")
        for number, subject in enumerate(SUBJECTS)
        for verb in ("saw", "was")
        for word, label in WORDS[name].items()
    ]
    write_csv(data / "examples.csv", ("text", "label", "group"), examples)
    prompts = [(f"{subject} was the", "happy", "sad") for subject in SUBJECTS[:8]]
    write_csv(data / "prompts.csv", ("prompt", "positive", "negative"), prompts)
    neutral = [(f"{subject} said yes today.",) for subject in SUBJECTS[:6]]
    write_csv(data / "neutral.csv", ("text",), neutral)
    files = [f"{kind}: data/{name}/{kind}.csv" for kind in ("examples", "prompts", "neutral")]
    lines = ["description: What is it?", *files]
    settings = SETTINGS[name] + "\n".join(lines) + "\n"
    (project.folder / f"config/concept/{name}.yaml").write_text(settings)


def test_classes_and_real_numbers_go_all_the_way(fresh: TinyProject) -> None:
    for name in WORDS:
        add_concept(fresh, name)
    run = fresh.snakemake("all", config=["concept=topic,pleasure,mood"])
    assert run.returncode == 0, run.stdout + run.stderr
    results = fresh.folder / "results" / "tiny"
    page = (results / "report.html").read_text(encoding="utf-8")
    for said in (
        "animal or gloomy → cheerful",
        "of the test examples (chance 0.33)",
        "of the variance of the test examples (R²)",
    ):
        assert said in page.replace("\N{NO-BREAK SPACE}", " ")
    assert "Reading pleasure was not measured" not in page
    for name, (method, metric) in {
        "topic": ("logistic", "accuracy"),
        "pleasure": ("ridge", "r2"),
    }.items():
        tables = results / "tables" / "tiny" / name
        probes = read_table(tables / "probes.parquet")
        measured = probes.query(f"method == '{method}' and metric == '{metric}'")
        assert set(measured["split"]) == {"validation", "test"}
        assert measured["value"].max() > 0.9
        p_values = probes.query(f"method == '{method}' and metric == 'p_value'")["value"]
        assert p_values.min() == 1 / 21
        assert {"untrained", "bag_of_tokens", "resplit"} <= set(probes["method"])
        assert ("control_task" in set(probes["method"])) == (name == "topic")
        assert read_table(tables / "calibration.parquet").empty
        steering = read_table(tables / "steering.parquet").query("split == 'all'")
        change = steering[steering["metric"] == "logit_difference_change"]
        assert (change.query("strength == 0")["value"] == 0).all()
        pushed = change.query("strength != 0 and method == 'difference_of_means'")["value"]
        assert np.isfinite(pushed).all()
        assert (pushed != 0).mean() > 0.9
        directions = read_table(tables / "directions.parquet")
        assert {"difference_of_means", "logistic"} <= set(directions["method"])
    (examples,) = (results / "concepts" / "pleasure").glob("examples*.parquet")
    found = read_table(examples)
    middle = found.loc[found["split"] == "train", "target"].median()
    assert (found["label"] == (found["target"] > middle)).all()
    (saved,) = results.rglob("topic/probes.safetensors")
    assert Place("resid_post", 1) in read_probes(saved)
