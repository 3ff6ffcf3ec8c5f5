"""ReLU networks with weights set by hand, whose polytopes and crossings can be counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.geometry.polytopes.codes import pack_codes
from probesteer.geometry.polytopes.passage import Passage

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Layer:
    """relu(x W^T + b), or without the relu for the last layer."""

    weights: FloatArray
    """[units, inputs]."""
    bias: FloatArray
    """[units]."""


@dataclass(frozen=True, eq=False)
class PlantedNet:
    """A continuation of fully connected ReLU layers and a linear read-out."""

    hidden: Sequence[Layer]
    readout: Layer

    def __call__(
        self, activations: NDArray[np.floating[Any]], examples: NDArray[np.int64]
    ) -> Passage:
        """activations: [m, d]; nothing surrounds them, so that `examples` change nothing."""
        x = np.asarray(activations, dtype=np.float64)
        signs = []
        for layer in self.hidden:
            before = x @ layer.weights.T + layer.bias
            signs.append(before > 0)
            x = np.maximum(before, 0)
        scores = x @ self.readout.weights.T + self.readout.bias
        codes = pack_codes(np.concatenate(signs, axis=1))
        return Passage(codes, scores.astype(np.float32), scores.argmax(axis=1))


def hyperplane_net(normals: FloatArray, offsets: FloatArray) -> PlantedNet:
    """One unit a hyperplane n.x = c, open where n.x > c; normals: [h, d], offsets: [h].

    Its two outputs are 0 and the sum of the units, so that it predicts 1 outside the polytope in
    which all units are shut.
    """
    units = len(normals)
    readout = Layer(np.stack([np.zeros(units), np.ones(units)]), np.zeros(2))
    return PlantedNet([Layer(normals, -offsets)], readout)


def star_net(lines: int) -> PlantedNet:
    """Lines of the plane that touch the unit circle at even angles, an odd number of them.

    No two are parallel and no three meet in a point (in general position), so that they cut the
    plane into 1 + n + n (n - 1) / 2 polytopes (Steiner 1826).
    """
    angles = 2 * np.pi * np.arange(lines) / lines
    return hyperplane_net(np.stack([np.cos(angles), np.sin(angles)], axis=1), np.ones(lines))


def tent_net(depth: int) -> PlantedNet:
    """The tent map of [0, 1], composed `depth` times, two units a layer (Telgarsky 2016).

    Its 2^depth linear pieces meet at the multiples of 2^-depth, and each of the 2^depth - 1 inner
    ones is where one unit changes: the layer k = 1 ... depth has 2^(k - 1) of them.
    """
    first = Layer(np.ones((2, 1)), np.array([0.0, -0.5]))
    # relu(x) and relu(x - 1/2) make the tent 2 relu(x) - 4 relu(x - 1/2).
    tent = np.array([2.0, -4.0])
    later = Layer(np.stack([tent, tent]), np.array([0.0, -0.5]))
    return PlantedNet([first, *[later] * (depth - 1)], Layer(tent[None], np.zeros(1)))
