"""Strengths and slopes of a push in every unit, so that layers and models compare.

A push of one gap is `gap` long, one of one sigma `sigma`, and one of one norm as long as the mean
activation. The angle is the one that was measured, by which a push turns the activations.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

LENGTHS = ("gap", "sigma", "norm")
ANGLE = "angle"


def converted(strength: Numbers, lengths: Mapping[str, float], given: str, wanted: str) -> Numbers:
    """Strengths of pushes in another unit of length; any shape.

    lengths: how long a push of 1 is, by unit. NaN where the wanted unit has no length.
    """
    if not lengths[wanted] > 0:
        return np.full(np.shape(strength), np.nan)
    return np.asarray(strength, dtype=np.float64) * (lengths[given] / lengths[wanted])


def as_angles(strength: Numbers, strengths: Sequence[float], angles: Numbers) -> Numbers:
    """The angle that a push of `strength` turns by, in degrees, with the sign of the strength.

    strength: [k]; strengths: [S], ascending; angles: [S], measured at them, not negative. Linear
    between them. NaN beyond what was measured.
    """
    ordered = np.asarray(strengths, dtype=np.float64)
    signed = np.sign(ordered) * angles
    return np.interp(strength, ordered, signed, left=np.nan, right=np.nan) + 0 * strength


def angle_per_strength(strengths: Sequence[float], angles: Numbers) -> float:
    """Degrees for each unit of strength, between the smallest strengths on both sides of 0."""
    ordered = np.asarray(strengths, dtype=np.float64)
    below, above = np.flatnonzero(ordered < 0)[-1], np.flatnonzero(ordered > 0)[0]
    return float((angles[above] + angles[below]) / (ordered[above] - ordered[below]))
