"""What an instrument should measure where the truth is known, and what it did measure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Expected:
    """A known truth, as the interval in which a measurement agrees with it."""

    low: float
    high: float
    told: str
    """The truth in words, such as "2^5 - 1 = 31 crossings"."""


@dataclass(frozen=True)
class Calibration:
    """One instrument on one toy."""

    toy: str
    instrument: str
    expected: Expected
    measured: float

    @property
    def holds(self) -> bool:
        """Whether the instrument found the truth; a NaN never does."""
        return self.expected.low <= self.measured <= self.expected.high


def exactly(value: float, told: str) -> Expected:
    """A truth without any latitude."""
    return Expected(value, value, told)


def about(value: float, tolerance: float, told: str) -> Expected:
    """A truth within a stated tolerance."""
    return Expected(value - tolerance, value + tolerance, told)


def at_least(value: float, told: str) -> Expected:
    """A truth that gives a lower bound."""
    return Expected(value, float("inf"), told)


def at_most(value: float, told: str) -> Expected:
    """A truth that gives an upper bound."""
    return Expected(float("-inf"), value, told)
