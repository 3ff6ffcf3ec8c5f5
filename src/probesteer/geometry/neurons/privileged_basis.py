"""Is the basis of single units privileged? Directions and activations against rotations of it.

In a space whose basis means nothing, a rotation of it changes no statistic (Elhage et al. 2023,
Privileged Bases in the Transformer Residual Stream, transformer-circuits.pub).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.geometry.neurons.selectivity import random_rotation

FloatArray = NDArray[np.float64]
Rows = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class AxisAlignment:
    """How few axes k directions of width d lie along."""

    kurtosis: FloatArray
    """[k], of the entries of a direction about 0: d, one axis, to 1, all axes alike. Random
    directions have 3 d / (d + 2) in expectation."""
    axes: FloatArray
    """[k], how many axes it lies along: inverse participation ratio d / kurtosis, 1 to d."""
    largest: FloatArray
    """[k], the largest |entry| of the unit vector: its cosine with the nearest axis."""
    rotated: FloatArray
    """[draws], mean kurtosis of the directions after a random rotation of all of them."""
    share_of_draws_as_high: float
    """Share of rotations with a mean kurtosis as high, counting the basis itself: small where the
    basis is privileged."""


@dataclass(frozen=True, eq=False)
class ActivationKurtosis:
    """How heavy the tails of single units are, beside those of rotated bases."""

    units: FloatArray
    """[u], kurtosis of each unit over examples, 3 for a Gaussian; NaN for one that is constant."""
    rotated: FloatArray
    """[draws, u], the same after a random rotation."""


def axis_alignment(directions: Rows, seed: int, draws: int = 200) -> AxisAlignment:
    """Of directions [k, d], together: a rotation keeps the angles among them.

    Raises ValueError where one is zero.
    """
    vectors = np.asarray(directions, dtype=np.float64)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if (norms == 0).any():
        raise ValueError(f"direction {int(norms[:, 0].argmin())} is zero")
    units = vectors / norms
    kurtosis = _kurtosis_of_entries(units)
    generator = np.random.default_rng(seed)
    left, values, _ = np.linalg.svd(units, full_matrices=False)
    coordinates, d = left * values, units.shape[1]
    rotated = np.array([_rotated_kurtosis(coordinates, d, generator) for _ in range(draws)])
    # Within rounding of one that is as high.
    as_high = int((rotated >= kurtosis.mean() * (1 - 1e-12)).sum())
    return AxisAlignment(
        kurtosis=kurtosis,
        axes=d / kurtosis,
        largest=np.abs(units).max(axis=1),
        rotated=rotated,
        share_of_draws_as_high=(1 + as_high) / (1 + draws),
    )


def activation_kurtosis(X: Rows, seed: int, draws: int = 3) -> ActivationKurtosis:
    """Of the units of X: [n, u]."""
    rows = np.asarray(X, dtype=np.float64)
    generator = np.random.default_rng(seed)
    turned = [rows @ random_rotation(rows.shape[1], generator) for _ in range(draws)]
    return ActivationKurtosis(_kurtosis(rows), np.stack([_kurtosis(each) for each in turned]))


def _kurtosis_of_entries(units: FloatArray) -> FloatArray:
    kurtosis: FloatArray = units.shape[1] * (units**4).sum(axis=1)
    return kurtosis


def _rotated_kurtosis(coordinates: FloatArray, d: int, generator: np.random.Generator) -> float:
    """Mean kurtosis after a random rotation; only what the directions span need be turned.

    coordinates: [k, r], of the directions in an orthonormal basis of their span.
    """
    frame, upper = np.linalg.qr(generator.standard_normal((d, coordinates.shape[1])))
    turned = coordinates @ (frame * np.sign(np.diag(upper))).T
    return float(_kurtosis_of_entries(turned).mean())


def _kurtosis(rows: FloatArray) -> FloatArray:
    centred = rows - rows.mean(axis=0)
    variance = (centred**2).mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(variance > 0, (centred**4).mean(axis=0) / variance**2, np.nan)
