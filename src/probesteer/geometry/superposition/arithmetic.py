"""Vector arithmetic: do pairs share an offset, and does it lead from one to the other?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.geometry.superposition.two_pairs import TwoPairs, names_of

FloatArray = NDArray[np.float64]
Rows = NDArray[np.floating[Any]]

# Offsets shorter than this share of the longest member are rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Parallelogram:
    """How parallel the offsets of pairs are."""

    cosines: TwoPairs
    """Cosine of the offsets of two pairs; an offset of length 0 has none."""
    draws: FloatArray
    """[draws], mean cosine after the second members were dealt out anew."""

    @property
    def cosine(self) -> float:
        """Mean over every two pairs; 1 where every pair has the same offset."""
        return self.cosines.mean

    @property
    def shuffled(self) -> float:
        """The same after dealing out, mean over draws."""
        return float(self.draws.mean())

    @property
    def share_of_draws_as_high(self) -> float:
        """Share of draws as high as the pairs', counting the pairs themselves; NaN where these
        have no cosine."""
        if np.isnan(self.cosine):
            return float("nan")
        # Within rounding of one that is as high.
        as_high = int((self.draws >= self.cosine - 1e-12).sum())
        return (1 + as_high) / (1 + len(self.draws))

    @property
    def pairs(self) -> int:
        """How many pairs there are."""
        return len(self.cosines.names)


@dataclass(frozen=True, eq=False)
class Analogies:
    """a is to b as c is to ?, over every two pairs (a, b) and (c, d): the rank of d."""

    rank: NDArray[np.int64]
    """[questions], from 1, among the candidates without a, b and c; (a, b) by (a, b)."""
    rank_with_inputs: NDArray[np.int64]
    """[questions], with them: often c itself comes first (Linzen 2016, arXiv 1606.07736)."""
    rank_without_offset: NDArray[np.int64]
    """[questions], of d among the neighbours of c alone, without a, b and c: what is right without
    any arithmetic (Linzen 2016, "only-b")."""
    candidates: int
    """How many candidates `rank` counts."""
    names: NDArray[np.int64]
    """[pairs], of each pair's group."""

    def top(self, k: int) -> float:
        """Share of the questions whose answer is among the first k."""
        return float(np.mean(self.rank <= k))

    def top_with_inputs(self, k: int) -> float:
        """The same with a, b and c among the candidates."""
        return float(np.mean(self.rank_with_inputs <= k))

    def top_without_offset(self, k: int) -> float:
        """The same by the neighbours of c."""
        return float(np.mean(self.rank_without_offset <= k))

    def over_pairs(self, values: NDArray[Any]) -> TwoPairs:
        """Values of the questions, [questions], by their two pairs."""
        matrix = np.full((len(self.names), len(self.names)), np.nan)
        matrix[_questions(self.names)] = values
        return TwoPairs(matrix, self.names)


def parallelogram(
    first: Rows, second: Rows, seed: int, draws: int = 200, groups: Sequence[Any] | None = None
) -> Parallelogram:
    """Offsets second - first of pairs: [p, d] each, p at least 3.

    Mikolov et al. 2013 (arXiv 1301.3781). A draw deals the second members out to other pairs. That
    keeps what the two sides have in common as sides, such as a gap between their means: where
    shuffled pairs are as parallel as true ones, the offset is that of the sides, not of the pairs.
    groups: [p], pairs of one group are not compared, and drawn together by intervals; None: each
    pair is a group. Raises ValueError with fewer pairs.
    """
    a, b = (np.asarray(side, dtype=np.float64) for side in (first, second))
    if len(a) < 3:
        raise ValueError(f"{len(a)} pairs are too few to be shuffled; use 3 or more")
    names = names_of(groups, len(a))
    smallest = _ROUNDING * float(np.linalg.norm(np.concatenate([a, b]), axis=1).max())
    generator = np.random.default_rng(seed)
    shuffled = [
        TwoPairs(_cosines(b[_derangement(len(a), generator)] - a, smallest), names).mean
        for _ in range(draws)
    ]
    return Parallelogram(TwoPairs(_cosines(b - a, smallest), names), np.array(shuffled))


def analogies(
    first: Rows,
    second: Rows,
    others: Rows | None = None,
    groups: Sequence[Any] | None = None,
) -> Analogies:
    """Ask b - a + c for every two pairs of first and second: [p, d] each, p at least 2.

    3CosAdd (Mikolov et al. 2013): candidates are ranked by their cosine with b - a + c, all rows
    unit vectors. Candidates are all members of all pairs, and `others`: [m, d]. Ties count
    against the answer. groups: [p], nothing is asked between pairs of one group; None: each pair is
    one. Raises ValueError where no two pairs can be compared.
    """
    a, b = (_unit(side) for side in (first, second))
    p, names = len(a), names_of(groups, len(a))
    one, other = _questions(names)
    if not len(one):
        raise ValueError("an analogy needs two pairs")
    pool = np.concatenate([a, b] if others is None else [a, b, _unit(others)])
    # Products once: a question is then a sum of three rows of them, whatever the width.
    of_a, of_b = a @ pool.T, b @ pool.T
    ranks = []
    for pair in range(p):
        asked = other[one == pair]
        given = np.stack([np.full_like(asked, pair), np.full_like(asked, p + pair), asked])
        moved = of_b[pair] - of_a[pair] + of_a[asked]
        ranks.append((*_ranks(moved, p + asked, given), _ranks(of_a[asked], p + asked, given)[0]))
    rank, with_inputs, without = (np.concatenate(each) for each in zip(*ranks, strict=True))
    return Analogies(rank, with_inputs, without, len(pool) - 3, names)


def shuffled_analogies(
    first: Rows,
    second: Rows,
    seed: int,
    others: Rows | None = None,
    groups: Sequence[Any] | None = None,
) -> Analogies:
    """The same questions of pairs whose second members were dealt out to other pairs."""
    order = _derangement(len(first), np.random.default_rng(seed))
    return analogies(first, second[order], others, groups)


def _ranks(
    similarity: FloatArray, answer: NDArray[np.int64], given: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ranks of answer: [q] by similarity: [q, candidates], without those given: [3, q], and with.

    Within rounding, so that a candidate that equals the answer counts against it.
    """
    questions = np.arange(len(answer))
    ahead = similarity >= similarity[questions, answer][:, None] - 1e-12
    ahead[questions, answer] = False
    with_inputs = 1 + ahead.sum(axis=1)
    for each in given:
        ahead[questions, each] = False
    return 1 + ahead.sum(axis=1), with_inputs


def _questions(names: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every two pairs of different groups, in both orders."""
    one, other = np.nonzero(names[:, None] != names[None])
    return one, other


def _unit(rows: Rows) -> FloatArray:
    vectors = np.asarray(rows, dtype=np.float64)
    unit: FloatArray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _cosines(offsets: FloatArray, smallest: float) -> FloatArray:
    """Cosine of every two offsets: [p, d] -> [p, p]; NaN for one no longer than `smallest`."""
    norms = np.linalg.norm(offsets, axis=1, keepdims=True)
    units = np.divide(offsets, norms, out=np.full_like(offsets, np.nan), where=norms > smallest)
    cosines: FloatArray = units @ units.T
    return cosines


def _derangement(n: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """A permutation that leaves nothing in its place; n is at least 2."""
    while True:
        order = generator.permutation(n)
        if (order != np.arange(n)).all():
            return order
