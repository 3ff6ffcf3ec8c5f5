"""Stages that were stopped inside a sweep go on from its last cell, to the same bytes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from probesteer.interventions.checkpoint import Checkpoint
from probesteer.interventions.passes import _Resumed
from probesteer.settings.schema import (
    ModelSettings,
    OperatorSettings,
    OperatorsSettings,
    SampleSettings,
    ScaleSettings,
    SteeringSettings,
)
from probesteer.settings.slices.steering import ScaleSlice, SteeringSlice
from probesteer.stages import scale
from probesteer.stages.interface import InputPath, OutputPath
from tests.unit.interventions.test_scale_stage import READ, cached_activations
from tests.unit.interventions.test_steering_stages import (
    PLACES,
    WRITTEN,
    inputs,
    run_steering,
)

pytestmark = pytest.mark.slow
Run = Callable[[Path], list[OutputPath]]
Folder = Callable[[str], Path]


class Stopped(Exception):
    """What ends a stage in the middle."""


def a_steering_stage(model_folder: Folder, folder: Path) -> Run:
    operators = OperatorsSettings(
        ablate=OperatorSettings([1.0]), clamp=OperatorSettings([-1.0, 1.0], "gap")
    )
    settings = SteeringSettings(
        strengths=[-1.0, 0.0, 1.0],
        positions=["from_last"],
        operators=operators,
        readout=[1.0],
        bootstrap_draws=100,
        samples=SampleSettings(strengths=[1.0], prompts=1, new_tokens=2),
    )
    asked = SteeringSlice("tiny", "mood", 0, ModelSettings(device="cpu"), settings)
    given = inputs("gpt2", model_folder, folder)

    def run(into: Path) -> list[OutputPath]:
        paths = {name: OutputPath(into / name) for name in WRITTEN}
        run_steering(asked, given, paths)
        return list(paths.values())

    return run


def a_scale_stage(model_folder: Folder, folder: Path) -> Run:
    settings = ScaleSettings(
        strengths=[-1.0, 0.0, 1.0],
        operators=["add", "rotate"],
        factors=[0.5, 1.0, 2.0],
        bootstrap_draws=100,
    )
    asked = ScaleSlice("tiny", "mood", 0, ModelSettings(device="cpu"), settings)
    files = inputs("gpt2", model_folder, folder)
    given: dict[str, InputPath] = {name: files[name] for name in READ}
    given["manifest"] = cached_activations(folder / "cache", given["examples"], PLACES[1:])

    def run(into: Path) -> list[OutputPath]:
        paths = [OutputPath(into / name) for name in ("table", "sensitivity")]
        scale.run(asked, {}, **given, table=paths[0], sensitivity=paths[1])
        return paths

    return run


def counted(patch: pytest.MonkeyPatch, most: int) -> Callable[[], int]:
    """Stop the resumed pass after so many; gives how many were begun."""
    begun, resume = 0, _Resumed.__call__

    def one(self: _Resumed, *arguments: Any) -> Tensor:
        nonlocal begun
        begun += 1
        if begun > most:
            raise Stopped
        return resume(self, *arguments)

    patch.setattr(_Resumed, "__call__", one)
    return lambda: begun


@pytest.mark.parametrize(
    ("stage", "share", "stopped_in"),
    [
        (a_steering_stage, 0.55, "ablate"),
        (a_steering_stage, 0.8, "clamp"),
        (a_steering_stage, 0.99, "read"),
        (a_scale_stage, 0.2, "add"),
        (a_scale_stage, 0.6, "rotate"),
        (a_scale_stage, 0.9, "factors"),
    ],
)
def test_a_stage_goes_on_to_the_same_bytes(
    stage: Callable[[Folder, Path], Run],
    share: float,
    stopped_in: str,
    model_folder: Folder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Checkpoint.__init__, "__defaults__", (0.0,))  # written after every cell
    run = stage(model_folder, tmp_path)
    for name in ("whole", "stopped"):
        (tmp_path / name).mkdir()
    with monkeypatch.context() as patch:
        begun = counted(patch, 10**9)
        whole = [path.read_bytes() for path in run(tmp_path / "whole")]
        every = begun()
    with monkeypatch.context() as patch:
        counted(patch, int(share * every))
        with pytest.raises(Stopped):
            run(tmp_path / "stopped")
    left = sorted(
        (tmp_path / "stopped" / "table.partial").iterdir(), key=lambda p: p.stat().st_mtime_ns
    )
    assert left[-1].name.startswith(stopped_in)
    with monkeypatch.context() as patch:
        begun = counted(patch, 10**9)
        assert [path.read_bytes() for path in run(tmp_path / "stopped")] == whole
        # What had been done is not done again, but for proving that passes resume.
        assert begun() < every - 0.5 * share * every
    assert not (tmp_path / "stopped" / "table.partial").exists()
