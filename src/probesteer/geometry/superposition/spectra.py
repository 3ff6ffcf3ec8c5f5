"""How many dimensions activations fill, how evenly, and how far their classes are apart."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Rows = NDArray[np.floating[Any]]

# Singular values below this share of the largest entry, per row, are rounding of the mean.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Spectrum:
    """The shape of a cloud of activations, in numbers that its scale doesn't enter."""

    effective_rank: float
    """exp of the entropy of the singular values' shares (Roy & Vetterli 2007): from 1, a line,
    to d, a ball. 0 where nothing varies, as after a complete collapse."""
    rank_about_origin: float
    """The same without taking off the mean first (RankMe, Garrido et al. 2023, arXiv 2210.02885):
    near 1 where all activations have come close to one point, however it is spread about."""
    participation_ratio: float
    """(sum of variances)^2 / sum of squared variances (Gao et al. 2017), 1 to d: counts
    dimensions by their variance, so that small ones count less."""
    isotropy: float
    """IsoScore (Rudman et al. 2022, arXiv 2108.07344), 0 where one principal direction holds all
    variance, 1 where all hold the same. Written out, it is (participation - 1) / (d - 1)."""
    mean_cosine: float
    """Mean cosine of two activations about the origin (Ethayarajh 2019, arXiv 1909.00512), 0
    without a common offset. Zero activations are left out."""


def spectrum(X: Rows) -> Spectrum:
    """The spectrum of X: [n, d]."""
    rows = np.asarray(X, dtype=np.float64)
    singular = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False)
    floor = _ROUNDING * float(np.abs(rows).max(initial=0)) * np.sqrt(len(rows))
    singular = singular[singular > floor]
    variances = singular**2
    participation = float(variances.sum() ** 2 / (variances**2).sum()) if len(singular) else 0.0
    dimensions = rows.shape[1]
    isotropy = (participation - 1) / (dimensions - 1) if dimensions > 1 else 1.0
    return Spectrum(
        effective_rank=_effective_rank(singular),
        rank_about_origin=_effective_rank(np.linalg.svd(rows, compute_uv=False)),
        participation_ratio=participation,
        isotropy=max(0.0, isotropy),
        mean_cosine=_mean_cosine(rows),
    )


def _effective_rank(singular: Rows) -> float:
    positive = singular[singular > 0]
    if not len(positive):
        return 0.0
    shares = positive / positive.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def _mean_cosine(rows: FloatArray) -> float:
    """Over all pairs of different rows, from the norm of the sum of the unit vectors."""
    norms = np.linalg.norm(rows, axis=1)
    units = rows[norms > 0] / norms[norms > 0][:, None]
    n = len(units)
    if n < 2:
        return float("nan")
    total = units.sum(axis=0)
    return float((total @ total - n) / (n * (n - 1)))


@dataclass(frozen=True)
class Separability:
    """How far classes are apart, beside how wide they are."""

    fisher: float
    """Variance between the class means over the variance within classes, over all dimensions:
    tr S_b / tr S_w (Fisher 1936). 0 without a difference."""
    between_share: float
    """Share of the whole variance that lies between the class means, 0 to 1."""
    nearest_mean: float
    """Share of the examples that are nearest to the mean of their class, each left out of that
    mean itself."""


def separability(X: Rows, labels: NDArray[Any]) -> Separability:
    """Of the classes `labels`: [n] in X: [n, d].

    Raises ValueError where a class has fewer than two examples, or there is one class only.
    """
    rows = np.asarray(X, dtype=np.float64)
    _, coded, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if len(counts) < 2 or counts.min() < 2:
        raise ValueError("separability needs two classes of two examples each")
    sums = np.zeros((len(counts), rows.shape[1]))
    np.add.at(sums, coded, rows)
    means = sums / counts[:, None]
    within = float(((rows - means[coded]) ** 2).sum())
    between = float((counts[:, None] * (means - rows.mean(axis=0)) ** 2).sum())
    with np.errstate(invalid="ignore", divide="ignore"):
        fisher = np.float64(between) / within
        share = np.float64(between) / (within + between)
    return Separability(float(fisher), float(share), _nearest_mean(rows, coded, means, counts))


def _nearest_mean(
    rows: FloatArray, coded: NDArray[np.int64], means: FloatArray, counts: NDArray[np.int64]
) -> float:
    centre = rows.mean(axis=0)
    rows, means = rows - centre, means - centre
    squared = (rows**2).sum(axis=1)[:, None] - 2 * rows @ means.T + (means**2).sum(axis=1)
    # Without the example itself, its distance to its own mean grows by n / (n - 1).
    own = (((rows - means[coded]) ** 2).sum(axis=1)) * (counts[coded] / (counts[coded] - 1)) ** 2
    squared[np.arange(len(rows)), coded] = np.inf
    return float(np.mean(own < squared.min(axis=1)))
