"""Interference: how much directions overlap, and how much writing one moves the reading of another.

Terms of Elhage et al. 2022 (arXiv 2209.10652). A direction that is written (a difference of class
means) and one that is read (a probe's normal) are different things; cosines may be asked of
either, the read-out matrix takes both.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.covariance import ledoit_wolf

from probesteer.geometry.superposition.bounds import (
    mean_random_cosine,
    random_bound,
    random_cosines,
    welch_bound,
)

FloatArray = NDArray[np.float64]
Rows = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Interference:
    """Overlap of k directions in d dimensions, beside what it is compared with."""

    mean: float
    """Mean |cosine| of the pairs."""
    largest: float
    """Largest |cosine|."""
    random_mean: float
    """Expected of two random directions."""
    random_largest: float
    """Median over draws of k random directions."""
    share_of_draws_as_far: float
    """Share of draws of k random directions whose mean is as large, counting this one (as in a
    permutation test): small where the directions overlap more than by chance."""
    welch: float
    """No k directions have a smaller largest |cosine|."""
    random_bound: float
    """Random ones have a smaller largest |cosine| but for a chance of 5 %."""
    dimensions: int
    directions: int


def cosines(directions: Rows) -> FloatArray:
    """Cosines of all pairs of directions: [k, d] -> [k, k].

    Raises ValueError where one is zero.
    """
    vectors = np.asarray(directions, dtype=np.float64)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if (norms == 0).any():
        raise ValueError(f"direction {int(norms[:, 0].argmin())} is zero")
    units = vectors / norms
    matrix: FloatArray = np.clip(units @ units.T, -1, 1)
    np.fill_diagonal(matrix, 1)
    return matrix


def whitened(directions: Rows, X: Rows) -> FloatArray:
    """Directions that are written, [k, d], in coordinates in which X: [n, d] has covariance 1.

    Adding v to x adds C^(-1/2) v there, so that overlap along what the activations vary in anyway
    counts less (compare the causal inner product of Park et al. 2023, arXiv 2311.03658). C is
    shrunk as Ledoit & Wolf 2004 do, which lets n be smaller than d. Give X without the class means
    for the covariance within classes. A direction that is read is not changed in this way: its
    cosines there are the correlations of the read-outs.

    Raises ValueError for activations that don't vary.
    """
    covariance, _ = ledoit_wolf(np.asarray(X, dtype=np.float64))
    values, vectors = np.linalg.eigh(covariance)
    if values[-1] <= 0:
        raise ValueError("activations that don't vary can't be whitened")
    # Rounding may leave a vanishing or negative eigenvalue.
    root = np.sqrt(np.maximum(values, values[-1] * 1e-12))
    inverse_root: FloatArray = (vectors / root) @ vectors.T
    return np.asarray(directions, dtype=np.float64) @ inverse_root


def measure_interference(directions: Rows, seed: int, draws: int = 200) -> Interference:
    """Overlap of directions [k, d], raw or whitened, against k random ones.

    Raises ValueError for fewer than two, or one that is zero.
    """
    k, d = directions.shape
    if k < 2:
        raise ValueError("one direction interferes with none")
    pairs = np.abs(cosines(directions)[np.triu_indices(k, 1)])
    chance = random_cosines(k, d, draws, seed)
    # Within rounding of one that is as large.
    as_far = int((chance.mean >= pairs.mean() * (1 - 1e-12)).sum())
    return Interference(
        mean=float(pairs.mean()),
        largest=float(pairs.max()),
        random_mean=mean_random_cosine(d),
        random_largest=float(np.median(chance.largest)),
        share_of_draws_as_far=(1 + as_far) / (1 + draws),
        welch=welch_bound(k, d),
        random_bound=random_bound(k, d),
        dimensions=d,
        directions=k,
    )


def readout_interference(written: Rows, read: Rows) -> FloatArray:
    """How much writing concept i moves the read-out of concept j, per unit: [k, k].

    written: [k, d], what one unit of each concept adds to an activation, such as the difference
    of its class means. read: [k, d], the normals of the read-outs, of any length. Entry (i, j) is
    (read_j . written_i) / (read_j . written_j): the share of j's own unit, so that the diagonal
    is 1. A column is NaN where a read-out doesn't see its own concept.
    """
    moved = np.asarray(written, dtype=np.float64) @ np.asarray(read, dtype=np.float64).T
    own = np.diag(moved)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(own != 0, moved / own, np.nan)
