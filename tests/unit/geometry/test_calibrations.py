"""All instruments together: none misses its known truth."""

from dataclasses import dataclass

import pytest

from probesteer.geometry import calibrations
from probesteer.geometry.calibration import Calibration, exactly


@pytest.mark.parametrize("seed", [0, 7])
def test_instruments_find_what_was_wired(seed: int) -> None:
    measured = calibrations.calibrate_wired(seed)
    assert [each for each in measured if not each.holds] == []
    names = [(each.toy, each.instrument) for each in measured]
    assert len(set(names)) == len(names) == 92


@dataclass(frozen=True)
class Trained:
    """Stands for every toy."""

    seed: int

    def calibrations(self) -> tuple[Calibration, ...]:
        return (Calibration("toys", "", exactly(0, ""), self.seed),)


def test_every_trained_toy_is_asked_unless_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrations, "train_every_toy", Trained)
    dictionaries = (Calibration("dictionaries", "", exactly(0, ""), 3),)
    monkeypatch.setattr(calibrations, "calibrate_dictionaries", lambda seed: dictionaries)
    measured = calibrations.calibrate_trained(3)
    assert [each.toy for each in measured] == ["toys", "dictionaries"]
    assert {each.measured for each in measured} == {3}
    assert calibrations.calibrate_trained(3, toys=False) == dictionaries
