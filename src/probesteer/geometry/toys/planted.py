"""Synthetic activations into which features were put, so that what is found can be checked."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probesteer.directions.random import random_directions

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PlantedActivations:
    """n activations of width d that hold k features."""

    X: FloatArray
    """[n, d], features @ directions and Gaussian noise, unless the features are non-linear."""
    features: FloatArray
    """[n, k], how active each feature is; 0 where it is not."""
    directions: FloatArray
    """[k, d], unit norm, along which each feature was written."""

    @property
    def labels(self) -> NDArray[np.int64]:
        """Whether each feature is active: [n, k]."""
        return (self.features > 0).astype(np.int64)


def orthogonal_features(
    n: int, d: int, k: int, seed: int, noise: float = 0.1
) -> PlantedActivations:
    """k <= d features at right angles in a random basis, each active in half of the examples."""
    generator = np.random.default_rng(seed)
    basis, _ = np.linalg.qr(generator.standard_normal((d, k)))
    features = (generator.random((n, k)) < 0.5).astype(np.float64)
    return _written(features, basis.T, noise, generator)


def superposed_features(
    n: int, d: int, k: int, seed: int, active: float = 0.05, noise: float = 0.01
) -> PlantedActivations:
    """k features, more than d of them, in random directions; each active at a share `active`.

    Active features have amplitudes between 0.5 and 1.5. Sparsity is what lets them be told apart
    (Elhage et al. 2022, arXiv 2209.10652).
    """
    generator = np.random.default_rng(seed)
    directions = random_directions(d, k, [seed, k])
    present = generator.random((n, k)) < active
    features = present * generator.uniform(0.5, 1.5, (n, k))
    return _written(features, directions, noise, generator)


def simplex_features(
    n: int, d: int, seed: int, active: float = 0.05, noise: float = 0.01
) -> PlantedActivations:
    """d + 1 features towards the corners of a regular simplex; they reach the Welch bound, 1/d."""
    generator = np.random.default_rng(seed)
    centred = np.eye(d + 1) - 1 / (d + 1)
    # The corners lie in the d dimensions at right angles to (1, ..., 1).
    _, _, right = np.linalg.svd(centred)
    corners = centred @ right[:d].T
    directions = corners / np.linalg.norm(corners, axis=1, keepdims=True)
    present = generator.random((n, d + 1)) < active
    return _written(present.astype(np.float64), directions, noise, generator)


def correlated_features(
    n: int, d: int, cosine: float, agreement: float, seed: int, noise: float = 0.1
) -> PlantedActivations:
    """Two features whose directions have `cosine`, and which agree in a share of the examples.

    An agreement of 0.5 is independence. There are fewer features than dimensions: that they
    interfere is not superposition.
    """
    generator = np.random.default_rng(seed)
    basis, _ = np.linalg.qr(generator.standard_normal((d, 2)))
    one, rest = basis.T
    directions = np.stack([one, cosine * one + np.sqrt(1 - cosine**2) * rest])
    first = generator.random(n) < 0.5
    second = np.where(generator.random(n) < agreement, first, ~first)
    features = np.stack([first, second], axis=1).astype(np.float64)
    return _written(features, directions, noise, generator)


def exclusive_or_features(n: int, d: int, seed: int, noise: float = 0.1) -> PlantedActivations:
    """Two linear features at right angles and, as a third, whether just one is active.

    The third is in the activations, but no linear read-out does better on it than chance, 0.5 as
    AUROC (Minsky & Papert 1969); its row of `directions` is 0.
    """
    linear = orthogonal_features(n, d, 2, seed, noise)
    just_one = (linear.features.sum(axis=1) == 1).astype(np.float64)
    features = np.column_stack([linear.features, just_one])
    return PlantedActivations(linear.X, features, np.vstack([linear.directions, np.zeros((1, d))]))


def _written(
    features: FloatArray, directions: FloatArray, noise: float, generator: np.random.Generator
) -> PlantedActivations:
    scatter = generator.standard_normal((len(features), directions.shape[1]))
    return PlantedActivations(features @ directions + noise * scatter, features, directions)
