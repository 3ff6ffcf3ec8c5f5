"""A fill that was killed is taken up again, and ends in the bytes of one that never stopped."""

import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from probesteer.activations import shards
from probesteer.activations.journal import JOURNAL, Journal
from probesteer.files.digests import file_digest
from probesteer.models.loading import LoadedModel
from probesteer.places import Place
from tests.unit.activations.filling import Stopped, fill, request, stop_after

Load = Callable[[str], LoadedModel]

# Calls of the system that change the folder.
_CHANGES = ("pwrite", "fsync", "ftruncate", "replace", "rename", "unlink")


@pytest.fixture(autouse=True)
def one_batch_a_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SHARD_BATCHES", 1)


def digests(folder: Path) -> dict[str, str]:
    return {file.name: file_digest(file) for file in folder.iterdir()}


class _Changes:
    """Counts the changes of files, and kills the process at the last that it may make."""

    def __init__(self, allowed: int | None = None) -> None:
        self.count, self._allowed = 0, allowed
        self._originals = {name: getattr(os, name) for name in _CHANGES}

    def __enter__(self) -> "_Changes":
        for name in _CHANGES:
            setattr(os, name, self._counted(name))
        return self

    def __exit__(self, *_: object) -> None:
        for name, original in self._originals.items():
            setattr(os, name, original)

    def _counted(self, name: str) -> Callable[..., Any]:
        def change(*arguments: Any, **options: Any) -> Any:
            self.count += 1
            if self.count == self._allowed:
                if name == "pwrite":  # half of it is on disk
                    file, data, at = arguments
                    self._originals[name](file, data[: len(data) // 2], at)
                os.kill(os.getpid(), signal.SIGKILL)
            return self._originals[name](*arguments, **options)

        return change


def _fill_and_die(loaded: LoadedModel, folder: Path, position: str, allowed: int) -> None:
    with _Changes(allowed):
        fill(loaded, folder, request(position=position), batch_tokens=20)


@pytest.mark.parametrize("position", ["last", "all"])
def test_killed_again_and_again_it_ends_in_the_same_bytes(
    position: str, load_tiny: Load, tmp_path: Path
) -> None:
    loaded = load_tiny("gpt2")
    with _Changes() as changes:
        fill(loaded, tmp_path / "whole", request(position=position), batch_tokens=20)
    folder = tmp_path / "killed"
    moments = np.random.default_rng(0)
    forked = multiprocessing.get_context("fork")
    kills, exit_code = 0, None
    while exit_code != 0:
        allowed = int(moments.integers(1, changes.count // 3))
        arguments = (loaded, folder, position, allowed)
        process = forked.Process(target=_fill_and_die, args=arguments)
        process.start()
        process.join()
        exit_code = process.exitcode
        assert exit_code in (0, -signal.SIGKILL)
        kills += exit_code != 0
        assert kills < 200
    assert kills >= 10
    assert digests(folder) == digests(tmp_path / "whole")


@pytest.fixture
def stopped(
    load_tiny: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[LoadedModel, Path]]:
    """A model, and a folder whose fill ended after four shards; beside it a whole one."""
    loaded = load_tiny("gpt2")
    fill(loaded, tmp_path / "whole", request(), batch_tokens=20)
    with monkeypatch.context() as patch:
        stop_after(3, patch)
        with pytest.raises(Stopped):
            fill(loaded, tmp_path / "stopped", request(), batch_tokens=20)
    yield loaded, tmp_path / "stopped"


def _texts_read(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[int], list[Place]]]:
    """The examples and places of every batch that is read from now on."""
    from probesteer.activations import gathering

    original, read = gathering.read_batch, []

    def noted(*arguments: Any) -> Any:
        read.append((arguments[2].tolist(), list(arguments[4])))
        return original(*arguments)

    monkeypatch.setattr("probesteer.activations.shard_filling.read_batch", noted)
    return read


def _shards(folder: Path) -> int:
    return sum(b'"shard"' in line for line in (folder / JOURNAL).read_bytes().splitlines())


def test_it_goes_on_where_it_stopped(
    stopped: tuple[LoadedModel, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, folder = stopped
    assert _shards(folder) == 4
    read = _texts_read(monkeypatch)
    fill(loaded, folder, request(), batch_tokens=20)
    # The three longest texts fill batches of their own, the next three one together.
    assert sorted(text for batch, _ in read for text in batch) == [1, 5]
    assert digests(folder) == digests(folder.parent / "whole")


@pytest.mark.parametrize("damage", ["altered", "truncated", "gone"])
def test_written_rows_that_changed_are_read_again(
    damage: str,
    stopped: tuple[LoadedModel, Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    loaded, folder = stopped
    path = folder / "resid_post.001.safetensors.partial"
    content = bytearray(path.read_bytes())
    content[-5 * 64 + 10] ^= 1  # the row of text 3, one of the longest; rows have 64 bytes
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(content if damage == "altered" else content[:-1])
    read = _texts_read(monkeypatch)
    fill(loaded, folder, request(), batch_tokens=20)
    again = [batch for batch, places in read if places == [Place("resid_post", 1)]]
    assert len(again) == (1 if damage == "altered" else 4)
    assert [record.message for record in caplog.records] == [
        f"{path}: rows that were written have changed; they are read again"
    ]
    assert digests(folder) == digests(folder.parent / "whole")


@pytest.mark.parametrize("change", ["request", "plan", "garbage"])
def test_a_journal_of_something_else_is_discarded(
    change: str,
    stopped: tuple[LoadedModel, Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    loaded, folder = stopped
    asked = request(texts="y") if change == "request" else request()
    batch_tokens = 30 if change == "plan" else 20
    if change == "garbage":
        (folder / JOURNAL).write_bytes(b"\xff\n" + (folder / JOURNAL).read_bytes())
    fill(loaded, folder.parent / "expected", asked, batch_tokens=batch_tokens)
    read = _texts_read(monkeypatch)
    fill(loaded, folder, asked, batch_tokens=batch_tokens)
    assert sorted(text for batch, _ in read for text in batch) == list(range(8))
    assert digests(folder) == digests(folder.parent / "expected")
    assert caplog.records == []


def test_a_line_without_an_end_is_dropped(stopped: tuple[LoadedModel, Path]) -> None:
    _, folder = stopped
    path = folder / JOURNAL
    head, *lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(head + lines[0] + lines[1][:-10])
    asked = json.loads(head)
    journal = Journal(folder, asked["request"], asked["plan"])
    assert journal.resumed and list(journal.shards) == [0]
    journal.record_shard(1, {"a": "b"})
    assert Journal(folder, asked["request"], asked["plan"]).shards[1] == {"a": "b"}
