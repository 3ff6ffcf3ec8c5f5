"""A sweep that was stopped goes on where it was, and ends with the bytes of one that was not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import probesteer.interventions.sweep as sweep_module
from probesteer.interventions import passes
from probesteer.interventions.checkpoint import NOT_KEPT, Checkpoint, Checkpoints
from probesteer.interventions.edits import Add
from probesteer.interventions.sweep import Sweep, run_sweep
from probesteer.models.loading import LoadedModel
from tests.unit.interventions.naive import PROMPTS, all_places

Load = Callable[[str], LoadedModel]
ROWS = [row for item, prompt in enumerate(PROMPTS) for row in prompt.rows(item)]


class Stopped(Exception):
    """What ends a sweep in the middle."""


def sweep(loaded: LoadedModel, path: Path | None, request: str = "asked") -> Sweep:
    pushes = torch.randn(3, loaded.width, generator=torch.Generator().manual_seed(0))
    edits = dict.fromkeys(all_places(loaded), Add(pushes))
    checkpoint = None if path is None else Checkpoint(path, request, every=0)
    return run_sweep(loaded, ROWS, edits, "from_last", 64, checkpoint=checkpoint)


def stopped_after(batches: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Make the pass after so many batches fail; gives how many were begun."""
    whole, begun = passes.passes_over, 0

    def counted(*arguments: object) -> object:
        nonlocal begun
        begun += 1
        if begun > batches:
            raise Stopped
        return whole(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(sweep_module, "passes_over", counted)
    return lambda: begun


def same(left: Sweep, right: Sweep) -> None:
    one, other = left.arrays(), right.arrays()
    assert one.keys() == other.keys()
    for name, values in one.items():
        assert values.tobytes() == other[name].tobytes(), name


@pytest.mark.parametrize("batches", [1, 2, 3])
def test_it_goes_on_to_the_same_bytes(
    batches: int, load_tiny: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, path = load_tiny("llama"), tmp_path / "parts" / "sweep.safetensors"
    expected = sweep(loaded, None)
    with monkeypatch.context() as patch:
        stopped_after(batches, patch)
        with pytest.raises(Stopped):
            sweep(loaded, path)
    with monkeypatch.context() as patch:
        begun = stopped_after(1000, patch)
        resumed = sweep(loaded, path)
        again = begun()
    same(resumed, expected)
    with monkeypatch.context() as patch:
        begun = stopped_after(1000, patch)
        sweep(loaded, None)
        assert again == begun() - batches


# Four places: before the first of them, four passes prove that they can be resumed, once for
# prompts of one token and once for those that go on from a prefix.
@pytest.mark.parametrize(("passes_done", "cells"), [(4, 0), (7, 3), (13, 5)])
def test_it_goes_on_inside_a_batch(
    passes_done: int, cells: int, load_tiny: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, path = load_tiny("gpt2"), tmp_path / "sweep.safetensors"
    expected, resume = sweep(loaded, None), passes._Resumed.__call__
    begun = 0

    def stopping(self: passes._Resumed, *arguments: Any) -> object:
        nonlocal begun
        begun += 1
        if begun > passes_done:
            raise Stopped
        return resume(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(passes._Resumed, "__call__", stopping)
        with pytest.raises(Stopped):
            sweep(loaded, path)
    assert Checkpoint(path, "asked").taken_up()[0] == cells
    same(sweep(loaded, path), expected)


@pytest.mark.parametrize("fault", ["another request", "a changed byte", "a short file"])
def test_what_is_not_its_own_is_not_taken_up(
    fault: str,
    load_tiny: Load,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    loaded, path = load_tiny("llama"), tmp_path / "sweep.safetensors"
    with monkeypatch.context() as patch:
        stopped_after(2, patch)
        with pytest.raises(Stopped):
            sweep(loaded, path, "other" if fault == "another request" else "asked")
    content = path.read_bytes()
    if fault == "a changed byte":
        path.write_bytes(content[:-5] + bytes([content[-5] ^ 1]) + content[-4:])
    elif fault == "a short file":
        path.write_bytes(content[: len(content) // 2])
    same(sweep(loaded, path), sweep(loaded, None))
    assert ("starts anew" in caplog.text) == (fault != "another request")


def test_writes_wait_for_their_time(tmp_path: Path) -> None:
    path = tmp_path / "sweep.safetensors"
    Checkpoint(path, "asked", every=3600).keep(1, {"score": np.zeros(2)}, {})
    assert not path.exists()
    assert Checkpoint(path, "asked").taken_up() == (0, {}, {})


def test_the_end_of_a_sweep_is_written_where_it_took_long(tmp_path: Path) -> None:
    for every, written in ((3600.0, False), (1e-6, True)):
        path = tmp_path / f"{every}.safetensors"
        checkpoint = Checkpoint(path, "asked", every)
        checkpoint._written += 3600
        checkpoint.keep(1, {"score": np.zeros(2)}, {})
        assert not path.exists()
        checkpoint.keep(2, {"score": np.zeros(2)}, {}, finished=True)
        assert path.exists() == written


def test_the_sweeps_of_a_job_have_a_file_each(tmp_path: Path) -> None:
    def of(sweep: str, code: str) -> Checkpoint:
        checkpoint = Checkpoints(tmp_path / "steering.partial", {"code": code}).of(sweep)
        assert checkpoint is not None
        checkpoint.every = 0
        return checkpoint

    for number, name in enumerate(["add neutral", "add all"]):
        of(name, "1").keep(number, {"score": np.zeros(2)}, {"direct": False})
    assert [of(name, "1").taken_up()[0] for name in ("add neutral", "add all")] == [0, 1]
    assert of("add all", "2").taken_up() == (0, {}, {})
    Checkpoints(tmp_path / "steering.partial").remove()
    assert not list(tmp_path.iterdir())


def test_without_a_folder_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert NOT_KEPT.of("add all") is None
    NOT_KEPT.remove()
    assert not list(tmp_path.iterdir())
