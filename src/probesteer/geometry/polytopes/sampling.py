"""Which examples are looked at, which of them are joined by paths, and which span a plane."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.geometry.polytopes.density import euclidean_matrix

# Cosines nearer to -1 than this are of opposite directions, which no one arc joins.
_OPPOSITE = 1e-6
# How far the third activation lies off the line through two, as a share of its distance, at least.
_OFF_LINE = 1e-6

Rows = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Sample:
    """Examples of a concept at one place of one network."""

    network: str
    """What the rows call it, such as "trained"."""
    X: Rows
    """[m, d]."""
    examples: NDArray[np.int64]
    """[m], by which the continuation knows them."""
    groups: NDArray[Any]
    """[m], what a bootstrap draws together."""
    seed: int

    def first(self, count: int) -> "Sample":
        """The first so many."""
        part = slice(count)
        own = (self.X[part], self.examples[part], self.groups[part])
        return Sample(self.network, *own, self.seed)


@dataclass(frozen=True, eq=False)
class Joined:
    """Pairs of examples, by their rows in a sample: from each start one to either end."""

    starts: NDArray[np.int64]
    """[p]."""
    within: NDArray[np.int64]
    """[p], of the class of the start."""
    between: NDArray[np.int64]
    """[p], of another class."""


def balanced(classes: NDArray[np.int64], count: int, seed: int) -> NDArray[np.int64]:
    """As many examples of each class, in turn: [count or fewer]; classes: [n]."""
    generator = np.random.default_rng(seed)
    drawn = [generator.permutation(np.flatnonzero(classes == one)) for one in np.unique(classes)]
    each = min(count // len(drawn), *map(len, drawn))
    chosen: NDArray[np.int64] = np.stack([some[:each] for some in drawn], axis=1).reshape(-1)
    return chosen


def join(sample: Sample, labels: NDArray[np.int64], count: int) -> Joined:
    """From each of the first `count` examples to one of its class and to one of another.

    Both ends are drawn from the examples of other groups that an arc reaches: at another point than
    the start, not at the origin and not opposite. A start that lacks
    either is left out, so that the two sides are measured from the same starts. labels: [m].
    """
    generator = np.random.default_rng([sample.seed, 2])
    rows = np.asarray(sample.X, dtype=np.float64)
    norms = np.linalg.norm(rows, axis=1)
    distance = euclidean_matrix(rows)
    units = rows / np.where(norms > 0, norms, 1)[:, None]
    found = []
    for start in range(min(count, len(labels))):
        reached = (distance[start] > 0) & (norms * norms[start] > 0)
        reached &= (units @ units[start] > -1 + _OPPOSITE) & (sample.groups != sample.groups[start])
        sides = [
            np.flatnonzero(reached & same)
            for same in (labels == labels[start], labels != labels[start])
        ]
        if all(len(side) for side in sides):
            found.append([start, *(generator.choice(side) for side in sides)])
    return Joined(*np.array(found, dtype=np.int64).reshape(-1, 3).T)


def three_of(X: Rows, labels: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """The first example, the next of its class and the first of another that span a plane: [3].

    X: [m, d]; labels: [m]. None where there are none, such as where all activations are one.
    """
    rows = np.asarray(X, dtype=np.float64)
    away = rows - rows[0]
    length = np.linalg.norm(away, axis=1)
    own = np.flatnonzero((labels == labels[0]) & (length > 0))
    if not len(own):
        return None
    second = int(own[0])
    axis = away[second] / length[second]
    off = np.linalg.norm(away - (away @ axis)[:, None] * axis, axis=1)
    others = np.flatnonzero((labels != labels[0]) & (length > 0) & (off > _OFF_LINE * length))
    return np.array([0, second, int(others[0])]) if len(others) else None
