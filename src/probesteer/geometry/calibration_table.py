"""Calibrations as a tidy table."""

from collections.abc import Sequence

import pandas as pd

from probesteer.geometry.calibration import Calibration

_COLUMNS = ["toy", "instrument", "expected", "expected_low", "expected_high", "value", "holds"]


def calibration_table(calibrations: Sequence[Calibration]) -> pd.DataFrame:
    """A row a calibration: the truth in words and as an interval, what was measured, whether it
    lies in the interval."""
    rows = [
        (
            each.toy,
            each.instrument,
            each.expected.told,
            float(each.expected.low),
            float(each.expected.high),
            float(each.measured),
            bool(each.holds),
        )
        for each in calibrations
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)
