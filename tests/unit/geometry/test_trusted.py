"""An instrument that misses its truth is not used, which is said in one line."""

import logging

import pandas as pd
import pytest

from probesteer.geometry.calibration import Calibration, about, at_least, exactly
from probesteer.geometry.calibration_table import calibration_table
from probesteer.stages.trusted import trusted


@pytest.fixture
def tried() -> pd.DataFrame:
    return calibration_table(
        [
            Calibration("toy", "ruler", exactly(1, "1"), 1),
            Calibration("other toy", "ruler", about(2, 0.1, "2"), 2.05),
            Calibration("toy", "scales", at_least(3, "3 or more"), 2.0),
            Calibration("other toy", "scales", exactly(1, "1"), 1),
            Calibration("toy", "clock", exactly(1, "1"), float("nan")),
        ]
    )


def test_the_table_tells_truth_and_measurement(tried: pd.DataFrame) -> None:
    assert tried["holds"].tolist() == [True, True, False, True, False]
    assert tried["expected"].tolist()[2] == "3 or more"
    assert tried["expected_low"].tolist()[:3] == [1, 1.9, 3]
    assert tried["expected_high"].tolist()[2] == float("inf")


def test_what_holds_everywhere_is_used(tried: pd.DataFrame) -> None:
    assert trusted(tried, ("ruler",), "length")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("ruler", "scales"), "weight left out: the instrument 'scales' missed its truth on toy"),
        (("clock",), "weight left out: the instrument 'clock' missed its truth on toy"),
        (("compass",), "weight left out: the instrument 'compass' was not tried"),
    ],
)
def test_what_misses_once_is_not_used(
    names: tuple[str, ...], said: str, tried: pd.DataFrame, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="probesteer"):
        assert not trusted(tried, names, "weight")
    assert caplog.messages == [said]
