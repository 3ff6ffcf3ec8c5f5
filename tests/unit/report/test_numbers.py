import math

import pytest

from probesteer.report.numbers import estimate, interval, number, p_value, spread


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.9512, "0.95"),
        (-1.005, "-1.00"),
        (9.99, "9.99"),
        (9.996, "10.0"),
        (12.34, "12.3"),
        (99.96, "100"),
        (1234.4, "1234"),
        (-0.001, "0.00"),
        (math.nan, "–"),
        (math.inf, "–"),
    ],
)
def test_number(value: float, text: str) -> None:
    assert number(value) == text


def test_interval_and_estimate() -> None:
    assert interval(0.9, 0.98) == "[0.90, 0.98]"
    assert interval(math.nan, math.nan) == "–"
    assert interval(math.nan, 1.0) == "[–, 1.00]"
    assert estimate(0.95, 0.9, 0.98) == "0.95 [0.90, 0.98]"
    assert estimate(0.95, math.nan, math.nan) == "0.95"
    assert estimate(math.nan, 0.9, 0.98) == "–"


def test_spread_and_p_value() -> None:
    assert spread(0.5, 0.041) == "0.50 ± 0.04"
    assert [p_value(p) for p in (0.0099, 0.05, 1.0, math.nan)] == ["0.0099", "0.05", "1", "–"]
