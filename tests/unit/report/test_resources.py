import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probesteer.errors import ProbesteerError
from probesteer.report.resources import read_resources, resource_table


def leave(path: Path, stage: str, seconds: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    job = {"stage": stage, "wall_s": seconds, "cpu_s": 1, "peak_rss_mb": 10, "peak_gpu_mb": 0}
    path.write_text(json.dumps(job), encoding="utf-8")
    return path


def resources_of(folder: Path) -> pd.DataFrame:
    """As a run leaves them: one model, two concepts."""
    measured = folder / "resources"
    return read_resources(
        ["m"],
        ["a", "b"],
        records=[folder / "models/m/record.json"],
        reading=[folder / f"activations/{concept}.json" for concept in "ab"],
        measured=measured,
        windows=[folder / "activations/b-window.json"],
        windowed=["b"],
    )


@pytest.fixture
def run(tmp_path: Path) -> Path:
    measured = tmp_path / "resources"
    leave(tmp_path / "models/m/resources.json", "fetch", 1)
    for concept in "ab":
        leave(measured / f"concepts/{concept}/examples.json", "examples", 2)
        leave(tmp_path / f"activations/{concept}.json", "activations", 4)
        for stage in ("probes", "steering"):
            leave(measured / f"m/{concept}/{stage}.json", stage, 8)
    for stage in ("significance", "transfer"):
        leave(measured / f"m/{stage}.json", stage, 1)
    leave(measured / "m/cosines.json", "cosines", 16)
    leave(measured / "m/figures.json", "figures", 32)
    leave(measured / "instruments.json", "instruments", 3)
    leave(tmp_path / "activations/b-window.json", "activations", 0.5)
    leave(measured / "report.json", "report", 500)  # of an earlier report
    leave(measured / "m/c/probes.json", "probes", 500)  # of a concept no longer asked for
    return tmp_path


def test_all_jobs_behind_the_report_are_read(run: Path) -> None:
    found = resources_of(run)
    names = found[["model", "concept", "stage"]].astype(object).where(found.notna(), None)
    assert [tuple(row) for row in names.itertuples(index=False)] == [
        ("m", None, "fetch"),
        (None, "a", "examples"),
        (None, "b", "examples"),
        ("m", "a", "activations"),
        ("m", "a", "probes"),
        ("m", "a", "steering"),
        ("m", "b", "activations"),
        ("m", "b", "activations"),
        ("m", "b", "probes"),
        ("m", "b", "steering"),
        ("m", None, "cosines"),
        ("m", None, "figures"),
        ("m", None, "significance"),
        ("m", None, "transfer"),
        (None, None, "instruments"),
    ]
    last = resource_table(found).rows[-1]
    assert last == ["these 15 jobs", "", "sum, largest, largest", "98.5", "10.0", "–"]


def test_a_job_that_left_nothing_has_no_row(run: Path) -> None:
    (run / "models/m/resources.json").unlink()
    assert "fetch" not in set(resources_of(run)["stage"])


@pytest.mark.parametrize(("text", "fault"), [("{", "not JSON"), ("[1]", "not the time and memory")])
def test_a_file_that_is_not_of_a_job_is_named(run: Path, text: str, fault: str) -> None:
    (run / "resources/m/cosines.json").write_text(text, encoding="utf-8")
    with pytest.raises(ProbesteerError, match=rf"cosines\.json: {fault}.*; delete it"):
        resources_of(run)


def test_resources_end_with_their_total() -> None:
    jobs = pd.DataFrame(
        {
            "model": ["m", "m"],
            "concept": ["c", None],
            "stage": ["probes", "steering"],
            "wall_s": [1.25, 100.0],
            "peak_rss_mb": [500.0, 812.0],
            "peak_gpu_mb": [np.nan, 0.0],
        }
    )
    assert resource_table(jobs).rows == [
        ["m", "c", "probes", "1.25", "500", "–"],
        ["m", "–", "steering", "100", "812", "–"],
        ["these 2 jobs", "", "sum, largest, largest", "101", "812", "–"],
    ]
    note = resource_table(jobs).note
    assert "Writing this report is not among them." in note
    assert resource_table(jobs.iloc[:0]).rows == []
