"""What a job leaves about its time, memory and device."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch

from probesteer.stages.resources import record_resources


def test_time_memory_and_device(tmp_path: Path) -> None:
    path = tmp_path / "m/probes.json"
    with record_resources("probes", path):
        sum(range(1_000_000))
    found = json.loads(path.read_text())
    assert found["stage"] == "probes"
    assert 0 < found["wall_s"] < 60
    assert found["cpu_s"] > 0
    assert found["peak_rss_mb"] > 20
    gpu = torch.cuda.is_available()
    assert found["device"] == (torch.cuda.get_device_name() if gpu else "cpu")
    assert gpu or found["peak_gpu_mb"] == 0
    finished = datetime.fromisoformat(found["finished"])
    assert abs((datetime.now(UTC) - finished).total_seconds()) < 60


def test_the_time_of_processes_that_a_job_starts_counts(tmp_path: Path) -> None:
    seconds = []
    for number in range(2):
        path = tmp_path / f"{number}.json"
        with record_resources("figures", path):
            if number:
                busy = "import time\nwhile time.process_time() < 0.5: pass"
                subprocess.run([sys.executable, "-c", busy], check=True)
        seconds.append(json.loads(path.read_text())["cpu_s"])
    assert seconds[1] - seconds[0] >= 0.5


def test_a_job_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="broken"), record_resources("x", tmp_path / "x.json"):
        raise ValueError("broken")
    assert not list(tmp_path.iterdir())


def test_a_job_that_is_not_asked_leaves_nothing(tmp_path: Path) -> None:
    with record_resources("x", None):
        pass
    assert not list(tmp_path.iterdir())
