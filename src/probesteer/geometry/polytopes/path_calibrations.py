"""Arcs, planes in space and soft codes where boundaries are counted by hand."""

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from probesteer.geometry.calibration import Calibration, about, exactly
from probesteer.geometry.polytopes.arcs import arc_rows, follow_arcs
from probesteer.geometry.polytopes.hamming import hamming_matrix, soft_hamming_matrix
from probesteer.geometry.polytopes.journeys import survey
from probesteer.geometry.polytopes.paths import plane_grid
from probesteer.geometry.polytopes.planted import PlantedNet, hyperplane_net
from probesteer.geometry.polytopes.recording import openness
from probesteer.geometry.polytopes.sampling import Joined, Sample
from probesteer.geometry.polytopes.tables import COLUMNS

FloatArray = NDArray[np.float64]


def calibrate_paths() -> tuple[Calibration, ...]:
    """Interpolation, slices of more than two dimensions, and codes of smooth gates."""
    return (_arc(), *_two_sides(), _plane_in_space(), *_soft())


def _arc() -> Calibration:
    """Between two points of the unit circle, 120 degrees apart, four lines cut their arc twice."""
    angles = np.pi / 3 * np.array([1, -1])
    X = _on_circle(angles, np.ones(2))
    net = hyperplane_net(np.tile([1.0, 0.0], (4, 1)), np.array([0.6, 0.7, 0.8, 0.9]))
    start, end = np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64)
    sample = Sample("toy", X, np.arange(2), np.arange(2), 0)
    arcs = follow_arcs(net, sample, Joined(start, end, end))
    told = "4 lines x 2 = 8, where the straight line meets none"
    met = int(arcs.journeys["within"].crossings.sum())
    return Calibration("lines across an arc", "boundaries along an arc", exactly(8, told), met)


def _two_sides() -> tuple[Calibration, ...]:
    """Two classes at a right angle, and ten lines through the origin between them."""
    toy = "lines between two classes"
    labels = np.tile([0, 1], 20)
    X = _on_circle(np.pi / 2 * labels, 1 + np.arange(40) / 10)
    turns = np.deg2rad(41.3 + np.arange(10) / 2)
    net = hyperplane_net(np.stack([-np.sin(turns), np.cos(turns)], axis=1), np.zeros(10))
    own, lots = (
        _rows(net, X, given) for given in (labels, np.random.default_rng(0).permutation(labels))
    )
    changed = own[own["metric"] == "changed_between"].set_index("strength")["value"]
    by_lot = lots[lots["metric"] == "density_difference"].iloc[0]
    return (
        Calibration(
            toy,
            "density of arcs within less between classes",
            about(-2, 1e-9, "0 - 2, in units of the mean of both"),
            float(own.loc[own["metric"] == "density_difference", "value"].iloc[0]),
        ),
        Calibration(
            toy,
            "fraction of an arc at which the class changes",
            about(0.5, 1e-9, "0.46 from one side, 0.54 from the other: for half of them by 0.5"),
            float(changed.index[changed >= 0.5].min()),
        ),
        Calibration(
            toy,
            "95% interval of arcs of labels by lot",
            exactly(1, "holds 0"),
            float(by_lot["low"] <= 0 <= by_lot["high"]),
        ),
    )


def _rows(net: PlantedNet, X: FloatArray, labels: NDArray[np.int64]) -> pd.DataFrame:
    sample = Sample("toy", X, np.arange(len(X)), np.arange(len(X)), 0)
    return pd.DataFrame(arc_rows(net, sample, labels, len(X)), columns=COLUMNS)


def _on_circle(angles: FloatArray, radii: FloatArray) -> FloatArray:
    """Points of the plane: [n, 2]."""
    return np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii[:, None]


def _plane_in_space() -> Calibration:
    """The star of five lines in a plane of six dimensions that doesn't hold the origin."""
    generator = np.random.default_rng(0)
    axes, _ = np.linalg.qr(generator.standard_normal((6, 2)))
    middle = generator.standard_normal(6)
    angles = 2 * np.pi * np.arange(5) / 5
    normals = _on_circle(angles, np.ones(5)) @ axes.T
    net = hyperplane_net(normals, 1 + normals @ middle)
    corners = middle + np.array([[-6.0, -6.0], [6.1, -6.0], [-6.0, 6.2]]) @ axes.T
    found = survey(net, plane_grid(corners, size=241, margin=0.0), example=0)
    return Calibration(
        "five lines in space",
        "plane through three activations",
        exactly(16, "1 + 5 + 5 x 4 / 2 = 16 polytopes"),
        found.regions,
    )


def _soft() -> tuple[Calibration, ...]:
    """One unit at -1 and at 1; and many, steep enough that each is open or shut."""
    generator = np.random.default_rng(0)
    X = generator.integers(-9, 10, (30, 4)).astype(np.float64)
    normals = generator.integers(-3, 4, (200, 4)).astype(np.float64)
    # No point is nearer to a hyperplane than half a unit.
    offsets = generator.integers(-9, 10, 200).astype(np.float64) + 0.5
    hard = hamming_matrix(hyperplane_net(normals, offsets)(X, np.arange(30)).codes)
    steep = 1000 * (X @ normals.T - offsets)
    missed = [
        float(np.abs(soft_hamming_matrix(_open(steep, gate)) - hard).max())
        for gate in (nn.GELU(), nn.SiLU())
    ]
    both = np.array([[-1.0], [1.0]])
    return (
        Calibration(
            "SiLU",
            "soft distance across a boundary",
            about(float(np.tanh(0.5)), 1e-6, "sigmoid(1) - sigmoid(-1) = 0.462"),
            float(soft_hamming_matrix(_open(both, nn.SiLU()))[0, 1]),
        ),
        Calibration(
            "GELU and SiLU, 1000 times as steep",
            "soft codes of steep gates",
            exactly(0, "no distance differs from that of hard codes"),
            max(missed),
        ),
    )


def _open(before: FloatArray, gate: nn.Module) -> NDArray[np.float32]:
    """How far gates are open; before: [n, units], what goes into them."""
    given = torch.from_numpy(before.astype(np.float32))
    soft: NDArray[np.float32] = openness(given, gate).numpy()
    return soft
