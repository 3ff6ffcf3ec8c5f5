"""Every instrument of this room on a toy where its answer is known."""

from probesteer.geometry.calibration import Calibration
from probesteer.geometry.components.calibrations import calibrate_components
from probesteer.geometry.dictionaries.calibrations import calibrate_dictionaries
from probesteer.geometry.neurons.calibrations import calibrate_neurons
from probesteer.geometry.polytopes.calibrations import calibrate_polytopes
from probesteer.geometry.polytopes.cluster_calibrations import calibrate_clusters
from probesteer.geometry.polytopes.path_calibrations import calibrate_paths
from probesteer.geometry.superposition.calibrations import calibrate_superposition
from probesteer.geometry.superposition.drift_calibrations import calibrate_drift
from probesteer.geometry.toys.every_toy import train_every_toy
from probesteer.geometry.toys.exclusive_or import calibrate_exclusive_or
from probesteer.geometry.toys.wired import absolute_value, bit_extraction, multiplication


def calibrate_wired(seed: int) -> tuple[Calibration, ...]:
    """What was planted or set by hand; seconds."""
    return (
        *calibrate_polytopes(),
        *calibrate_clusters(seed),
        *calibrate_paths(),
        *calibrate_components(seed),
        *calibrate_superposition(seed),
        *calibrate_drift(seed),
        *calibrate_neurons(seed),
        *calibrate_exclusive_or(seed),
        *multiplication().calibrations(),
        *absolute_value().calibrations(),
        *bit_extraction().calibrations(),
    )


def calibrate_trained(seed: int, toys: bool = True) -> tuple[Calibration, ...]:
    """What must be trained first; about a minute on one core.

    toys: False where the caller has trained those of `train_every_toy` and asked them itself.
    """
    of_toys = train_every_toy(seed).calibrations() if toys else ()
    return (*of_toys, *calibrate_dictionaries(seed))
