"""The stage toys, from a seed to its tables, and the stage that takes them over."""

from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from probesteer.files.tables import read_table, write_table
from probesteer.geometry.calibration import Calibration, exactly
from probesteer.geometry.calibration_table import calibration_table
from probesteer.geometry.toys import every_toy, nonlinear_codes, shortcut
from probesteer.geometry.toys.rows import COLUMNS
from probesteer.geometry.toys.small_nets import NetTraining
from probesteer.geometry.toys.toy_model import Training
from probesteer.settings.slices.geometry import InstrumentsSlice, ToysSlice
from probesteer.stages import instruments, toys
from probesteer.stages.interface import InputPath, InputPaths, OutputPath

SHORT = Training(steps=3, batch=16)
FEW = NetTraining(steps=12, batch=32)


@pytest.fixture
def small_toys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every toy, on settings with which it learns nothing."""
    small = {
        "sparsity_curve": {"sparsities": [0.0, 0.8], "instances": 2, "training": SHORT},
        "phase_diagram": {
            **{"sparsities": [0.0, 0.9], "importances": [0.1, 10.0]},
            **{"instances": 2, "training": SHORT},
        },
        "correlation_toy": {"instances": 4, "training": SHORT},
        "penalty_curve": {"penalties": [0.0, 0.1], "instances": 2, "training": SHORT},
        "collapse_toy": {"encoders": 2, "training": FEW},
        "shortcut_toy": {"nets": 2, "training": FEW},
        "code_readings": {"draws": 1},
    }
    for name, settings in small.items():
        made = partial(getattr(every_toy, name), **settings)  # type: ignore[arg-type]
        monkeypatch.setattr(every_toy, name, made)
    monkeypatch.setattr(nonlinear_codes, "_TRAIN", 60)
    monkeypatch.setattr(shortcut, "_EXAMPLES", 100)


def run(seed: int, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    paths = [OutputPath(folder / name) for name in ("toys", "truths")]
    toys.run(ToysSlice(seed), {}, table=paths[0], truths=paths[1])
    table, truths = map(read_table, paths)
    return table, truths


@pytest.mark.usefixtures("small_toys")
@pytest.mark.filterwarnings("ignore:An input array is constant")  # nothing was learned
def test_all_toys_are_in_both_tables_the_same_each_time(tmp_path: Path) -> None:
    table, truths = run(0, tmp_path)
    assert tuple(table.columns) == COLUMNS
    assert set(table["toy"]) == {
        *("sparsity", "phases", "correlation", "penalty", "collapse", "shortcut"),
        *("product", "absolute_size", "lowest_bit"),
    }
    known = table.dropna(subset=["low", "high"])
    assert (known["low"] <= known["high"]).all()
    inside = known["value"].between(known["low"] - 1e-12, known["high"] + 1e-12)
    assert inside.all()
    place = ["toy", "method", "sparsity", "importance", "penalty", "step", "feature", "metric"]
    assert not table.duplicated(place).any()
    assert not truths.duplicated(["toy", "instrument"]).any()
    again, same_truths = run(0, tmp_path)
    pd.testing.assert_frame_equal(table, again)
    pd.testing.assert_frame_equal(truths, same_truths)
    other, _ = run(1, tmp_path)
    assert not table["value"].equals(other["value"])


def test_instruments_take_over_what_the_toys_showed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def one(name: str, measured: float) -> tuple[Calibration, ...]:
        return (Calibration(name, "instrument", exactly(1, "1"), measured),)

    asked: list[bool] = []

    def trained(seed: int, toys: bool) -> tuple[Calibration, ...]:
        asked.append(toys)
        return one("trained", 1)

    monkeypatch.setattr(instruments, "calibrate_wired", lambda seed: one("wired", seed))
    monkeypatch.setattr(instruments, "calibrate_trained", trained)
    truths, table = InputPath(tmp_path / "truths"), OutputPath(tmp_path / "instruments")
    write_table(truths, calibration_table(one("taken over", 7)), {})
    for trained_toys, given, expected in (
        (True, InputPaths((truths,)), ["wired", "trained", "taken over"]),
        (True, InputPaths(()), ["wired", "trained"]),
        (False, InputPaths((truths,)), ["wired", "taken over"]),
        (False, InputPaths(()), ["wired"]),
    ):
        instruments.run(InstrumentsSlice(1, trained_toys), {}, truths=given, table=table)
        assert read_table(table)["toy"].tolist() == expected
    assert asked == [False, True]
    assert {record.getMessage() for record in caplog.records} == {
        "instrument on taken over: 7, expected 1"
    }
