"""How far an edit turns and stretches an activation."""

import numpy as np
import torch
from numpy.typing import NDArray

from probesteer.interventions.edits import Edit

Numbers = NDArray[np.float64]


def angle_and_norm_ratio(
    x: NDArray[np.float32], pushes: NDArray[np.float32]
) -> tuple[Numbers, Numbers]:
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


def turn_and_stretch(x: NDArray[np.float32], edit: Edit) -> tuple[Numbers, Numbers]:
    """The same for an edit of any operator: angle in degrees and norm ratio, each [S, items].

    x: [items, d]. NaN where an x, or what becomes of it, is zero. A variant at a time.
    """
    rows = torch.from_numpy(np.ascontiguousarray(x)).double()
    turned, stretched = [], []
    for variant in range(edit.size):
        one = edit.part(variant, variant + 1).to(rows)
        after = one(rows[:, None, None])[:, 0, 0]
        lengths, before = after.norm(dim=1), rows.norm(dim=1)
        # Of the sum and the difference of both at unit length: exact for small angles too.
        first, second = rows / before[:, None], after / lengths[:, None]
        half = torch.atan2((first - second).norm(dim=1), (first + second).norm(dim=1))
        turned.append(torch.rad2deg(2 * half))
        stretched.append(lengths / before)
    return torch.stack(turned).numpy(), torch.stack(stretched).numpy()
