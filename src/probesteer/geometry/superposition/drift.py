"""Drift: how far two sets of directions for the same concepts lie apart.

Such as those of two checkpoints, of a model and its fine-tune, or on shifted data.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.geometry.superposition.bounds import mean_random_cosine

FloatArray = NDArray[np.float64]
Rows = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Drift:
    """k directions before and after."""

    cosine: FloatArray
    """[k], signed: a direction that turned round is at -1."""
    angle: FloatArray
    """[k], degrees."""
    random_cosine: float
    """Mean |cosine| of two random directions of that width: what unrelated ones show."""
    subspace_angles: FloatArray
    """[min of the two ranks], degrees, ascending: principal angles (Jordan 1875; Björck & Golub
    1973) between what the sets span; 0 where concepts only changed places within it."""
    after_rotation: FloatArray
    """[k], cosines once one rotation or reflection of the whole space (orthogonal Procrustes,
    Schönemann 1966) has brought the sets together. It can bring k <= d directions at right angles
    to any others at right angles: read it beside `cosine_of_cosines`."""
    cosine_of_cosines: float
    """Correlation of the two sets' own cosines over all pairs of concepts: whether relations
    among the concepts stayed, whatever the rotation. NaN with fewer than three concepts."""


def measure_drift(before: Rows, after: Rows) -> Drift:
    """before, after: [k, d], the same concepts in the same order.

    Raises ValueError where the shapes differ or a direction is zero.
    """
    if before.shape != after.shape:
        raise ValueError(f"{before.shape} directions can't be compared with {after.shape}")
    one, other = _units(before), _units(after)
    left, _, right = np.linalg.svd(one.T @ other)
    return Drift(
        cosine=np.clip((one * other).sum(axis=1), -1, 1),
        angle=_angles(one, other),
        random_cosine=mean_random_cosine(before.shape[1]),
        subspace_angles=_principal_angles(one, other),
        after_rotation=np.clip(((one @ (left @ right)) * other).sum(axis=1), -1, 1),
        cosine_of_cosines=_relations(one, other),
    )


def _units(directions: Rows) -> FloatArray:
    vectors = np.asarray(directions, dtype=np.float64)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if (norms == 0).any():
        raise ValueError(f"direction {int(norms[:, 0].argmin())} is zero")
    units: FloatArray = vectors / norms
    return units


def _angles(one: FloatArray, other: FloatArray) -> FloatArray:
    """Degrees; from chords, which unlike the cosine keep small angles exact."""
    apart, together = (np.linalg.norm(one + sign * other, axis=1) for sign in (-1, 1))
    angles: FloatArray = np.degrees(2 * np.arctan2(apart, together))
    return angles


def _principal_angles(one: FloatArray, other: FloatArray) -> FloatArray:
    bases = [_basis(directions) for directions in (one, other)]
    if bases[0].shape[1] < bases[1].shape[1]:
        bases = bases[::-1]
    inner = bases[0].T @ bases[1]
    cosine = np.linalg.svd(inner, compute_uv=False)
    # Small angles from sines (Björck & Golub 1973), large ones from cosines.
    sine = np.linalg.svd(bases[1] - bases[0] @ inner, compute_uv=False)[::-1]
    angles = np.where(
        cosine**2 > 0.5, np.arcsin(np.clip(sine, 0, 1)), np.arccos(np.clip(cosine, 0, 1))
    )
    degrees: FloatArray = np.degrees(angles)
    return degrees


def _basis(directions: FloatArray) -> FloatArray:
    """Orthonormal columns that span the directions: [d, rank]."""
    _, values, right = np.linalg.svd(directions, full_matrices=False)
    basis: FloatArray = right[values > 1e-10 * values[0]].T
    return basis


def _relations(one: FloatArray, other: FloatArray) -> float:
    upper = np.triu_indices(len(one), 1)
    pairs = np.stack([(directions @ directions.T)[upper] for directions in (one, other)])
    if pairs.shape[1] < 3 or pairs.std(axis=1).min() < 1e-12:
        return float("nan")
    return float(np.corrcoef(pairs[0], pairs[1])[0, 1])
