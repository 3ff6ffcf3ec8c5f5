"""The angle between directions of two models without what the choice of examples adds to it.

Two estimates of one direction from few examples lie apart, too. So directions are estimated from
halves of the groups, and the cosine between models is divided by those within each of them: the
correction for attenuation (Spearman 1904, The proof and measurement of association between two
things).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.probes.solver.batch import fit_logistic_batch

FloatArray = NDArray[np.float64]
Rows = NDArray[np.floating[Any]]
Labels = NDArray[np.int64]
Estimator = Callable[[Rows, Labels, FloatArray], FloatArray]
"""X: [n, d], y: [n], weights: [p, n] -> p directions, [p, d]."""

HALVINGS = 20
"""Ways to deal the groups to two halves."""


@dataclass(frozen=True, eq=False)
class HalfCosines:
    """Cosines of directions that were estimated from halves of the groups; [draws] each."""

    within: FloatArray
    """Of the first model's halves with each other."""
    other_within: FloatArray
    """Of the other model's."""
    across: FloatArray
    """Of one model's half with the other model's other half, mean of both ways."""

    @property
    def angle_within(self) -> FloatArray:
        """[draws], degrees: how far the same direction moves by the choice of examples, mean of
        both models."""
        return (_degrees(self.within) + _degrees(self.other_within)) / 2

    @property
    def angle_across(self) -> FloatArray:
        """[draws], degrees."""
        return _degrees(self.across)

    @property
    def angle(self) -> float:
        """Degrees between the models without what the choice of examples adds; 0 where they are
        as near as halves of one model, NaN where those have nothing in common."""
        means = (self.across, self.within, self.other_within)
        return float(_corrected(*(values.mean(keepdims=True) for values in means))[0])

    @property
    def angles(self) -> FloatArray:
        """The same draw by draw, [draws]."""
        return _corrected(self.across, self.within, self.other_within)


def half_cosines(
    first: Rows,
    other: Rows,
    y: Labels,
    groups: NDArray[Any],
    estimators: Sequence[Estimator],
    draws: int,
    seed: int | Sequence[int],
) -> HalfCosines | None:
    """first, other: [n, d], the same n examples in two models; y, groups: [n].

    estimators: of the two models, in this order. Halves that lack a label are left out; None where
    none is left.
    """
    halves = _halvings(y, groups, draws, seed)
    if not len(halves):
        return None
    one, two = (
        _units(estimate(X, y, halves.reshape(-1, len(y)))).reshape(len(halves), 2, -1)
        for estimate, X in zip(estimators, (first, other), strict=True)
    )
    crossed = (one * two[:, ::-1]).sum(axis=-1).mean(axis=1)
    return HalfCosines(_inner(one), _inner(two), np.clip(crossed, -1, 1))


def means_apart(X: Rows, y: Labels, weights: FloatArray) -> FloatArray:
    """Differences of the weighted means of the labels; an `Estimator`."""
    rows = np.asarray(X, dtype=np.float64)
    negative, positive = (
        (weights * (y == label)) @ rows / (weights @ (y == label))[:, None] for label in (0, 1)
    )
    apart: FloatArray = positive - negative
    return apart


def logistic_at(C: float) -> Estimator:
    """Coefficients of logistic probes at the penalty C; an `Estimator`."""

    def fitted(X: Rows, y: Labels, weights: FloatArray) -> FloatArray:
        targets = np.broadcast_to(y, weights.shape)
        found: FloatArray = fit_logistic_batch(X, targets, C, weights).coefficients
        return found

    return fitted


def _halvings(y: Labels, groups: NDArray[Any], draws: int, seed: int | Sequence[int]) -> FloatArray:
    """[draws, 2, n], 1 for the rows of a half; both halves have both labels."""
    names, group_of_row = np.unique(groups, return_inverse=True)
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(draws):
        dealt = generator.permutation(len(names)) < len(names) // 2
        half = dealt[group_of_row].astype(np.float64)
        pair = np.stack([half, 1 - half])
        if all((pair @ (y == label) > 0).all() for label in (0, 1)):
            found.append(pair)
    return np.array(found)


def _units(directions: FloatArray) -> FloatArray:
    """Of norm 1; one of norm 0 stays 0."""
    norms = np.linalg.norm(directions, axis=-1, keepdims=True)
    units: FloatArray = directions / np.where(norms > 0, norms, 1.0)
    return units


def _inner(halves: FloatArray) -> FloatArray:
    """halves: [draws, 2, d]."""
    inner: FloatArray = np.clip((halves[:, 0] * halves[:, 1]).sum(axis=-1), -1, 1)
    return inner


def _degrees(cosine: FloatArray) -> FloatArray:
    degrees: FloatArray = np.degrees(np.arccos(cosine))
    return degrees


def _corrected(across: FloatArray, within: FloatArray, other_within: FloatArray) -> FloatArray:
    """Degrees; NaN where halves of one model have nothing in common."""
    common = np.where((within > 0) & (other_within > 0), within * other_within, np.nan)
    return _degrees(np.clip(across / np.sqrt(common), -1, 1))
