"""A direction: a unit vector in raw activation space, with what it measures on training rows."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.places import Place
from probesteer.probes.checks import require_both_labels, require_finite


@dataclass(frozen=True, eq=False)
class Direction:
    """A direction at a place, positive towards label 1 (random directions have no sign)."""

    vector: NDArray[np.float32]
    """[d], unit norm, in raw activation space."""
    place: Place
    method: str
    draw: int
    """Which of several random directions; -1 for a method that gives one."""
    gap: float
    """Length of the push of strength 1 in gaps: the difference of the class means along the
    vector. A random direction carries gap and sigma of the difference of means at its place
    instead, so that equal strengths push equally far in any unit; its own are noise."""
    sigma: float
    """Standard deviation of the projection within the classes (pooled, n - 2)."""
    gap_in_sigmas: float
    """Difference of the class means along the vector in sigmas, its own for a random direction
    too: how well the direction separates the classes. NaN where sigma is 0."""
    mean_norm: float
    """Mean norm of the training rows: the scale of the residual stream at the place."""
    offset: float
    """Midpoint of the class means along the vector."""
    n: int
    """Training rows behind the numbers."""

    def length(self, strength: float, unit: str) -> float:
        """How far a push of `strength` goes along the vector, in units of the activation.

        unit: "gap"; "sigma"; "norm", a share of the mean norm; or "angle", the degrees by which
        the push turns an activation of mean norm that is orthogonal to the vector.
        Raises ProbesteerError for another unit, and for an angle of 90 degrees or more.
        """
        if unit == "angle":
            if not abs(strength) < 90:
                raise ProbesteerError(
                    f"strength: {strength:g} degrees; no push turns by 90 or more, use less or the "
                    "operator rotate"
                )
            return self.mean_norm * math.tan(math.radians(strength))
        lengths = {"gap": self.gap, "sigma": self.sigma, "norm": self.mean_norm}
        if unit not in lengths:
            raise ProbesteerError(
                f"unit: {unit!r} is unknown; choose one of gap, sigma, norm, angle"
            )
        return strength * lengths[unit]

    def push(self, strength: float, unit: str) -> NDArray[np.float64]:
        """The vector to add, [d]; strength, unit and errors as those of `length`."""
        return self.length(strength, unit) * self.vector.astype(np.float64)


def describe(
    vector: NDArray[np.floating[Any]],
    X: NDArray[np.floating[Any]],
    y: NDArray[np.int64],
    place: Place,
    method: str,
    draw: int = -1,
    lengths_of: "Direction | None" = None,
) -> Direction:
    """Scale `vector`: [d] to unit norm and measure it on training rows X: [n, d], y: [n].

    `lengths_of` lends its gap and sigma as the lengths of a push; the separation stays its own.
    Raises ProbesteerError where the vector is zero or not finite, a row is not finite, or y
    lacks a label.
    """
    where = f"{method} at {place.site}, layer {place.layer}"
    length = float(np.linalg.norm(vector.astype(np.float64)))
    if not (np.isfinite(length) and length > 0):
        raise ProbesteerError(f"{where}: the direction has norm {length:g}; it points nowhere")
    require_both_labels(y, where)
    rows = np.asarray(X, dtype=np.float64)
    require_finite(rows, where)
    unit = (vector / length).astype(np.float32)
    projection = rows @ unit.astype(np.float64)
    means = np.array([projection[y == label].mean() for label in (0, 1)])
    own_gap = float(means[1] - means[0])
    sigma = _pooled_deviation(projection - means[y])
    return Direction(
        vector=unit,
        place=place,
        method=method,
        draw=draw,
        gap=own_gap if lengths_of is None else lengths_of.gap,
        sigma=sigma if lengths_of is None else lengths_of.sigma,
        gap_in_sigmas=own_gap / sigma if sigma > 0 else float("nan"),
        mean_norm=float(np.linalg.norm(rows, axis=1).mean()),
        offset=float(means.mean()),
        n=len(y),
    )


def _pooled_deviation(residuals: NDArray[np.float64]) -> float:
    """Standard deviation of residuals: [n] about two class means; NaN with two rows or fewer."""
    freedom = len(residuals) - 2
    return float(np.sqrt(residuals @ residuals / freedom)) if freedom > 0 else float("nan")


def towards_label_1(direction: Direction) -> Direction:
    """The direction itself, or the opposite one where its own gap is negative."""
    if not direction.gap < 0:
        return direction
    turned = {name: -getattr(direction, name) for name in ("gap", "gap_in_sigmas", "offset")}
    return replace(direction, vector=-direction.vector, **turned)
