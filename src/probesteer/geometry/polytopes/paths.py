"""Paths through activation space: rays, pushes, spherical interpolation, plane slices."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Rows = NDArray[np.floating[Any]]


def rays(X: Rows, scales: FloatArray) -> FloatArray:
    """Activations [n, d] times each scale [s]: [n, s, d]. The paths through the origin."""
    return np.asarray(X, dtype=np.float64)[:, None] * scales[None, :, None]


def pushes(X: Rows, direction: Rows, strengths: FloatArray) -> FloatArray:
    """Activations [n, d] plus each strength [s] times `direction`: [d]; [n, s, d]."""
    start = np.asarray(X, dtype=np.float64)
    return start[:, None] + strengths[None, :, None] * direction[None, None]


def segments(starts: Rows, ends: Rows, fractions: FloatArray) -> FloatArray:
    """Straight lines from starts to ends: [n, d] each, at fractions [s] of the way; [n, s, d]."""
    first, last = (np.asarray(x, dtype=np.float64)[:, None] for x in (starts, ends))
    along = fractions[None, :, None]
    return (1 - along) * first + along * last


def spherical(starts: Rows, ends: Rows, fractions: FloatArray) -> FloatArray:
    """Spherical interpolation (Shoemake 1985) from starts to ends: [n, d] each; [n, s, d].

    The direction turns at an even rate, and the norm changes linearly, so that both ends are
    reached exactly. Raises ValueError where an end is zero, or two point in opposite directions.
    """
    first, last = (np.asarray(x, dtype=np.float64) for x in (starts, ends))
    norms = [np.linalg.norm(x, axis=1, keepdims=True) for x in (first, last)]
    if min(norm.min(initial=np.inf) for norm in norms) == 0:
        raise ValueError("an activation of norm 0 has no direction to interpolate")
    units = first / norms[0], last / norms[1]
    # From the chord, which unlike the cosine keeps small angles exact.
    angle = 2 * np.arctan2(
        np.linalg.norm(units[0] - units[1], axis=1), np.linalg.norm(units[0] + units[1], axis=1)
    )
    if np.any(np.pi - angle < 1e-6):
        raise ValueError("two activations point in opposite directions; no one arc joins them")
    along, turn = fractions[None, :, None], angle[:, None, None]
    # sin(f a) / sin(a) tends to f where the angle a vanishes.
    straight = turn < 1e-8
    sine = np.where(straight, 1, np.sin(turn))
    weights = [np.where(straight, f, np.sin(f * turn) / sine) for f in (1 - along, along)]
    direction = weights[0] * units[0][:, None] + weights[1] * units[1][:, None]
    norm = (1 - along) * norms[0][:, None] + along * norms[1][:, None]
    arcs: FloatArray = direction * norm
    return arcs


def noise_like(X: Rows, n: int, seed: int) -> FloatArray:
    """Gaussian activations with the mean and the deviation of every unit of X: [n, d]."""
    rows = np.asarray(X, dtype=np.float64)
    draws = np.random.default_rng(seed).standard_normal((n, rows.shape[1]))
    noise: FloatArray = rows.mean(axis=0) + draws * rows.std(axis=0)
    return noise


@dataclass(frozen=True, eq=False)
class PlaneGrid:
    """A square grid in the plane through three activations."""

    points: FloatArray
    """[size, size, d]; the first axis goes up, the second to the right."""
    right: FloatArray
    """[size], coordinates of the columns, in units of distance from the first activation."""
    up: FloatArray
    """[size], coordinates of the rows."""
    corners: FloatArray
    """[3, 2], right and up of the three activations; the first is at (0, 0)."""


def plane_grid(three: Rows, size: int, margin: float = 0.25) -> PlaneGrid:
    """The plane through three activations: [3, d], from the first towards the second.

    The grid covers the three with `margin` times their extent around. Raises ValueError where
    they lie on a line.
    """
    origin, second, third = np.asarray(three, dtype=np.float64)
    along, other = second - origin, third - origin
    width = float(np.linalg.norm(along))
    if width == 0:
        raise ValueError("the three activations lie on a line")
    axis = along / width
    rest = other - (other @ axis) * axis
    height = float(np.linalg.norm(rest))
    if height <= 1e-9 * float(np.linalg.norm(other)):
        raise ValueError("the three activations lie on a line")
    axes = np.stack([axis, rest / height])
    corners = np.array([[0, 0], [width, 0], [other @ axis, height]])
    low, high = corners.min(axis=0), corners.max(axis=0)
    extent = float((high - low).max())
    middle, reach = (low + high) / 2, extent * (0.5 + margin)
    right, up = (np.linspace(centre - reach, centre + reach, size) for centre in middle)
    points = origin + right[None, :, None] * axes[0] + up[:, None, None] * axes[1]
    return PlaneGrid(points, right, up, corners)
