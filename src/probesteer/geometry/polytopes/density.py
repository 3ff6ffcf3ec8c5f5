"""Boundary density: polytope boundaries between two activations per unit of distance.

The Hamming distance of two spline codes is the number of hyperplanes (of the first layer) and
folded hyperplanes (of later ones) that an odd number of times lie between two activations; over
their Euclidean distance it estimates how densely boundaries lie there (Black et al. 2022,
arXiv 2211.12312, section 4). Its mean over all pairs scales it, so that layers compare.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from probesteer.geometry.polytopes.codes import SplineCodes
from probesteer.geometry.polytopes.hamming import hamming_matrix
from probesteer.probes.metrics.intervals import GroupResamples, Interval, Seed, group_resamples

FloatArray = NDArray[np.float64]
LEVEL = 0.99

# Squared distances below this share of the squared norms are rounding: the two are one point.
_SAME_POINT = 1e-13
_ROWS_AT_ONCE = 1_024


@dataclass(frozen=True)
class DensityComparison:
    """Boundary density within and between classes, as shares of the mean over all pairs."""

    within: float
    between: float
    within_interval: Interval
    between_interval: Interval
    difference: float
    """within - between: negative where boundaries lie rather between the classes."""
    difference_interval: Interval
    """99 %, by drawing groups of examples, which is what is independent; pairs are not."""
    welch_t: float
    """Of within against between over pairs as if they were independent, for comparison with
    the literature; the interval tells more."""
    welch_p: float
    within_pairs: int
    between_pairs: int


@dataclass(frozen=True, eq=False)
class PairDensities:
    """Densities of all pairs of n activations."""

    density: NDArray[np.float32]
    """[n, n], boundaries per unit of distance; 0 on the diagonal and where `valid` is not."""
    valid: NDArray[np.bool_]
    """[n, n], False on the diagonal and where two activations are one point."""


def pair_densities(codes: SplineCodes, X: NDArray[np.floating[Any]]) -> PairDensities:
    """Hamming over Euclidean distance of all pairs; X: [n, d], the activations of the codes.

    Raises ValueError where there are not as many codes as activations.
    """
    if len(codes) != len(X):
        raise ValueError(f"{len(codes)} codes of {len(X)} activations")
    return densities_of(hamming_matrix(codes).astype(np.float32), X)


def densities_of(counted: NDArray[np.float32], X: NDArray[np.floating[Any]]) -> PairDensities:
    """The same from distances of codes, hard or soft: [n, n], which are overwritten."""
    distance = euclidean_matrix(X)
    valid = distance > 0
    np.divide(counted, distance, out=counted, where=valid, casting="same_kind")
    counted[~valid] = 0
    return PairDensities(counted, valid)


def euclidean_matrix(X: NDArray[np.floating[Any]]) -> FloatArray:
    """Distances of all pairs of X: [n, d] -> [n, n], symmetric; exactly 0 for equal rows."""
    rows = np.asarray(X, dtype=np.float64)
    # About the mean, inner products lose fewer digits.
    rows = rows - rows.mean(axis=0)
    squares = (rows**2).sum(axis=1)
    distances = np.empty((len(rows), len(rows)))
    for i in range(0, len(rows), _ROWS_AT_ONCE):
        part = slice(i, i + _ROWS_AT_ONCE)
        # Each pair once: what is computed twice may round in two ways.
        sums = squares[part, None] + squares[None, i:]
        squared = sums - 2 * (rows[part] @ rows[i:].T)
        squared[squared <= _SAME_POINT * sums] = 0
        distances[part, i:] = np.sqrt(squared)
        own = distances[part, part]
        distances[part, part] = (own + own.T) / 2
        distances[i:, part] = distances[part, i:].T
    np.fill_diagonal(distances, 0)
    return distances


def compare_densities(
    pairs: PairDensities,
    labels: NDArray[Any],
    seed: Seed,
    groups: NDArray[Any] | None = None,
    draws: int = 1000,
) -> DensityComparison:
    """Within against between the classes `labels`: [n].

    groups: [n], examples that are drawn together; None: each by itself. Every number is NaN where
    it has no pairs, and an interval also where there are too few groups.
    """
    names = np.arange(len(labels)) if groups is None else groups
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    resamples = group_resamples(names, draws, seed)
    within, between = _means(np.ones((1, len(labels))), pairs, members)[0]
    intervals = _intervals(resamples, pairs, members)
    t, p, within_pairs, between_pairs = _welch(pairs, members)
    return DensityComparison(
        within=float(within),
        between=float(between),
        within_interval=intervals[0],
        between_interval=intervals[1],
        difference=float(within - between),
        difference_interval=intervals[2],
        welch_t=t,
        welch_p=p,
        within_pairs=within_pairs,
        between_pairs=between_pairs,
    )


def _means(
    weights: FloatArray, pairs: PairDensities, members: list[NDArray[np.int64]]
) -> FloatArray:
    """Mean density within and between over that of all pairs, by row weights [b, n]: [b, 2].

    The pair (i, j) weighs w_i w_j; a row drawn twice makes no pair with itself.
    """
    everything = np.arange(len(pairs.density))
    total = _weighted_sums(weights, pairs, everything)
    within = sum(
        (_weighted_sums(weights, pairs, rows) for rows in members), start=np.zeros_like(total)
    )
    between = total - within
    with np.errstate(invalid="ignore", divide="ignore"):
        overall = total[:, 0] / total[:, 1]
        return np.stack([part[:, 0] / part[:, 1] / overall for part in (within, between)], axis=1)


def _weighted_sums(
    weights: FloatArray, pairs: PairDensities, rows: NDArray[np.int64]
) -> FloatArray:
    """Sums of densities, and of weights, over the pairs of `rows`: [b, 2]; each pair twice."""
    own = weights[:, rows].astype(np.float32)
    whole = len(rows) == len(pairs.density)
    chosen = slice(None) if whole else np.ix_(rows, rows)
    sums = [
        np.einsum("bi,bi->b", own @ matrix[chosen].astype(np.float32, copy=False), own,
                  dtype=np.float64)
        for matrix in (pairs.density, pairs.valid)
    ]  # fmt: skip
    return np.stack(sums, axis=1)


def _intervals(
    resamples: GroupResamples, pairs: PairDensities, members: list[NDArray[np.int64]]
) -> list[Interval]:
    """Percentile intervals of within, between and their difference."""
    if not resamples.enough:
        return [Interval(np.nan, np.nan)] * 3
    drawn = resamples.distribution(lambda weights: _means(weights, pairs, members))
    tail = (1 - LEVEL) / 2
    intervals = []
    for values in (drawn[:, 0], drawn[:, 1], drawn[:, 0] - drawn[:, 1]):
        defined = values[~np.isnan(values)]
        ends = np.quantile(defined, [tail, 1 - tail]) if len(defined) else (np.nan, np.nan)
        intervals.append(Interval(float(ends[0]), float(ends[1])))
    return intervals


def _welch(pairs: PairDensities, members: list[NDArray[np.int64]]) -> tuple[float, float, int, int]:
    """Welch's t and its p of two sides, and the numbers of pairs within and between."""
    total = _moments(pairs, np.arange(len(pairs.density)))
    within = sum((_moments(pairs, rows) for rows in members), start=np.zeros(3))
    between = total - within
    counts = int(within[0]), int(between[0])
    if min(counts) < 2:
        return float("nan"), float("nan"), *counts
    described = []
    for count, first, second in (within, between):
        mean = first / count
        variance = max(0.0, second - count * mean**2) / (count - 1)
        described += [mean, float(np.sqrt(variance)), count]
    result = stats.ttest_ind_from_stats(*described, equal_var=False)
    return float(result.statistic), float(result.pvalue), *counts


def _moments(pairs: PairDensities, rows: NDArray[np.int64]) -> FloatArray:
    """Number, sum and sum of squares of the densities among `rows`, each pair once: [3]."""
    sums = np.zeros(3)
    for row in rows:
        others = rows[rows > row]
        valid = pairs.valid[row, others]
        values = pairs.density[row, others][valid].astype(np.float64)
        sums += (len(values), values.sum(), values @ values)
    return sums
