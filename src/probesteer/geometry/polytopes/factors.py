"""Directions found without labels, PCA and NMF, and how much each is about one label."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import NMF, PCA

FloatArray = NDArray[np.float64]
Rows = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Monosemanticity:
    """How many of the activations that are nearest to a direction have one label in common."""

    purity: FloatArray
    """[k], share of the nearest activations with the commonest label among them."""
    label: NDArray[np.int64]
    """[k], that label, as a number in the order of the sorted labels."""
    chance: float
    """Mean purity of as many activations drawn at random."""


def pca_directions(X: Rows, k: int, seed: int) -> FloatArray:
    """The k first principal directions of X: [n, d]; [k, d], unit norm."""
    directions: FloatArray = PCA(k, random_state=seed).fit(np.asarray(X, np.float64)).components_
    return directions


def nmf_directions(X: Rows, k: int, seed: int) -> FloatArray:
    """k directions of X: [n, d], not negative, whose sums make up X; [k, d], unit norm.

    Non-negative matrix factorisation (Lee & Seung 1999), for activations behind a ReLU. Raises
    ValueError where X is negative somewhere.
    """
    rows = np.asarray(X, dtype=np.float64)
    if rows.min(initial=0) < 0:
        raise ValueError("activations are negative somewhere; NMF needs those behind a ReLU")
    model = NMF(k, init="nndsvda", max_iter=500, tol=1e-3, random_state=seed).fit(rows)
    norms = np.linalg.norm(model.components_, axis=1, keepdims=True)
    directions: FloatArray = model.components_ / np.where(norms > 0, norms, 1)
    return directions


def direction_cosines(X: Rows, directions: Rows) -> FloatArray:
    """Cosine of every activation of X: [n, d] with every direction [k, d]; [n, k].

    0 for an activation or direction that is zero.
    """
    units = []
    for vectors in (X, directions):
        rows = np.asarray(vectors, dtype=np.float64)
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        units.append(rows / np.where(norms > 0, norms, 1))
    cosines: FloatArray = units[0] @ units[1].T
    return cosines


def monosemanticity(
    cosines: FloatArray, labels: NDArray[Any], seed: int, nearest: int = 20, draws: int = 200
) -> Monosemanticity:
    """Of k directions by the labels [n] of the `nearest` activations; cosines: [n, k].

    Raises ValueError where there are fewer activations than `nearest`.
    """
    n, _ = cosines.shape
    if n < nearest:
        raise ValueError(f"{n} activations are fewer than the {nearest} nearest asked for")
    _, coded = np.unique(labels, return_inverse=True)
    closest = np.argsort(-cosines, axis=0, kind="stable")[:nearest]
    counts = np.stack([(coded[closest] == label).sum(axis=0) for label in range(coded.max() + 1)])
    generator = np.random.default_rng(seed)
    by_chance = [
        np.bincount(coded[generator.choice(n, nearest, replace=False)]).max() for _ in range(draws)
    ]
    return Monosemanticity(
        purity=counts.max(axis=0) / nearest,
        label=counts.argmax(axis=0),
        chance=float(np.mean(by_chance)) / nearest,
    )
