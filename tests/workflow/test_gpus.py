"""On one machine no more jobs use a GPU at a time than it has GPUs, and no fewer."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workflow.tiny_project import REPOSITORY

# Three jobs. The first to start waits for a second at its side, so that a limit of one would show.
WORKFLOW = f"""
from types import SimpleNamespace

MODELS = {{
    "auto": ("auto", None), "plain": ("cpu", None), "named": ("cuda:1", None),
    "asked": ("cuda", None), "spread": ("auto", "auto"),
}}
settings = SimpleNamespace(
    model={{
        name: SimpleNamespace(device=device, device_map=device_map)
        for name, (device, device_map) in MODELS.items()
    }}
)
include: "{REPOSITORY}/workflow/rules/gpus.smk"

rule all:
    input: expand("done/{{model}}-{{number}}", model="auto", number=range(3))

rule each:
    input: expand("done/{{model}}-0", model=MODELS)

rule use_a_gpu:
    output: "done/{{model}}-{{number}}"
    resources: gpu=gpus_of_model
    shell:
        "mkdir -p running met; touch running/{{wildcards.number}}; "
        "running=$(ls running | wc -l); echo $running >> counts; "
        "[ $running -lt 2 ] || touch met/two; "
        "for tick in $(seq 600); do [ -e met/two ] && break; sleep 0.1; done; [ -e met/two ]; "
        "rm running/{{wildcards.number}}; touch {{output}}"
"""
LISTED = "".join(f"GPU {number}: a GPU (UUID: GPU-{number})\n" for number in range(2))


def snakemake(
    folder: Path, *options: str, gpus: str = LISTED
) -> "subprocess.CompletedProcess[str]":
    """Run the workflow on a machine whose nvidia-smi says `gpus`."""
    (folder / "Snakefile").write_text(WORKFLOW)
    (folder / "bin").mkdir()
    program = folder / "bin/nvidia-smi"
    program.write_text(f"#!/bin/sh\nprintf '%s' '{gpus}'\n")
    program.chmod(0o755)
    environment = {k: v for k, v in os.environ.items() if k != "CUDA_VISIBLE_DEVICES"}
    return subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "3", *options],
        cwd=folder,
        env={**environment, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_as_many_jobs_run_at_a_time_as_there_are_gpus(tmp_path: Path) -> None:
    run = snakemake(tmp_path)
    assert run.returncode == 0, run.stderr
    counts = (tmp_path / "counts").read_text().split()
    assert len(counts) == 3
    assert max(counts) == "2"


@pytest.mark.parametrize(
    ("gpus", "expected"),
    [
        (LISTED, {"auto": 1, "plain": 0, "asked": 1, "named": 2, "spread": 2}),
        ("", {"auto": 0, "plain": 0, "asked": 1, "named": 1, "spread": 1}),
    ],
)
def test_what_a_job_claims(tmp_path: Path, gpus: str, expected: dict[str, int]) -> None:
    run = snakemake(tmp_path, "--dry-run", "each", gpus=gpus)
    assert run.returncode == 0, run.stderr
    jobs = run.stdout.split("rule use_a_gpu:")[1:]
    claimed = {
        name: int(job.split("gpu=")[1].split(",")[0].split()[0])
        for job in jobs
        for name in expected
        if f"model={name}," in job
    }
    assert claimed == expected
