"""What is met along paths and on planes: boundaries, predictions, outputs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.geometry.polytopes.codes import SplineCodes
from probesteer.geometry.polytopes.hamming import hamming_pairs
from probesteer.geometry.polytopes.passage import Continuation
from probesteer.geometry.polytopes.paths import PlaneGrid

# Paths whose points and codes are held at once: 32 of 41 points in a map of 16,384 are 170 MB.
_PATHS_AT_ONCE = 32


@dataclass(frozen=True, eq=False)
class Journey:
    """n paths of s points each."""

    crossings: NDArray[np.int64]
    """[n, s - 1], units that differ between neighbouring points: no fewer boundaries lie there,
    and no more unless one is crossed twice within a step."""
    lengths: NDArray[np.float64]
    """[n, s - 1], Euclidean lengths of the steps."""
    predicted: NDArray[np.int64]
    """[n, s]."""
    scores: NDArray[np.float32]
    """[n, s, k], the outputs that the continuation keeps."""

    @property
    def density(self) -> NDArray[np.float64]:
        """Boundaries per unit of length: [n, s - 1]; NaN where a step has no length."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.lengths > 0, self.crossings / self.lengths, np.nan)

    def changed_from(self, step: int) -> NDArray[np.bool_]:
        """Whether the prediction differs from that at the point `step`: [n, s]."""
        changed: NDArray[np.bool_] = self.predicted != self.predicted[:, [step]]
        return changed


@dataclass(frozen=True, eq=False)
class PlaneMap:
    """What lies in a plane."""

    density: NDArray[np.float64]
    """[size - 1, size - 1], boundaries per unit of length: the mean over the two steps to the
    right and the two steps up around each cell."""
    region: NDArray[np.int64]
    """[size, size], one number a polytope, from 0 in the order in which rows meet them."""
    predicted: NDArray[np.int64]
    """[size, size]."""

    @property
    def regions(self) -> int:
        """Polytopes that the grid meets; those smaller than its spacing may be missed."""
        return int(self.region.max()) + 1


def travel(
    continuation: Continuation, paths: NDArray[np.floating[Any]], examples: NDArray[np.int64]
) -> Journey:
    """Go along `paths`: [n, s, d], each in the surroundings of its example: [n]."""
    return travel_by_parts(continuation, lambda part: paths[part], examples)


def travel_by_parts(
    continuation: Continuation,
    paths: Callable[[slice], NDArray[np.floating[Any]]],
    examples: NDArray[np.int64],
) -> Journey:
    """Go along paths that are made when they are needed, a few at a time.

    paths: from some of n rows, as a slice, to their points [rows, s, d]; examples: [n].
    """
    parts = [
        _travel(continuation, paths(slice(start, start + _PATHS_AT_ONCE)), examples[start:])
        for start in range(0, len(examples), _PATHS_AT_ONCE)
    ]
    return Journey(
        np.concatenate([part.crossings for part in parts]),
        np.concatenate([part.lengths for part in parts]),
        np.concatenate([part.predicted for part in parts]),
        np.concatenate([part.scores for part in parts]),
    )


def _travel(
    continuation: Continuation, paths: NDArray[np.floating[Any]], examples: NDArray[np.int64]
) -> Journey:
    n, steps, d = paths.shape
    passage = continuation(paths.reshape(-1, d), np.repeat(examples[:n], steps))
    rows = np.arange(n * steps).reshape(n, steps)
    return Journey(
        _between(passage.codes, rows[:, :-1], rows[:, 1:]),
        np.linalg.norm(np.diff(paths, axis=1), axis=2),
        passage.predicted.reshape(n, steps),
        passage.scores.reshape(n, steps, -1),
    )


def survey(continuation: Continuation, grid: PlaneGrid, example: int) -> PlaneMap:
    """What lies at the points of `grid`, in the surroundings of one example."""
    size, d = len(grid.up), grid.points.shape[2]
    passage = continuation(
        grid.points.reshape(-1, d), np.full(size * size, example, dtype=np.int64)
    )
    rows = np.arange(size * size).reshape(size, size)
    right = _between(passage.codes, rows[:, :-1], rows[:, 1:]) / np.diff(grid.right)
    up = _between(passage.codes, rows[:-1], rows[1:]) / np.diff(grid.up)[:, None]
    density = (right[:-1] + right[1:] + up[:, :-1] + up[:, 1:]) / 4
    region = _numbered(passage.codes).reshape(size, size)
    return PlaneMap(density, region, passage.predicted.reshape(size, size))


def _between(
    codes: SplineCodes, rows: NDArray[np.int64], others: NDArray[np.int64]
) -> NDArray[np.int64]:
    counted = hamming_pairs(codes.rows(rows.ravel()), codes.rows(others.ravel()))
    return counted.reshape(rows.shape)


def _numbered(codes: SplineCodes) -> NDArray[np.int64]:
    """A number for every distinct code, in the order of appearance: [n]."""
    _, first, inverse = np.unique(codes.words, axis=0, return_index=True, return_inverse=True)
    order = np.empty(len(first), dtype=np.int64)
    order[np.argsort(first)] = np.arange(len(first))
    numbered: NDArray[np.int64] = order[inverse.reshape(-1)]
    return numbered
