"""How far from orthogonal k directions in d dimensions are, at best and by chance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from probesteer.directions.random import random_directions


def welch_bound(k: int, d: int) -> float:
    """No k unit vectors in d dimensions have a smaller largest |cosine| (Welch 1974).

    0 where they fit at right angles, k <= d; reached by equiangular tight frames alone. Its square
    also bounds the mean squared cosine of all pairs from below.
    """
    if k <= d:
        return 0.0
    return float(np.sqrt((k - d) / (d * (k - 1))))


def random_bound(k: int, d: int, miss: float = 0.05) -> float:
    """The largest |cosine| of k random directions stays below this but for a chance of `miss`.

    From P(|cosine| > e) <= 2 exp(-d e^2 / 2) for every pair, added up over the pairs: the argument
    behind the Johnson-Lindenstrauss lemma (Dasgupta & Gupta 2003). At most 1.
    """
    pairs = k * (k - 1) / 2
    if pairs == 0:
        return 0.0
    return float(min(1.0, np.sqrt(2 * np.log(2 * pairs / miss) / d)))


def fitting_directions(d: int, cosine: float) -> float:
    """How many directions random choice surely fits into d dimensions within `cosine` of right.

    The k at which the chance that some pair is further off reaches 1 in the argument of
    `random_bound`: exp(d cosine^2 / 4). Grows exponentially with d, which is what superposition
    lives on (Elhage et al. 2022, arXiv 2209.10652).
    """
    return float(np.exp(d * cosine**2 / 4))


def mean_random_cosine(d: int) -> float:
    """The mean |cosine| of two random directions: gamma(d/2) / (sqrt(pi) gamma((d+1)/2))."""
    return float(np.exp(gammaln(d / 2) - gammaln((d + 1) / 2)) / np.sqrt(np.pi))


@dataclass(frozen=True, eq=False)
class RandomCosines:
    """Cosines among k random directions, over draws."""

    mean: NDArray[np.float64]
    """[draws], mean |cosine| of the pairs."""
    largest: NDArray[np.float64]
    """[draws], largest |cosine|."""


def random_cosines(k: int, d: int, draws: int, seed: int) -> RandomCosines:
    """What k directions without any relation show; k is at least 2."""
    upper = np.triu_indices(k, 1)
    mean, largest = np.empty(draws), np.empty(draws)
    for draw, directions in enumerate(random_directions(d, draws * k, seed).reshape(draws, k, d)):
        pairs = np.abs(directions @ directions.T)[upper]
        mean[draw], largest[draw] = pairs.mean(), pairs.max()
    return RandomCosines(mean, largest)
