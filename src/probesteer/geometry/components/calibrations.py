"""Directions and their monosemanticity where what was planted is known."""

import numpy as np

from probesteer.geometry.calibration import Calibration, about, at_least, exactly
from probesteer.geometry.components.factors import FloatArray, fit_directions
from probesteer.geometry.components.monosemanticity import monosemanticity

_CLOUDS = "three clouds on axes"
_PARTS = "rows of planted parts"
_DRAWS = 200


def calibrate_components(seed: int) -> tuple[Calibration, ...]:
    """Every instrument of this room; a fraction of a second."""
    return (*_directions(seed), *_shares(seed), *_fitted(seed))


def _shares(seed: int) -> tuple[Calibration, ...]:
    """Three narrow clouds of 100: a direction through one of them, and one between two."""
    generator = np.random.default_rng(seed)
    clusters = np.repeat(np.arange(3), 100)
    X = 10 * np.eye(8)[clusters] + generator.standard_normal((300, 8)) / 4
    directions = np.eye(8)[[0, 1, 2, 0]]
    directions[3, 1] = 1
    units = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    cosines = X @ units.T / np.linalg.norm(X, axis=1, keepdims=True)
    found = monosemanticity(cosines, clusters, _DRAWS, seed)
    lots = [
        monosemanticity(cosines[:, :1], generator.permutation(clusters), _DRAWS // 10, seed)
        for _ in range(100)
    ]
    assert found is not None
    by_lot = np.mean([each.share[0] - each.chance.mean() for each in lots if each is not None])
    return (
        Calibration(
            _CLOUDS,
            "high end of a direction through one cluster",
            exactly(1, "all of it in that cluster"),
            float(found.share[:3].min()),
        ),
        Calibration(
            _CLOUDS,
            "high end of a direction between two clusters",
            # The larger share of 30 tosses of a coin: .57 on average, at most .77 in 999 of 1000.
            about(0.6, 0.17, "about half in either, the larger share .57 on average"),
            float(found.share[3]),
        ),
        Calibration(
            _CLOUDS,
            "high end with clusters by lot, over chance",
            about(0, 0.04, "0"),
            float(by_lot),
        ),
    )


def _directions(seed: int) -> tuple[Calibration, ...]:
    """Axes along which rows differ by known amounts; parts of which rows are sums, with weights
    that are mostly 0, with and without negative entries."""
    generator = np.random.default_rng(seed)
    axes, _ = np.linalg.qr(generator.standard_normal((12, 12)))
    scales = np.array([8.0, 4.0, 2.0, *[0.1] * 9])
    varied = (generator.standard_normal((400, 12)) * scales) @ axes.T
    weights = generator.random((400, 4)) * (generator.random((400, 4)) < 0.3)
    parts = generator.random((4, 20)) * np.repeat(np.eye(4), 5, axis=1)
    return (
        Calibration(
            "rows along planted axes",
            "cosine of a planted axis with the nearest principal component",
            at_least(0.99, "1 for each of three"),
            _least(fit_directions(varied, "pca", 3, seed).vectors, axes.T[:3]),
        ),
        Calibration(
            _PARTS,
            "cosine of a planted part with the nearest non-negative factor",
            at_least(0.99, "1 for each of four"),
            _least(fit_directions(weights @ parts, "nmf", 4, seed).vectors, parts),
        ),
    )


def _fitted(seed: int) -> tuple[Calibration, ...]:
    """Narrow clouds in directions of both signs: of each method, as many fitted directions as there
    are clouds, by how far their high ends are in one of them."""
    generator = np.random.default_rng(seed)
    clusters = np.repeat(np.arange(4), 60)
    centres = generator.standard_normal((4, 24))
    X = centres[clusters] + generator.standard_normal((240, 24)) / 10
    fitted = fit_directions(X, "nmf", 4, seed)
    found = monosemanticity(fitted.cosines(X), clusters, _DRAWS, seed)
    assert found is not None
    reached = len(set(found.cluster[found.share == 1]))
    return (
        Calibration(
            "four clouds of both signs",
            "clusters with a non-negative factor of their own",
            exactly(4, "4"),
            reached,
        ),
    )


def _least(found: FloatArray, planted: FloatArray) -> float:
    """The smallest, over the planted directions, of the largest cosine with one that was found."""
    units = planted / np.linalg.norm(planted, axis=1, keepdims=True)
    return float(np.abs(units @ found.T).max(axis=1, initial=0).min())
