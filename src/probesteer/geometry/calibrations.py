"""Every instrument of this room on a toy where its answer is known."""

from collections.abc import Callable

from probesteer.geometry.calibration import Calibration
from probesteer.geometry.components.calibrations import calibrate_components
from probesteer.geometry.dictionaries.calibrations import calibrate_dictionaries
from probesteer.geometry.neurons.calibrations import calibrate_neurons
from probesteer.geometry.polytopes.calibrations import calibrate_polytopes
from probesteer.geometry.polytopes.cluster_calibrations import calibrate_clusters
from probesteer.geometry.superposition.calibrations import calibrate_superposition
from probesteer.geometry.toys.collapse import collapse_toy
from probesteer.geometry.toys.exclusive_or import calibrate_exclusive_or
from probesteer.geometry.toys.l1_penalty import penalty_curve
from probesteer.geometry.toys.shortcut import shortcut_toy
from probesteer.geometry.toys.sparsity import correlation_toy, phase_diagram, sparsity_curve
from probesteer.geometry.toys.wired import absolute_value, bit_extraction, multiplication


def calibrate_wired(seed: int) -> tuple[Calibration, ...]:
    """What was planted or set by hand; seconds."""
    return (
        *calibrate_polytopes(),
        *calibrate_clusters(seed),
        *calibrate_components(seed),
        *calibrate_superposition(seed),
        *calibrate_neurons(seed),
        *calibrate_exclusive_or(seed),
        *multiplication().calibrations(),
        *absolute_value().calibrations(),
        *bit_extraction().calibrations(),
    )


def calibrate_trained(seed: int) -> tuple[Calibration, ...]:
    """What must be trained first; about a minute on one core.

    A caller that also shows a toy's curve trains it itself and asks it for its `calibrations`.
    """
    trained: tuple[Callable[[int], tuple[Calibration, ...]], ...] = (
        lambda seed: sparsity_curve(seed).calibrations(),
        lambda seed: phase_diagram(seed).calibrations(),
        lambda seed: correlation_toy(seed).calibrations(),
        lambda seed: penalty_curve(seed).calibrations(),
        lambda seed: collapse_toy(seed).calibrations(),
        lambda seed: shortcut_toy(seed).calibrations(),
        calibrate_dictionaries,
    )
    return tuple(each for calibrate in trained for each in calibrate(seed))
