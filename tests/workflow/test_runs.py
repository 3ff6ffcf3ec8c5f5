"""Whole runs: equal bytes, what is repaired, and what a user reads when a stage fails."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.workflow.tiny_project import TinyProject

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("workflow")]

KEPT = {
    *("examples", "prompts", "neutral", "tokens", "resid_pre.000", "resid_post.000"),
    *("probes", "calibration", "transfer", "significance", "directions", "cosines"),
    *("steering", "steering_prompts", "samples", "scale", "sensitivity"),
}


def without_text(project: TinyProject, concept: str) -> None:
    """Empty the text of the concept's first example."""
    examples = project.folder / f"data/{concept}/examples.csv"
    lines = examples.read_text().splitlines()
    lines[1] = lines[1][lines[1].index(",") :]
    examples.write_text("\n".join(lines) + "\n")


def test_two_fresh_runs_write_equal_bytes_and_a_lost_layer_comes_back(
    finished: TinyProject, fresh: TinyProject
) -> None:
    first = finished.results()
    assert {Path(name).stem for name in first} >= KEPT
    run = fresh.snakemake("all")
    assert run.returncode == 0, run.stderr
    assert fresh.results() == first
    (layer,) = (fresh.folder / "results").glob("activations/*/mood-*/resid_post.001.safetensors")
    layer.unlink()
    run = fresh.snakemake("activations")
    assert run.returncode == 0, run.stderr
    assert f"{layer.name} is missing and will be made again" in run.stderr
    assert fresh.results() == first


def test_a_failing_stage_has_the_last_word(project: TinyProject) -> None:
    without_text(project, "mood")
    run = project.snakemake("probes", cores=4)
    assert run.returncode == 1
    last = run.stderr.rstrip().splitlines()[-1]
    assert last.startswith("error: data/mood/examples.csv: row 2: text is empty; ")
    # Two jobs read the file and fail with one message; earlier mentions are Snakemake's output.
    said = [line for line in run.stderr.splitlines() if line.startswith("error: ")]
    assert sum(line.endswith(".log]") for line in said) == 1
    concept = project.folder / "results/tiny/concepts"
    assert not list(concept.glob("mood/*.parquet"))
    assert len(list(concept.glob("animal/*.parquet"))) == 3
    assert not list((project.folder / "results").glob("activations/*/mood-*/manifest.json"))
    assert not project.unfinished()


def test_two_failing_stages_have_the_last_two_lines_and_old_failures_none(
    project: TinyProject,
) -> None:
    for concept in ("mood", "animal"):
        without_text(project, concept)
    run = project.snakemake("probes", cores=4)
    assert run.returncode == 1
    last = run.stderr.rstrip().splitlines()[-2:]
    assert {line.split(":")[1] for line in last} == {
        " data/animal/examples.csv",
        " data/mood/examples.csv",
    }
    (project.folder / "config/concept/mood.yaml").unlink()
    run = project.snakemake("probes", config=["concept=mood"])
    assert "row 2" not in run.stderr


def test_a_killed_run_is_taken_up_again(project: TinyProject) -> None:
    (project.folder / "results/tiny/tables/tiny/mood/probes.parquet").unlink()
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--config", "experiment=tiny"]
    running = subprocess.Popen(
        command, cwd=project.folder, env=project.environment(), stderr=subprocess.PIPE, text=True
    )
    assert running.stderr is not None
    while "rule fit_probes" not in running.stderr.readline():
        assert running.poll() is None
    release = "workflow/scripts/release_locks.py"
    refused = project.python(release)
    assert refused.returncode == 1
    assert refused.stderr == (
        f"another run is at work in this folder, process {running.pid}; wait for it or end it\n"
    )
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    running.stderr.close()
    locked = project.snakemake("all")
    assert locked.returncode == 1
    # Of the lock, or of the file that the job, which outlived its run, has finished meanwhile.
    assert "--unlock" in locked.stderr or "Incomplete files" in locked.stderr
    released = project.python(release)
    assert released.returncode == 0
    assert "releasing them" in released.stderr
    assert not jobs_at_work(project.folder)
    profile = ["--workflow-profile", "workflow/profiles/local"]
    run = project.snakemake("all", options=profile)
    assert run.returncode == 0, run.stderr
    assert not project.unfinished()
    assert project.planned() == set()


def jobs_at_work(folder: Path) -> list[int]:
    """Processes of stages that still run in `folder`."""
    import psutil

    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(folder) and "probesteer" in process.cmdline():
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def test_nothing_is_released_where_nothing_is_locked(finished: TinyProject) -> None:
    started = time.monotonic()
    released = finished.python("workflow/scripts/release_locks.py")
    assert (released.returncode, released.stdout, released.stderr) == (0, "", "")
    assert time.monotonic() - started < 5
