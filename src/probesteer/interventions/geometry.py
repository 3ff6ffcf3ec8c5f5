"""How far a push turns and stretches an activation."""

import numpy as np
from numpy.typing import NDArray


def angle_and_norm_ratio(
    x: NDArray[np.float32], pushes: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Angle between x and x + v in degrees, and |x + v| / |x|.

    x: [items, d], pushes: [S, d]. Returns two arrays [S, items]; NaN where an x is zero.
    """
    rows, moves = x.astype(np.float64), pushes.astype(np.float64)
    norm = np.linalg.norm(rows, axis=1)
    # From inner products alone: |x + v|^2 = |x|^2 + 2 x.v + |v|^2, so no [S, items, d] is made.
    inner = moves @ rows.T
    moved = np.sqrt(np.maximum(norm**2 + 2 * inner + (moves**2).sum(axis=1)[:, None], 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = (norm**2 + inner) / (norm * moved)
        return np.degrees(np.arccos(np.clip(cosine, -1, 1))), moved / norm
