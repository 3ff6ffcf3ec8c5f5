"""A disk that takes no more: one line that names the file, and nothing half-written."""

import errno
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probesteer.activations.journal import Journal
from probesteer.activations.partial_layer import PartialLayer
from probesteer.errors import ProbesteerError
from probesteer.files.atomic import atomic_path, reserve, write_text
from probesteer.files.tables import write_table
from probesteer.files.tensors import write_tensors
from probesteer.places import Place
from probesteer.stages.command_line import main
from tests.faults.full_disk import can_mount
from tests.unit.activations.filling import request


@contextmanager
def small_files(most: int) -> Iterator[None]:
    """Let no write go beyond `most` bytes of a file, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def table(path: Path) -> None:
    numbers = np.random.default_rng(0).standard_normal(1000)
    write_table(path, pd.DataFrame({"value": numbers}), {})


def tensors(path: Path) -> None:
    write_tensors(path, {"a": np.zeros(1000)}, {})


def text(path: Path) -> None:
    write_text(path, "a" * 1000)


@pytest.mark.parametrize("write", [table, tensors, text])
def test_a_write_that_fails_names_the_file(write: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "made"
    with small_files(500), pytest.raises(ProbesteerError) as told:
        write(path)
    line = str(told.value)
    assert line.startswith(f"{path}: can't be written (") and "File too large" in line
    assert "\n" not in line
    assert not list(tmp_path.iterdir())
    write(path)
    assert [found.name for found in tmp_path.iterdir()] == ["made"]


def test_the_reason_is_that_of_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "made"
    told = r"made: can't be written \(No space left on device\)"
    with pytest.raises(ProbesteerError, match=told), atomic_path(path):
        raise OSError(errno.ENOSPC, "Error writing bytes to file. Detail: much")


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    with pytest.raises(ProbesteerError, match=r"made: can't be written \(Is a directory\)"):
        text(tmp_path / "made")
    assert [found.name for found in tmp_path.iterdir()] == ["made"]


def test_a_layer_that_is_being_filled_is_named(tmp_path: Path) -> None:
    layer = PartialLayer(tmp_path, Place("resid_post", 0), request(), rows=1000, width=16)
    with small_files(500), pytest.raises(ProbesteerError, match=r"resid_post\.000.*File too large"):
        layer.prepare()
    layer.prepare()


def test_the_journal_of_a_fill_is_named(tmp_path: Path) -> None:
    with small_files(10), pytest.raises(ProbesteerError, match=r"journal\.jsonl: can't be written"):
        Journal(tmp_path, "request", "plan")
    assert not Journal(tmp_path, "request", "plan").resumed


def test_a_log_has_room_to_say_that_the_disk_is_full(tmp_path: Path) -> None:
    with mounted(tmp_path, 64 << 10):
        log, other = tmp_path / "a.log", tmp_path / "other"
        with log.open("w") as file:
            reserve(file.fileno(), 4096)
            with pytest.raises(ProbesteerError, match="No space left"):
                write_text(other, "a" * (1 << 20))
            fill(other)
            file.write("error: " + "a" * 4000)
        assert log.stat().st_size == 4007
        with (tmp_path / "b.log").open("w") as file, pytest.raises(OSError, match="No space left"):
            reserve(file.fileno(), 4096)


def test_a_stage_whose_log_cannot_be_written_says_so(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with mounted(tmp_path, 64 << 10):
        fill(tmp_path / "other")
        log = tmp_path / "logs" / "fetch.log"
        options = ["--settings", "{}", "--record", str(tmp_path / "record"), "--log", str(log)]
        assert main(["fetch", *options]) == 1
    told = f"error: {log}: can't be written (No space left on device); mend that and run again\n"
    assert capfd.readouterr().err == told


@contextmanager
def mounted(folder: Path, size: int) -> Iterator[None]:
    """A small disk at `folder`."""
    if not can_mount():
        pytest.skip("needs the right to mount a tmpfs")
    options = ["-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    subprocess.run(["mount", *options], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(path: Path) -> None:
    """Write until nothing more fits."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while file.write(b"a" * 4096):
            pass
