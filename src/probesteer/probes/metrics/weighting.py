"""Rows that count more than once: what the metrics share.

weights: [n] or [b, n], not negative, such as how often a bootstrap draw holds each row. A whole
number of times w is the same as the row standing w times among the others.
"""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def row_weights(n: int, weights: FloatArray | None) -> FloatArray:
    """`weights` as float64; None means that each of the n rows counts once."""
    return np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)


def ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """`part / whole`, NaN where `whole` is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, np.divide(part, whole), np.nan)


def weighted_mean(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Mean of values: [n] under each set of weights: [..., n]; NaN where no row counts."""
    return ratio(weights @ values, weights.sum(axis=-1))


def middle_shares(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Where each row stands in the order of `values`: [n], as a share of the weight; [..., n].

    The weight of the rows below it and half that of the rows equal to it, itself among them, over
    the total: between 0 and 1, the same for ties, and NaN where no row counts.
    """
    order, tie_starts = order_with_ties(values)
    if not order.size:
        return np.zeros(weights.shape)
    ordered = weights[..., order]
    of_tie = np.add.reduceat(ordered, tie_starts, axis=-1)
    middle = np.cumsum(of_tie, axis=-1) - of_tie / 2
    total = weights.sum(axis=-1)[..., None]
    tie_of_row = np.empty(len(order), dtype=np.int64)
    tie_of_row[order] = np.repeat(
        np.arange(len(tie_starts)), np.diff(tie_starts, append=len(order))
    )
    return ratio(middle, total)[..., tie_of_row]


def order_with_ties(values: FloatArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows from the lowest of values: [n] to the highest, and where each new value starts."""
    order = np.argsort(values, kind="stable")
    return order, np.flatnonzero(np.diff(values[order], prepend=-np.inf))


def equal_mass_bins(values: FloatArray, weights: FloatArray, bins: int) -> NDArray[np.int64]:
    """The bin of each row, [..., n] from 0, when the order of `values` is cut into equal weights.

    values: [n]; weights: [..., n]. Ties stay together, in the bin that holds their middle, so
    that a bin can be larger than others, or empty.
    """
    shares = np.nan_to_num(middle_shares(values, weights))
    return np.minimum((shares * bins).astype(np.int64), bins - 1)
