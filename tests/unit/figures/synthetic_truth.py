"""What is true of made-up concepts, and where it is measured."""

from dataclasses import dataclass

import numpy as np

Site = tuple[str, int]
Row = tuple[object, ...]

STRENGTHS = (-4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0)
FINE_STRENGTHS = tuple(
    sign * 2.0**power for sign in (-1.0, 1.0) for power in np.arange(-2.0, 6.5, 0.5)
)
FACTORS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0)
NEUTRAL_LOSS = 2.6


@dataclass(frozen=True)
class Truth:
    """What is true of one concept; depths run from 0 (embedding) to 1 (last layer)."""

    name: str
    onset: float = 0.3
    """Depth at which a probe is half way to its best accuracy."""

    accuracy: float = 0.95
    baseline: float = 0.65
    """Accuracy of the bag of tokens."""

    slope: float = 1.5
    """Nats per gap at the best depth, which is 0.6; 0: the direction does nothing."""


TRUTHS = (
    Truth("sentiment", onset=0.25, accuracy=0.96, baseline=0.72, slope=2.0),
    Truth("grammatical_number", onset=0.15, accuracy=0.98, baseline=0.60, slope=3.1),
    Truth("past_tense", onset=0.35, accuracy=0.93, baseline=0.66, slope=1.2),
    Truth("truth_of_statement", onset=0.55, accuracy=0.84, baseline=0.52, slope=0.7),
    Truth("language", onset=0.02, accuracy=1.0, baseline=0.99, slope=2.4),
    Truth("question", onset=0.4, accuracy=0.9, baseline=0.61, slope=0.0),
    Truth("coin_flip", onset=0.5, accuracy=0.5, baseline=0.5, slope=0.0),
)

FOUR_TRUTHS = TRUTHS[:4]
"""Enough for most tests; drawing takes time for each concept."""


def sites(layers: int) -> list[Site]:
    """The embedding's output and the outputs of `layers` blocks."""
    return [("resid_pre", 0), *(("resid_post", layer) for layer in range(layers))]


def spread_sites(layers: int, count: int) -> list[Site]:
    """`count` of the places, evenly spread, both ends included."""
    every = sites(layers)
    return [every[index] for index in np.linspace(0, len(every) - 1, count).round().astype(int)]


def depths_of(places: list[Site], pushed: list[Site]) -> list[float]:
    return [places.index(place) / max(1, len(places) - 1) for place in pushed]


def reading(truth: Truth, depth: float) -> float:
    """True accuracy of a probe at `depth`."""
    return 0.5 + (truth.accuracy - 0.5) / (1 + float(np.exp(-(depth - truth.onset) / 0.06)))


def pushing(truth: Truth, depth: float) -> float:
    """True slope of the response at `depth`, nats per gap."""
    return truth.slope * float(np.exp(-(((depth - 0.6) / 0.3) ** 2)))


def saturating(slope: float, strength: float) -> float:
    """Linear up to about two gaps, then flat, then falling."""
    return slope * 3.0 * float(np.tanh(strength / 3.0)) * float(np.exp(-((strength / 40) ** 2)))


def neutral_loss(strength: float, depth: float) -> float:
    return NEUTRAL_LOSS + 0.02 * strength**2 * (1.3 - depth) / (1 + 0.02 * abs(strength))
