"""A concept of chat turns from a folder's data set, through to its samples."""

import json
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from probesteer.files.tables import read_table
from tests.workflow.tiny_project import TinyProject

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("kinds")]

TEMPLATE = (
    "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)


def test_a_chat_concept_from_a_data_set(fresh: TinyProject, tmp_path: Path) -> None:
    model = fresh.folder / "models/tiny"
    tokenizer = AutoTokenizer.from_pretrained(model)
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(model)
    data = fresh.folder / "data/mood"
    (data / "hub").mkdir()
    rows = (data / "examples.csv").read_text().replace("text,label", "said,label")
    long = rows.splitlines()[1].replace("The cat", "The cat " + "very " * 80, 1)
    lines = [rows.splitlines()[0], long, *rows.splitlines()[2:]]
    (data / "hub/train.csv").write_text("\n".join(lines) + "\n")
    concept = fresh.folder / "config/concept/mood.yaml"
    kept = [line for line in concept.read_text().splitlines() if not line.startswith("examples")]
    kept += ["dataset: {name: data/mood/hub, columns: {text: said}}", "position: user_end"]
    kept += ["chat: {system: Be good., user: 'So {text}'}"]
    concept.write_text("\n".join(kept) + "\n")
    run = fresh.snakemake("steering", config=["concept=mood"])
    assert run.returncode == 1
    assert "tokens, but model tiny takes 64; shorten it" in run.stderr
    cut = "set=activations.truncate=true"
    run = fresh.snakemake("probes", config=["concept=mood", cut])
    assert run.returncode == 1  # the user's words end behind the cut
    assert "row 1: the text is cut before the end of the user's words" in run.stderr
    concept.write_text("\n".join(kept).replace("position: user_end", "position: mean") + "\n")
    run = fresh.snakemake("steering", config=["concept=mood", cut])
    assert run.returncode == 0, run.stderr
    (manifest,) = fresh.folder.glob("results/activations/*/mood-*/manifest.json")
    content = json.loads(manifest.read_text())
    assert content["truncated"] == 1
    assert content["request"]["template"] != ""
    samples = read_table(fresh.folder / "results/tiny/tables/tiny/mood/samples.parquet")
    assert len(samples) > 0
    planned = fresh.snakemake("probes", config=["concept=mood", cut], options=["--dry-run"])
    assert "fetch_dataset" not in planned.stdout + planned.stderr
    with (data / "hub/train.csv").open("a") as more:
        more.write(lines[2] + "\n")
    planned = fresh.snakemake("probes", config=["concept=mood", cut], options=["--dry-run"])
    assert "fetch_dataset" in planned.stdout + planned.stderr
