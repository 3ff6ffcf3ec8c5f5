"""Directions of activations by principal components and by non-negative factors."""

import logging
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import NMF, PCA
from sklearn.exceptions import ConvergenceWarning

FloatArray = NDArray[np.float64]
Rows = NDArray[np.floating[Any]]

METHODS = ("pca", "nmf")
_STEPS = 1_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Directions:
    """Directions of one space, and the point from which cosines with them are taken."""

    mean: FloatArray
    """[d]: of the activations that they were fitted to."""
    vectors: FloatArray
    """[k, d], unit norm, the one that rebuilds most first."""

    def cosines(self, X: Rows) -> FloatArray:
        """Of X - mean with every direction, X: [n, d]; [n, k]. A row at the mean has 0."""
        centred = np.asarray(X, dtype=np.float64) - self.mean
        norms = np.linalg.norm(centred, axis=1, keepdims=True)
        cosines: FloatArray = centred @ self.vectors.T / np.where(norms > 0, norms, 1)
        return cosines


def fit_directions(X: Rows, method: str, count: int, seed: int) -> Directions:
    """At most `count` directions of X: [n, d], by `pca` or `nmf`; fewer where it varies in fewer.

    PCA (Pearson 1901): a component and its opposite are the same one; the end at which a few
    activations stand out is called positive (positive skewness of the projections).

    NMF (Lee & Seung 1999) of X as it is where nothing in it is negative. Where both signs occur,
    of the positive and the negative parts of X - mean side by side, [n, 2 d]; a factor's direction
    is its positive less its negative half. The weights of a row then are non-negative and its
    directions aren't, as in semi-NMF (Ding, Li & Jordan 2010).
    """
    rows = np.asarray(X, dtype=np.float64)
    mean = rows.mean(axis=0)
    most = min(count, int(np.linalg.matrix_rank(rows - mean)))
    if most == 0:
        return Directions(mean, np.zeros((0, rows.shape[1])))
    if method == "pca":
        return Directions(mean, _principal(rows, most))
    return Directions(mean, _non_negative(rows, rows - mean, most, seed))


def random_directions(X: Rows, count: int, generator: np.random.Generator) -> Directions:
    """`count` directions of X's space drawn evenly from the sphere, whose ends are called as those
    of principal components are. X: [n, d]."""
    rows = np.asarray(X, dtype=np.float64)
    mean = rows.mean(axis=0)
    drawn = generator.standard_normal((count, rows.shape[1]))
    units = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return Directions(mean, _outstanding(units, rows - mean))


def of_both_signs(X: Rows) -> bool:
    """Whether NMF takes X: [n, d] apart by sign."""
    return bool((np.asarray(X) < 0).any())


def _principal(rows: FloatArray, count: int) -> FloatArray:
    found = PCA(n_components=count, svd_solver="full").fit(rows)
    return _outstanding(found.components_, rows - rows.mean(axis=0))


def _outstanding(directions: FloatArray, centred: FloatArray) -> FloatArray:
    """Each of the directions [k, d], turned towards the longer tail of centred: [n, d]."""
    skew = ((centred @ directions.T) ** 3).sum(axis=0)
    turned: FloatArray = directions * np.where(skew < 0, -1.0, 1.0)[:, None]
    return turned


def _non_negative(rows: FloatArray, centred: FloatArray, count: int, seed: int) -> FloatArray:
    signed = of_both_signs(rows)
    parts = np.hstack([np.maximum(centred, 0), np.maximum(-centred, 0)]) if signed else rows
    model = NMF(n_components=count, init="nndsvda", max_iter=_STEPS, tol=1e-3, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # said below, in our own words
        weights = model.fit_transform(parts)
    if model.n_iter_ >= _STEPS:
        _log.warning("NMF of %d rows had not settled after %d steps", len(rows), _STEPS)
    factors = model.components_
    if signed:
        factors = factors[:, : rows.shape[1]] - factors[:, rows.shape[1] :]
    norms = np.linalg.norm(factors, axis=1)
    order = np.argsort(-np.linalg.norm(weights, axis=0) * norms, kind="stable")
    kept = order[norms[order] > 0]
    directions: FloatArray = factors[kept] / norms[kept, None]
    return directions
