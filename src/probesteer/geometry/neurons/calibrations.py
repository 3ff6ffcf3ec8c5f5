"""The instruments of neurons on units that were wired by hand."""

import numpy as np

from probesteer.geometry.calibration import Calibration, about, at_most, exactly
from probesteer.geometry.neurons.privileged_basis import activation_kurtosis, axis_alignment
from probesteer.geometry.neurons.selectivity import count_concepts, neuron_auroc

_CONCEPTS = 8


def calibrate_neurons(seed: int) -> tuple[Calibration, ...]:
    """Every instrument of the room where its answer is known."""
    return (*_selectivity(seed), *_privileged_basis(seed))


def _selectivity(seed: int) -> tuple[Calibration, ...]:
    """One concept a neuron, and two a neuron, among units of noise."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 2, (2_000, _CONCEPTS))
    noise = generator.standard_normal((2_000, 16))
    single = np.column_stack([labels, 0.5 * noise])
    double = np.column_stack([labels + np.roll(labels, 1, axis=1), 0.5 * noise])
    of_single = count_concepts(single, labels, 0.8, seed)
    of_double = count_concepts(double, labels, 0.8, seed)
    one, two = "one concept a neuron", "two concepts a neuron"
    return (
        Calibration(
            one,
            "concepts per wired neuron",
            exactly(1, "1"),
            float(of_single.neurons[:_CONCEPTS].mean()),
        ),
        Calibration(
            two,
            "concepts per wired neuron",
            exactly(2, "2"),
            float(of_double.neurons[:_CONCEPTS].mean()),
        ),
        Calibration(
            two,
            "AUROC of one of two concepts",
            about(7 / 8, 0.03, "1/2 + 1/4 + half of the 1/4 that tie = 7/8"),
            float(neuron_auroc(double, labels)[0, 0]),
        ),
        Calibration(
            one,
            "concepts per random direction",
            at_most(0.2, "few: a random direction mixes all"),
            float(of_single.random_directions.mean()),
        ),
        Calibration(
            one,
            "concepts per unit of a rotation",
            at_most(0.2, "few: a rotation mixes all"),
            float(of_single.rotations.mean()),
        ),
        Calibration(
            one,
            "concepts per neuron, labels shuffled",
            exactly(0, "0"),
            float(of_single.shuffled.mean()),
        ),
    )


def _privileged_basis(seed: int) -> tuple[Calibration, ...]:
    generator = np.random.default_rng(seed)
    along = axis_alignment(np.eye(64)[:6] + np.eye(64)[6:12], seed)
    laplace = generator.laplace(size=(20_000, 12))
    tails = activation_kurtosis(laplace, seed)
    # A unit vector's entries times independent ones: the excess 3 shrinks by the sum of u^4.
    turned = 3 + 3 * 3 / (12 + 2)
    return (
        Calibration(
            "directions along two axes of 64", "axes", about(2, 1e-9, "2"), float(along.axes.mean())
        ),
        Calibration(
            "directions along two axes of 64",
            "kurtosis after a rotation",
            about(3 * 64 / 66, 0.2, "3 x 64 / 66 = 2.91"),
            float(along.rotated.mean()),
        ),
        Calibration(
            "directions along two axes of 64",
            "share of rotations as aligned",
            at_most(0.01, "none"),
            along.share_of_draws_as_high,
        ),
        Calibration(
            "independent Laplace units",
            "kurtosis of units",
            about(6, 0.6, "6"),
            float(tails.units.mean()),
        ),
        Calibration(
            "independent Laplace units",
            "kurtosis after a rotation",
            about(turned, 0.3, "3 + 3 x 3 / 14 = 3.64"),
            float(tails.rotated.mean()),
        ),
    )
