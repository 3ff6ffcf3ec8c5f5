"""How far directions at right angles read the concepts, too."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.probes.metrics.two_labels import auroc

FloatArray = NDArray[np.float64]
Rows = NDArray[np.floating[Any]]
# Rows X: [n, d] and labels y: [n] in {0, 1} of one concept, held out.
Evaluation = tuple[Rows, NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class OrthogonalReading:
    """AUROC of every concept, read by its own direction and by the nearest orthonormal one."""

    own: FloatArray
    """[k]."""
    orthogonal: FloatArray
    """[k]."""
    turned: FloatArray
    """[k], degrees between the two directions."""

    @property
    def loss(self) -> FloatArray:
        """What is lost: [k]; about 0 where the concepts don't need to share dimensions."""
        return self.own - self.orthogonal


def nearest_orthonormal(directions: Rows) -> FloatArray:
    """The orthonormal set nearest to directions [k, d], k <= d: [k, d].

    The polar factor U V^T, which no order of the directions enters and which minimises the sum of
    squared differences to the unit directions (Löwdin 1950; Schönemann 1966). Raises ValueError
    where the directions are linearly dependent: no one nearest set exists.
    """
    vectors = np.asarray(directions, dtype=np.float64)
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    left, values, right = np.linalg.svd(units, full_matrices=False)
    if len(units) > units.shape[1] or values[-1] < 1e-9 * values[0]:
        raise ValueError(
            f"{len(units)} directions in {units.shape[1]} dimensions are linearly dependent"
        )
    nearest: FloatArray = left @ right
    return nearest


def read_orthogonally(readouts: Rows, evaluations: Sequence[Evaluation]) -> OrthogonalReading:
    """Read k concepts by readouts [k, d] and by the orthonormal set nearest to them.

    evaluations: of each concept held-out rows and labels. Raises ValueError as
    `nearest_orthonormal` does.
    """
    vectors = np.asarray(readouts, dtype=np.float64)
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    turned = nearest_orthonormal(units)
    scores = np.array(
        [
            [float(auroc(y, np.asarray(X, dtype=np.float64) @ direction)) for direction in pair]
            for pair, (X, y) in zip(zip(units, turned, strict=True), evaluations, strict=True)
        ]
    )
    cosine = np.clip((units * turned).sum(axis=1), -1, 1)
    return OrthogonalReading(scores[:, 0], scores[:, 1], np.degrees(np.arccos(cosine)))
