"""A disk that takes no more: one line that names the file, and nothing half-written."""

import errno
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probesteer.activations.journal import Journal
from probesteer.activations.partial_layer import PartialLayer
from probesteer.errors import ProbesteerError
from probesteer.files.atomic import atomic_path, write_text
from probesteer.files.tables import write_table
from probesteer.files.tensors import write_tensors
from probesteer.places import Place
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
