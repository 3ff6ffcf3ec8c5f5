"""All instruments together: none misses its known truth."""

from dataclasses import dataclass
from functools import partial

import pytest

from probesteer.geometry import calibrations
from probesteer.geometry.calibration import Calibration, exactly


@pytest.mark.parametrize("seed", [0, 7])
def test_instruments_find_what_was_wired(seed: int) -> None:
    measured = calibrations.calibrate_wired(seed)
    assert [each for each in measured if not each.holds] == []
    names = [(each.toy, each.instrument) for each in measured]
    assert len(set(names)) == len(names) == 64


@dataclass(frozen=True)
class Trained:
    """Stands for a toy."""

    name: str
    seed: int

    def calibrations(self) -> tuple[Calibration, ...]:
        return (Calibration(self.name, "", exactly(0, ""), self.seed),)


def test_every_trained_toy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    toys = ["sparsity_curve", "phase_diagram", "correlation_toy", "penalty_curve"]
    toys += ["collapse_toy", "shortcut_toy"]
    for name in toys:
        monkeypatch.setattr(calibrations, name, partial(Trained, name))
    dictionaries = Trained("calibrate_dictionaries", 3).calibrations()
    monkeypatch.setattr(calibrations, "calibrate_dictionaries", lambda seed: dictionaries)
    measured = calibrations.calibrate_trained(3)
    assert [each.toy for each in measured] == [*toys, "calibrate_dictionaries"]
    assert {each.measured for each in measured} == {3}
