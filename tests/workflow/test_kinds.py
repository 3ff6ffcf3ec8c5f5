"""Models of every kind, from saved files to the report, with steering that is not zero."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from probesteer.files.tables import read_table
from tests.tiny_image_models import IMAGE_KINDS, save_images, save_tiny_image_model
from tests.workflow.tiny_project import TinyProject, add_model, write_csv

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("kinds")]


def run_of(project: TinyProject, models: tuple[str, ...], concept: str) -> None:
    run = project.snakemake(config=[f"models=[{','.join(models)}]", f"concept={concept}"])
    assert run.returncode == 0, run.stdout + run.stderr
    assert (project.folder / "results/tiny/report.html").is_file()


def check_tables(project: TinyProject, model: str, concept: str, blocks: int) -> None:
    """Every block was read and pushed, and pushing did something, both ways around zero."""
    tables = project.folder / "results/tiny/tables" / model / concept
    accuracy = read_table(tables / "probes.parquet").query("metric == 'accuracy'")
    assert set(accuracy["layer"]) >= set(range(blocks))
    assert accuracy["value"].max() > 0.9
    steering = read_table(tables / "steering.parquet").query("split == 'all'")
    change = steering[steering["metric"] == "logit_difference_change"]
    assert set(change.query("site == 'resid_post'")["layer"]) == set(range(blocks))
    assert (change.query("strength == 0")["value"] == 0).all()
    pushed = change.query("strength != 0 and method == 'difference_of_means'")["value"]
    assert np.isfinite(pushed).all()
    assert (pushed != 0).mean() > 0.9
    scale = read_table(tables / "scale.parquet")
    assert np.isfinite(scale.query("metric == 'neutral_loss'")["value"]).all()


def test_models_of_texts(fresh: TinyProject, model_folder: Callable[[str], Path]) -> None:
    models = {"bert": 2, "t5": 5, "encoder": 2}
    for model in models:
        add_model(fresh, model, model_folder(model))
    run_of(fresh, tuple(models), "mood")
    for model, blocks in models.items():
        check_tables(fresh, model, "mood", blocks)


def add_images(project: TinyProject) -> None:
    """A concept of dark and bright images: 40 examples in 10 groups, 8 prompts, 4 neutral."""
    data = project.folder / "data/light"
    places = [str(path.relative_to(project.folder)) for path in save_images(data, 52)]
    examples = [(path, row % 2, f"group {row // 4}") for row, path in enumerate(places[:40])]
    write_csv(data / "examples.csv", ("text", "label", "group"), examples)
    prompts = [(path, "bright", "dark") for path in places[40:48]]
    write_csv(data / "prompts.csv", ("prompt", "positive", "negative"), prompts)
    write_csv(data / "neutral.csv", ("text",), [(path,) for path in places[48:]])
    lines = ["description: Is the image bright?", "labels: [dark, bright]", "position: mean"]
    lines += [f"{kind}: data/light/{kind}.csv" for kind in ("examples", "prompts", "neutral")]
    (project.folder / "config/concept/light.yaml").write_text("\n".join(lines) + "\n")


def test_image_classifiers(fresh: TinyProject, tmp_path: Path) -> None:
    add_images(fresh)
    for model in IMAGE_KINDS:
        add_model(fresh, model, save_tiny_image_model(model, tmp_path / model))
    run_of(fresh, IMAGE_KINDS, "light")
    for model in IMAGE_KINDS:
        check_tables(fresh, model, "light", blocks=3)
