"""A copy of the workflow with a tiny model and two tiny concepts, and ways to run it."""

import csv
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
MODEL, CONCEPTS = "tiny", ("mood", "animal")
EXPERIMENT = """# @package _global_
models: [tiny]
concepts: [mood, animal]
probe:
  C: [0.1, 1.0]
  folds: 2
  shuffled_draws: 20
  bootstrap_draws: 100
directions:
  random_draws: 8
steering:
  strengths: [-1, 0, 1]
  bootstrap_draws: 100
  samples:
    strengths: [-1, 0, 1]
    prompts: 2
    new_tokens: 3
scale:
  strengths: [-1, 0, 1]
  factors: [0, 1, 2]
  bootstrap_draws: 100
"""
_SUBJECTS = (
    *("The cat", "The dog", "The bird", "The man", "Tom", "She"),
    *("A cat", "A dog", "A bird", "The house", "He", "The old man"),
)
_WORDS = {
    "mood": (("sad", "bad"), ("happy", "good")),
    "animal": (("cat", "bird"), ("dog", "man")),
}


@dataclass(frozen=True, order=True)
class Job:
    """A job that a dry run lists; model and concept are empty where it gathers over them."""

    rule: str
    model: str = ""
    concept: str = ""


@dataclass(frozen=True)
class TinyProject:
    """A folder with the workflow, its settings, its code and, after a run, its results."""

    folder: Path

    @property
    def package(self) -> Path:
        """The copy of the package that its runs import."""
        return self.folder / "src" / "probesteer"

    def copy(self, folder: Path) -> "TinyProject":
        """The same project elsewhere, file times and Snakemake's records included."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return TinyProject(folder)

    def environment(self, **changes: str) -> dict[str, str]:
        """The environment of a run, with the project's own copy of the package first."""
        own = {
            "PYTHONPATH": str(self.folder / "src"),
            "PYTHONDONTWRITEBYTECODE": "1",  # an edit within a second must not meet old bytecode
            "HF_HUB_OFFLINE": "1",
            "OMP_WAIT_POLICY": "passive",
        }
        return {**os.environ, **own, **changes}

    def snakemake(
        self, *targets: str, config: Iterable[str] = (), options: Iterable[str] = (), cores: int = 2
    ) -> subprocess.CompletedProcess[str]:
        """Run the experiment `tiny`, or what `config` changes of it."""
        settings = ["--config", "experiment=tiny", *config]
        command = ["-m", "snakemake", "--cores", str(cores), *options, *settings, "--", *targets]
        return self.python(*command)

    def stage(
        self, stage: str, settings: str, paths: Mapping[str, Path | str], **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one stage by its own command line; `paths` by the names of its options."""
        options = [word for name, path in paths.items() for word in (f"--{name}", str(path))]
        command = ["-m", "probesteer", stage, "--settings", settings, *options]
        return self.python(*command, **environment)

    def python(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run Python in the project, without a terminal."""
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=1200,  # a machine may have other work
            check=False,
        )

    def planned(self, *config: str) -> set[Job]:
        """The jobs that a dry run of everything lists, without the target itself."""
        finished = self.snakemake("all", config=config, options=["--dry-run"])
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return set(_jobs(finished.stdout + finished.stderr)) - {Job("all")}

    def results(self) -> dict[str, bytes]:
        """Every table and array under results/, by its path."""
        folder = self.folder / "results"
        files = (file for kind in ("parquet", "safetensors") for file in folder.rglob(f"*.{kind}"))
        return {str(file.relative_to(folder)): file.read_bytes() for file in files}

    def unfinished(self) -> list[Path]:
        """Files that a write left half done."""
        return sorted((self.folder / "results").rglob("*.tmp"))


def write_project(folder: Path, model: Path) -> TinyProject:
    """Copy the workflow into `folder`, with the saved `model` and two concepts.

    Each concept has 60 examples in 12 groups, 8 prompts in groups of their own and 6 neutral texts.
    """
    without = shutil.ignore_patterns("__pycache__", "data", "weights")
    for name in ("Snakefile", "environment.yml"):
        shutil.copy2(REPOSITORY / name, folder / name)
    for name in ("workflow", "config", "src/probesteer"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=without)
    project = TinyProject(folder)
    add_model(project, MODEL, model)
    for concept in CONCEPTS:
        add_concept(project, concept, *_WORDS[concept])
    (folder / "config/experiment/tiny.yaml").write_text(EXPERIMENT)
    return project


def add_model(project: TinyProject, name: str, saved: Path) -> None:
    """Copy the `saved` model to models/NAME and write its settings."""
    shutil.copytree(saved, project.folder / "models" / name)
    settings = project.folder / "config" / "model" / f"{name}.yaml"
    settings.write_text(f"path: models/{name}\ndevice: cpu\n")


def add_concept(
    project: TinyProject, name: str, negative: tuple[str, ...], positive: tuple[str, ...]
) -> None:
    """Write the data of a concept whose examples end with one of the words, and its settings."""
    data = project.folder / "data" / name
    data.mkdir(parents=True)
    words = [(word, label) for label, side in enumerate((negative, positive)) for word in side]
    examples = [
        (f"{subject} {verb} the {word}", label, f"group {number}")
        for number, subject in enumerate(_SUBJECTS)
        for verb in ("saw", "was")
        for word, label in words
    ]
    write_csv(data / "examples.csv", ("text", "label", "group"), _five_a_group(examples))
    prompts = [
        (f"{subject} {verb} the", positive[0], negative[0], f"prompts {number}")
        for number, subject in enumerate(_SUBJECTS[:4])
        for verb in ("saw", "was")
    ]
    write_csv(data / "prompts.csv", ("prompt", "positive", "negative", "group"), prompts)
    neutral = [(f"{subject} said yes today.",) for subject in _SUBJECTS[:6]]
    write_csv(data / "neutral.csv", ("text",), neutral)
    lines = [f"description: Is it {positive[0]}?", f"labels: [not_{name}, is_{name}]"]
    lines += [f"{kind}: data/{name}/{kind}.csv" for kind in ("examples", "prompts", "neutral")]
    (project.folder / f"config/concept/{name}.yaml").write_text("\n".join(lines) + "\n")


def write_csv(path: Path, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    """Write a small table."""
    with path.open("w", newline="", encoding="utf-8") as target:
        csv.writer(target).writerows([header, *rows])


def _five_a_group(rows: list[tuple[str, int, str]]) -> list[tuple[str, int, str]]:
    kept: dict[str, int] = {}
    few = []
    for row in rows:
        kept[row[2]] = kept.get(row[2], 0) + 1
        if kept[row[2]] <= 5:
            few.append(row)
    return few


def _jobs(output: str) -> Iterable[Job]:
    """The jobs of a dry run's output: a line `rule NAME:` and one `wildcards: name=value, …`."""
    blocks = re.split(r"^(?:local)?rule (\w+):$", output, flags=re.MULTILINE)[1:]
    for rule, block in zip(blocks[::2], blocks[1::2], strict=True):
        found = re.search(r"^    wildcards: (.*)$", block.split("\n\n")[0], flags=re.MULTILINE)
        pairs = dict(pair.split("=") for pair in found[1].split(", ")) if found else {}
        yield Job(rule, pairs.get("model", ""), pairs.get("concept", ""))
