"""A target is whole or missing, whatever happens to its writers."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from probesteer.files.atomic import atomic_path, write_text

KILLED_WRITER = """
import os, signal, sys
from pathlib import Path
from probesteer.files.atomic import atomic_path

with atomic_path(Path(sys.argv[1])) as partial:
    partial.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_target_appears_when_the_block_ends(tmp_path: Path) -> None:
    target = tmp_path / "new" / "folder" / "a.txt"
    with atomic_path(target) as partial:
        partial.write_text("whole")
        assert not target.exists()
        assert partial.parent == target.parent
    assert target.read_text() == "whole"
    assert names(target.parent) == ["a.txt"]


@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt])
def test_an_exception_leaves_the_target_as_it_was(
    fault: type[BaseException], tmp_path: Path
) -> None:
    target = tmp_path / "a.txt"
    write_text(target, "before")
    with pytest.raises(fault), atomic_path(target) as partial:
        partial.write_text("half")
        raise fault
    assert target.read_text() == "before"
    assert names(tmp_path) == ["a.txt"]


def test_an_exception_before_anything_is_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="early"), atomic_path(tmp_path / "a.txt"):
        raise ValueError("early")
    assert names(tmp_path) == []


def test_a_killed_writer_leaves_the_target_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    write_text(target, "before")
    writer = subprocess.run([sys.executable, "-c", KILLED_WRITER, str(target)], check=False)
    assert writer.returncode == -signal.SIGKILL
    assert target.read_text() == "before"
    [leftover] = [name for name in names(tmp_path) if name != "a.txt"]
    assert leftover.startswith("a.txt.") and leftover.endswith(".tmp")
    write_text(target, "after")
    assert target.read_text() == "after"


def test_of_two_writers_the_last_to_finish_wins(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    with atomic_path(target) as first:
        first.write_text("first")
        with atomic_path(target) as second:
            assert second != first
            second.write_text("second")
        assert target.read_text() == "second"
    assert target.read_text() == "first"
    assert names(tmp_path) == ["a.txt"]


def test_many_writers_at_once_leave_one_whole_text(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    texts = [str(number) * 10_000 for number in range(8)]
    writers = [threading.Thread(target=write_text, args=(target, text)) for text in texts]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert target.read_text() in texts
    assert names(tmp_path) == ["a.txt"]


def test_text_is_utf_8(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "naïve → 東\n")
    assert (tmp_path / "a.txt").read_bytes() == "naïve → 東\n".encode()
