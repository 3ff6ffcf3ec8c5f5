"""The polytope instruments on networks whose boundaries are counted by hand."""

import numpy as np

from probesteer.geometry.calibration import Calibration, about, exactly
from probesteer.geometry.polytopes.density import compare_densities, pair_densities
from probesteer.geometry.polytopes.journeys import survey, travel
from probesteer.geometry.polytopes.paths import plane_grid, rays, segments
from probesteer.geometry.polytopes.planted import hyperplane_net, star_net, tent_net

_ONE = np.zeros(1, dtype=np.int64)


def calibrate_polytopes() -> tuple[Calibration, ...]:
    """Every instrument of the room where its answer is known."""
    return (
        *_regions(),
        *_crossings(),
        *_scaling(),
        *_densities(),
    )


def _regions() -> tuple[Calibration, ...]:
    """Five lines that touch the unit circle cut the plane into 16 polytopes."""
    corners = np.array([[-6.0, -6.0], [6.1, -6.0], [-6.0, 6.2]])
    found = survey(star_net(5), plane_grid(corners, size=241, margin=0.0), example=0)
    told = "1 + 5 + 5 x 4 / 2 = 16 polytopes"
    inside = int((found.predicted == 0).sum())
    numbers = np.unique(found.region[found.predicted == 0])
    return (
        Calibration("five lines", "plane slice", exactly(16, told), found.regions),
        Calibration(
            "five lines",
            "predictions on a slice",
            exactly(1, "class 0 fills one polytope"),
            len(numbers) if inside else 0,
        ),
    )


def _crossings() -> tuple[Calibration, ...]:
    """The tent map, composed five times, on a line across [0, 1]."""
    # Ends that are no fractions, so that no point lies on a boundary.
    fractions = np.linspace(np.pi * 1e-4, 1 - np.e * 1e-4, 1_001)
    path = segments(np.array([[0.0]]), np.array([[1.0]]), fractions)
    journey = travel(tent_net(5), path, _ONE)
    middles = (path[0, 1:, 0] + path[0, :-1, 0]) / 2
    crossed = journey.crossings[0] > 0
    # Odd multiples of 2^-k for k = 1 ... 5 are all multiples of 1/32 but the ends.
    error = np.abs(middles[crossed] - np.arange(1, 32) / 32) if crossed.sum() == 31 else np.inf
    return (
        Calibration(
            "tent map of depth 5",
            "crossings along a line",
            exactly(31, "2^5 - 1 = 31 crossings"),
            int(journey.crossings.sum()),
        ),
        Calibration(
            "tent map of depth 5",
            "places of crossings",
            about(0, 0.0005, "at the multiples of 1/32, within half a step"),
            float(np.max(error)),
        ),
    )


def _scaling() -> tuple[Calibration, ...]:
    """Rays from the middle of the star, and through a network without biases."""
    ray = rays(np.array([[1.0, 0.0]]), np.linspace(0, 5, 5_001))
    journey = travel(star_net(5), ray, _ONE)
    scales = np.linspace(0, 5, 5_001)
    changes = scales[1:][journey.changed_from(0)[0, 1:]]
    units = np.random.default_rng(0).standard_normal((40, 8))
    homogeneous = hyperplane_net(units, np.zeros(40))
    starts = np.random.default_rng(1).standard_normal((20, 8))
    free = travel(homogeneous, rays(starts, np.linspace(0.1, 4, 40)), np.zeros(20, dtype=np.int64))
    far = float(1 / np.cos(2 * np.pi / 5))
    return (
        Calibration(
            "five lines",
            "boundaries along a ray",
            exactly(3, f"one at 1, two at 1 / cos 72° = {far:.3f}"),
            int(journey.crossings.sum()),
        ),
        Calibration(
            "five lines",
            "scale at which the class changes",
            about(1, 0.0011, "at the circle, scale 1, within a step of 0.001"),
            float(changes[0]) if len(changes) else float("nan"),
        ),
        Calibration(
            "network without biases",
            "boundaries along rays",
            exactly(0, "scaling never changes a sign"),
            int(free.crossings.sum()),
        ),
    )


def _densities() -> tuple[Calibration, ...]:
    """Two classes on a line, boundaries every 0.1 within them and every 0.01 between them."""
    between = np.arange(200) * 0.01 + 1.005
    offsets = np.concatenate([np.arange(10) * 0.1 + 0.05, between, np.arange(10) * 0.1 + 3.05])
    net = hyperplane_net(np.ones((len(offsets), 1)), offsets)
    X = np.concatenate([np.arange(11) * 0.1, 3 + np.arange(11) * 0.1])[:, None]
    labels = np.repeat([0, 1], 11)
    codes = net(X, np.zeros(22, dtype=np.int64)).codes
    pairs = pair_densities(codes, X)
    compared = compare_densities(pairs, labels, seed=0)
    # A pair within has ten boundaries a unit. One between crosses all 200 and ten a unit of the
    # rest: (200 + 10 (x - 2)) / x at the distance x.
    x = np.abs(X[:11] - X[11:].T)
    density = (200 + 10 * (x - 2)) / x
    overall = float(10 * 110 + density.sum()) / 231
    ends = compared.difference_interval
    return (
        Calibration(
            "planted density",
            "density within classes",
            about(10 / overall, 1e-6, "10 a unit, over the mean of all pairs"),
            compared.within,
        ),
        Calibration(
            "planted density",
            "density between classes",
            about(
                float(density.mean()) / overall, 1e-6, "(200 + 10 (x - 2)) / x, over the same mean"
            ),
            compared.between,
        ),
        Calibration(
            "planted density",
            "99% interval of within - between",
            exactly(1, "lies below 0"),
            float(ends.low < ends.high < 0),
        ),
    )
