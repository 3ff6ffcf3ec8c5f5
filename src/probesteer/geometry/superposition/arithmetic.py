"""Vector arithmetic: do pairs share an offset, and does it lead from one to the other?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Rows = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Parallelogram:
    """How parallel the offsets of pairs are."""

    cosine: float
    """Mean cosine of the offsets of two pairs, over all two; 1 where every pair has the same."""
    shuffled: float
    """The same after the second members were dealt out anew, mean over draws."""
    share_of_draws_as_high: float
    """Share of draws as high as the pairs', counting the pairs themselves."""
    pairs: int


@dataclass(frozen=True, eq=False)
class Analogies:
    """a is to b as c is to ?, over all two pairs (a, b) and (c, d): the rank of d."""

    rank: NDArray[np.int64]
    """[questions], from 1, among the candidates without a, b and c."""
    rank_with_inputs: NDArray[np.int64]
    """[questions], with them: often c itself comes first (Linzen 2016, arXiv 1606.07736)."""
    candidates: int
    """How many candidates `rank` counts."""

    def top(self, k: int) -> float:
        """Share of the questions whose answer is among the first k."""
        return float(np.mean(self.rank <= k))

    def top_with_inputs(self, k: int) -> float:
        """The same with a, b and c among the candidates."""
        return float(np.mean(self.rank_with_inputs <= k))


def parallelogram(first: Rows, second: Rows, seed: int, draws: int = 200) -> Parallelogram:
    """Offsets second - first of pairs: [p, d] each, p at least 3.

    Mikolov et al. 2013 (arXiv 1301.3781). A draw deals the second members out to other pairs. That
    keeps what the two sides have in common as sides, such as a gap between their means: where
    shuffled pairs are as parallel as true ones, the offset is that of the sides, not of the pairs.
    Raises ValueError with fewer pairs.
    """
    a, b = (np.asarray(side, dtype=np.float64) for side in (first, second))
    if len(a) < 3:
        raise ValueError(f"{len(a)} pairs are too few to be shuffled; use 3 or more")
    own = _mean_cosine(b - a)
    generator = np.random.default_rng(seed)
    shuffled = np.array(
        [_mean_cosine(b[_derangement(len(a), generator)] - a) for _ in range(draws)]
    )
    # Within rounding of one that is as high.
    as_high = int((shuffled >= own - 1e-12).sum())
    return Parallelogram(own, float(shuffled.mean()), (1 + as_high) / (1 + draws), len(a))


def analogies(first: Rows, second: Rows, others: Rows | None = None) -> Analogies:
    """Ask b - a + c for every two pairs of first and second: [p, d] each, p at least 2.

    3CosAdd (Mikolov et al. 2013): candidates are ranked by their cosine with b - a + c, all rows
    unit vectors. Candidates are all members of all pairs, and `others`: [m, d]. Ties count
    against the answer. Raises ValueError for one pair alone.
    """
    a, b = (_unit(side) for side in (first, second))
    p = len(a)
    if p < 2:
        raise ValueError("an analogy needs two pairs")
    pool = np.concatenate([a, b] if others is None else [a, b, _unit(others)])
    one, other = (index.ravel() for index in np.nonzero(~np.eye(p, dtype=bool)))
    similarity = (b[one] - a[one] + a[other]) @ pool.T
    questions, answer = np.arange(len(one)), p + other
    reached = similarity[questions, answer]
    # Within rounding, so that a candidate that equals the answer counts against it.
    ahead = similarity >= reached[:, None] - 1e-12
    ahead[questions, answer] = False
    with_inputs = 1 + ahead.sum(axis=1)
    for given in (one, p + one, other):
        ahead[questions, given] = False
    return Analogies(1 + ahead.sum(axis=1), with_inputs, len(pool) - 3)


def shuffled_analogies(
    first: Rows, second: Rows, seed: int, others: Rows | None = None
) -> Analogies:
    """The same questions of pairs whose second members were dealt out to other pairs."""
    order = _derangement(len(first), np.random.default_rng(seed))
    return analogies(first, second[order], others)


def _unit(rows: Rows) -> FloatArray:
    vectors = np.asarray(rows, dtype=np.float64)
    unit: FloatArray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _mean_cosine(offsets: FloatArray) -> float:
    """Mean cosine of two different offsets; one of length 0 is left out."""
    norms = np.linalg.norm(offsets, axis=1)
    units = offsets[norms > 0] / norms[norms > 0][:, None]
    n, total = len(units), units.sum(axis=0)
    return float((total @ total - n) / (n * (n - 1))) if n > 1 else float("nan")


def _derangement(n: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """A permutation that leaves nothing in its place; n is at least 2."""
    while True:
        order = generator.permutation(n)
        if (order != np.arange(n)).all():
            return order
