"""Networks wired by hand: polysemantic without superposition, and codes that aren't linear."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probesteer.geometry.calibration import Calibration, about, at_most, exactly
from probesteer.geometry.neurons.selectivity import concepts_read, neuron_auroc
from probesteer.geometry.superposition.interference import readout_interference
from probesteer.geometry.toys.planted import FloatArray

# An AUROC from which on a neuron is taken to read a concept.
_READS = 0.7


@dataclass(frozen=True, eq=False)
class Multiplication:
    """x y for x and y in {-1, 0, 1}, from four ReLU neurons."""

    inputs: FloatArray
    """[9, 2], all x and y."""
    neurons: FloatArray
    """[9, 4], relu of x + y, -x - y, x - y and y - x."""
    readouts: FloatArray
    """[3, 4], linear maps from the neurons to x, y and x y, all exact."""

    @property
    def targets(self) -> FloatArray:
        """[9, 3], x, y and x y."""
        return np.column_stack([self.inputs, self.inputs.prod(axis=1)])

    def calibrations(self) -> tuple[Calibration, ...]:
        """Every neuron reads two things, and yet there are fewer things than neurons."""
        toy = "x y with four ReLU neurons"
        error = np.abs(self.neurons @ self.readouts.T - self.targets).max()
        positive = (self.inputs > 0).astype(np.int64)
        # Of x and y without the 0s, so that a label is the sign.
        area = np.vstack(
            [
                neuron_auroc(self.neurons[chosen], positive[chosen][:, [axis]])
                for axis in (0, 1)
                for chosen in [self.inputs[:, axis] != 0]
            ]
        )
        # What a unit of each of the three adds to the neurons, by least squares.
        with_offset = np.column_stack([self.targets, np.ones(len(self.inputs))])
        written = np.linalg.lstsq(with_offset, self.neurons, rcond=None)[0][:3]
        moved = readout_interference(written, self.readouts)
        return (
            Calibration(toy, "error of x, y and x y, read linearly", about(0, 1e-12, "0"), error),
            Calibration(
                toy,
                "concepts per neuron, the signs of x and y",
                exactly(2, "2, every neuron is polysemantic"),
                float(concepts_read(area, _READS).min()),
            ),
            Calibration(
                toy,
                "read-out interference",
                about(0, 1e-12, "0: three features in four dimensions, no superposition"),
                float(np.abs(moved - np.eye(3)).max()),
            ),
        )


def multiplication() -> Multiplication:
    """x y = (|x + y| - |x - y|) / 2 holds where x or y is 0 or both have the same size.

    |a| = relu(a) + relu(-a), so four ReLU neurons do it; no neuron is about x or y alone.
    """
    values = np.array([-1.0, 0.0, 1.0])
    inputs = np.stack(np.meshgrid(values, values, indexing="ij"), axis=-1).reshape(-1, 2)
    before = np.array([[1, 1], [-1, -1], [1, -1], [-1, 1]])
    readouts = np.array([[1, -1, 1, -1], [1, -1, -1, 1], [1, 1, -1, -1]]) / 2
    return Multiplication(inputs, np.maximum(inputs @ before.T, 0), readouts)


@dataclass(frozen=True, eq=False)
class AbsoluteValue:
    """Numbers at even distances about 0, and two ReLU neurons of them."""

    x: FloatArray
    """[n]."""
    neurons: FloatArray
    """[n, 2], relu(x) and relu(-x)."""

    def calibrations(self) -> tuple[Calibration, ...]:
        """Whether |x| is large can't be told from x by a threshold, and can from the neurons."""
        large = (np.abs(self.x) > np.median(np.abs(self.x))).astype(np.int64)[:, None]
        before = neuron_auroc(self.x[:, None], large)[0, 0]
        after = neuron_auroc(self.neurons.sum(axis=1, keepdims=True), large)[0, 0]
        return (
            Calibration(
                "absolute value", "AUROC of a large |x| from x", about(0.5, 1e-12, "0.5"), before
            ),
            Calibration(
                "absolute value", "AUROC of a large |x| from the neurons", exactly(1, "1"), after
            ),
        )


def absolute_value(n: int = 201) -> AbsoluteValue:
    """n numbers from -1 to 1."""
    x = np.linspace(-1, 1, n)
    return AbsoluteValue(x, np.maximum(np.stack([x, -x], axis=1), 0))


@dataclass(frozen=True, eq=False)
class BitExtraction:
    """The bits of all whole numbers below 2^b, extracted one a layer by ReLU neurons."""

    layers: tuple[FloatArray, ...]
    """b + 1 of them: after layer j [2^b, 1 + j], what remains and the j highest bits."""
    bits: NDArray[np.int64]
    """[2^b, b], the highest first."""

    def readability(self) -> FloatArray:
        """AUROC of every bit by the best single direction of each layer's axes: [b + 1, b].

        Layer 0 is the number alone, so that this is what any linear probe can do there.
        """
        best = [
            np.abs(neuron_auroc(layer, self.bits) - 0.5).max(axis=1) + 0.5 for layer in self.layers
        ]
        return np.stack(best)

    def calibrations(self) -> tuple[Calibration, ...]:
        """The lowest bit is in the number from the start, but not linearly."""
        toy, areas = f"bits of numbers below {len(self.bits)}", self.readability()
        lowest = 0.5 + 1 / len(self.bits)
        return (
            Calibration(
                toy,
                "AUROC of the lowest bit from the number",
                about(lowest, 1e-12, f"1/2 + 1/{len(self.bits)}"),
                float(areas[0, -1]),
            ),
            Calibration(
                toy, "AUROC of the highest bit from the number", exactly(1, "1"), float(areas[0, 0])
            ),
            Calibration(
                toy,
                "AUROC of the lowest bit, a layer before it is extracted",
                exactly(1, "1: it is what remains"),
                float(areas[-2, -1]),
            ),
            Calibration(
                toy,
                "AUROC of the lowest bit, two layers before",
                at_most(0.75, "3/4: four numbers remain"),
                float(areas[-3, -1]),
            ),
        )


def bit_extraction(bits: int = 5) -> BitExtraction:
    """A bit of a whole number r below 2^j is relu(r - 2^(j-1) + 1) - relu(r - 2^(j-1)).

    What remains is r less the bit's value, so that a layer takes two ReLU neurons, and one that
    hands r on.
    """
    remains = np.arange(2.0**bits)
    found: list[FloatArray] = []
    layers = [remains[:, None]]
    for power in 2.0 ** np.arange(bits - 1, -1, -1):
        over = remains - power  # whole, so that the two ReLUs differ by 0 or 1
        bit = np.maximum(over + 1, 0) - np.maximum(over, 0)
        remains = remains - power * bit
        found.append(bit)
        layers.append(np.column_stack([remains, *found]))
    return BitExtraction(tuple(layers), np.column_stack(found).astype(np.int64))
