"""How a digit is written, measured on its pixels."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def slants(ink: FloatArray) -> FloatArray:
    """How far the ink moves to the right per pixel upwards: [n, h, w] -> [n].

    The slope of the least-squares line of the column on the height, every pixel weighed by its
    ink: positive where the digit leans to the right. Raises ValueError for an image whose ink has
    no height.
    """
    height, width = ink.shape[1:]
    up, right = np.mgrid[height - 1 : -1 : -1, :width].astype(np.float64)
    total = ink.sum(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        middle_up, middle_right = ((ink * x).sum(axis=(1, 2)) / total for x in (up, right))
        from_up = up - middle_up[:, None, None]
        together = (ink * from_up * (right - middle_right[:, None, None])).sum(axis=(1, 2))
        slopes: FloatArray = together / (ink * from_up**2).sum(axis=(1, 2))
    if not np.isfinite(slopes).all():
        raise ValueError(f"image {int(np.flatnonzero(~np.isfinite(slopes))[0])} has no height")
    return slopes


def above_median_of_kind(values: FloatArray, kinds: NDArray[np.int64]) -> NDArray[np.int64]:
    """1 where a value is above the median of those of its kind, otherwise 0: [n], [n] -> [n]."""
    above = np.zeros(len(values), dtype=np.int64)
    for kind in np.unique(kinds):
        own = kinds == kind
        above[own] = values[own] > np.median(values[own])
    return above
