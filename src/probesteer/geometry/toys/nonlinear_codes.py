"""Codes that are in the input and yet not linear: which probes read them.

Whether x y is positive, whether |x| is large, and the lowest of two bits of a number. A linear
probe fails on the input by a known amount, a probe with a hidden layer reads it, and a linear
probe does on the ReLU neurons of a network that is wired to make the code linear.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probesteer.geometry.calibration import Calibration, about, at_least
from probesteer.geometry.toys.rows import Row, toy_row
from probesteer.probes.estimators.mlp import fit_mlp
from probesteer.probes.logistic import fit_logistic
from probesteer.probes.metrics.two_labels import auroc

FloatArray = NDArray[np.float64]

LINEAR, MLP, WIRED = "linear", "mlp", "linear_on_neurons"
_TRAIN, _TEST = 1_600, 1_200


@dataclass(frozen=True, eq=False)
class Code:
    """n inputs, what a wired network makes of them, and the label."""

    X: FloatArray
    """[n, d]."""
    neurons: FloatArray
    """[n, k], of ReLU neurons."""
    labels: NDArray[np.int64]
    """[n], 0 or 1."""


def product(n: int, generator: np.random.Generator) -> Code:
    """Whether x y > 0, for x and y even between -1 and 1.

    The four neurons relu(x + y), relu(-x - y), relu(x - y) and relu(y - x), weighted 1, 1, -1 and
    -1, give |x + y| - |x - y|, which has the sign of x y.
    """
    X = generator.uniform(-1, 1, (n, 2))
    before = np.array([[1, 1], [-1, -1], [1, -1], [-1, 1]])
    return Code(X, np.maximum(X @ before.T, 0), (X.prod(axis=1) > 0).astype(np.int64))


def absolute_size(n: int, generator: np.random.Generator) -> Code:
    """Whether |x| > 1/2, for x even between -1 and 1; relu(x) and relu(-x) add up to |x|."""
    X = generator.uniform(-1, 1, (n, 1))
    labels = (np.abs(X[:, 0]) > 0.5).astype(np.int64)
    return Code(X, np.maximum(np.hstack([X, -X]), 0), labels)


def lowest_bit(n: int, generator: np.random.Generator) -> Code:
    """The lower of the two bits of a whole number r from 0 to 3, as likely each.

    r less twice its higher bit, relu(r - 1) - relu(r - 2), is the lower one.
    """
    r = generator.integers(0, 4, (n, 1))
    X = r.astype(np.float64)
    return Code(X, np.maximum(np.hstack([X, X - 1, X - 2]), 0), r[:, 0] % 2)


# What a linear probe at its best does on the input, as AUROC: the ranks along any direction are as
# likely either way round for the first two; of the four pairs of numbers one of each label, three
# are in order for the third.
CODES = {
    "product": (product, 0.5),
    "absolute_size": (absolute_size, 0.5),
    "lowest_bit": (lowest_bit, 0.75),
}
_NAMES = {
    "product": "whether x y > 0",
    "absolute_size": "whether |x| is large",
    "lowest_bit": "lower of two bits",
}


@dataclass(frozen=True, eq=False)
class CodeReadings:
    """AUROC on fresh inputs, [K] draws of the data, by code and by probe."""

    areas: dict[str, dict[str, FloatArray]]

    def calibrations(self) -> tuple[Calibration, ...]:
        """A linear probe gets what it can, a hidden layer all; the neurons are linear."""
        found = []
        for code, by_probe in self.areas.items():
            known = CODES[code][1]
            toy = f"{_NAMES[code]}, from the input"
            truths = (
                (toy, "AUROC by a linear probe", about(known, 0.06, f"{known:g}: not linear")),
                (toy, "AUROC by an MLP probe", at_least(0.98, "1: it is there")),
                (
                    f"{_NAMES[code]}, from wired neurons",
                    "AUROC by a linear probe on ReLU neurons",
                    at_least(0.98, "1: they make it linear"),
                ),
            )
            for (named, instrument, truth), values in zip(truths, by_probe.values(), strict=True):
                found.append(Calibration(named, instrument, truth, float(values.mean())))
        return tuple(found)

    def rows(self) -> list[Row]:
        """AUROC over the draws, and what a linear probe can do on the input at best."""
        found = []
        for code, by_probe in self.areas.items():
            for probe, values in by_probe.items():
                found.append(toy_row(code, probe, "auroc", values))
            found.append(toy_row(code, "closed_form", "auroc", CODES[code][1]))
        return found


def code_readings(seed: int, draws: int = 3) -> CodeReadings:
    """Fit the three probes to each code, on `draws` draws of training and test inputs."""
    areas: dict[str, dict[str, FloatArray]] = {}
    for at, (code, (made, _)) in enumerate(CODES.items()):
        generators = [np.random.default_rng([seed, at, draw]) for draw in range(draws)]
        each = [_areas(made(_TRAIN + _TEST, generator), seed) for generator in generators]
        areas[code] = dict(zip((LINEAR, MLP, WIRED), np.array(each).T, strict=True))
    return CodeReadings(areas)


def _areas(code: Code, seed: int) -> tuple[float, float, float]:
    labels, tested = code.labels[:_TRAIN], code.labels[_TRAIN:]

    def linear(X: FloatArray) -> float:
        probe = fit_logistic(X[:_TRAIN], labels, C=1.0)
        return float(auroc(tested, X[_TRAIN:] @ probe.coefficient + probe.intercept))

    hidden = fit_mlp(code.X[:_TRAIN], labels, np.arange(_TRAIN), None, seed)
    by_hidden = float(auroc(tested, hidden.scores(code.X[_TRAIN:])))
    return linear(code.X), by_hidden, linear(code.neurons)
