"""GPUs are counted as CUDA counts them, and each of several jobs gets one of its own."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from probesteer.gpus import own_gpu, take_first_free, visible_gpus

# What `nvidia-smi -L` prints of two GPUs, one of them divided.
LISTED = """GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77)
  MIG 1g.5gb      Device  0: (UUID: MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-0f0bd9cf-9b21-4dc1-8e1a-8f4e0a6b4b51)
"""
# Takes what it can, says which, and holds it until its input ends.
HOLDER = """import sys
from probesteer.gpus import take_first_free
print(take_first_free(sys.argv[1:]), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, all that PATH holds, and a machine that names no GPUs."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return tmp_path


@pytest.fixture
def names() -> list[str]:
    """Names of two GPUs that no other test uses."""
    return [f"test-{uuid.uuid4()}" for _ in range(2)]


def put_nvidia_smi(folder: Path, says: str, status: int = 0) -> None:
    """A program that answers to -L alone."""
    program = folder / "nvidia-smi"
    text = f"#!/bin/sh\n[ \"$*\" = -L ] || exit 2\nprintf '%s' '{says}'\nexit {status}\n"
    program.write_text(text)
    program.chmod(0o755)


def test_without_a_driver_there_are_none(folder_on_path: Path) -> None:
    assert visible_gpus() == 0
    put_nvidia_smi(folder_on_path, "NVIDIA-SMI has failed because it ... GPU 0: none", status=9)
    assert visible_gpus() == 0


def test_nvidia_smi_lists_them(folder_on_path: Path) -> None:
    put_nvidia_smi(folder_on_path, LISTED)
    assert visible_gpus() == 2


@pytest.mark.parametrize(
    ("named", "count"),
    [
        ("", 0),
        ("-1", 0),
        ("NoDevFiles", 0),
        ("3", 1),
        ("0, 2", 2),
        ("1,-1,0", 1),  # CUDA stops at the first that is none
        ("GPU-5d5ba0d6,MIG-c6d4f1ef", 2),
    ],
)
def test_the_environment_says_which_are_seen(
    folder_on_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, count: int
) -> None:
    put_nvidia_smi(folder_on_path, LISTED)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert visible_gpus() == count


def start_holder(names: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, *names],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def taken_by(holder: subprocess.Popen[str]) -> int:
    assert holder.stdout is not None
    return int(holder.stdout.readline())


def test_each_process_takes_another_and_a_killed_one_gives_its_own_back(names: list[str]) -> None:
    holders = [start_holder(names)]
    try:
        assert taken_by(holders[0]) == 0
        holders.append(start_holder(names))
        assert taken_by(holders[1]) == 1
        holders.append(start_holder(names))
        assert taken_by(holders[2]) == 0  # more jobs than GPUs: shared
        holders[1].kill()
        holders[1].wait()
        holders.append(start_holder(names))
        assert taken_by(holders[3]) == 1
    finally:
        for holder in holders:
            holder.kill()
            holder.communicate()


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch, names: list[str]) -> Iterator[list[torch.device]]:
    """torch finds the GPUs `names`; the devices that became the process's own."""
    chosen: list[torch.device] = []
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(names))
    monkeypatch.setattr(
        torch.cuda, "get_device_properties", lambda number: SimpleNamespace(uuid=names[number])
    )
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    own_gpu.cache_clear()
    yield chosen
    own_gpu.cache_clear()


def test_a_process_keeps_the_gpu_that_it_took(
    two_gpus: list[torch.device], names: list[str]
) -> None:
    assert take_first_free(names[:1]) == 0  # by another job, as it were
    assert [own_gpu(), own_gpu()] == [torch.device("cuda", 1)] * 2
    assert two_gpus == [torch.device("cuda", 1)]


def test_a_single_gpu_is_not_chosen(
    two_gpus: list[torch.device], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert own_gpu() == torch.device("cuda")
    assert two_gpus == []
