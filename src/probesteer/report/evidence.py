"""What stands for and against a probe beside its two controls, as numbers; nothing is judged here.

An unknown number is NaN, an unknown place None; what was not tried is missing from a tuple.
"""

import math
from dataclasses import dataclass

from probesteer.places import Place

Numbers = tuple[float, float, float]
"""Value, low, high."""

UNKNOWN: Numbers = (math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation over draws or splits."""

    mean: float = math.nan
    sd: float = math.nan
    count: int = 0
    """How many were drawn."""


@dataclass(frozen=True)
class Trial:
    """One comparison: of a nonlinear probe, or with another concept of the family."""

    name: str
    """As people read it."""

    numbers: Numbers


@dataclass(frozen=True)
class FewNeurons:
    """The smallest sparse probe, at the layer where the probe of all neurons is best."""

    place: Place
    size: int
    accuracy: Numbers
    random_basis: Spread
    """Accuracy of as many directions of a random basis."""

    dense: float
    """Accuracy of the probe of all neurons."""


@dataclass(frozen=True)
class Evidence:
    """Further numbers on one concept in one model, at the place of its finding, test split."""

    adjusted: float = math.nan
    """p-value of the accuracy against shuffled labels, corrected over concepts and places."""

    unreached_by: int = 0
    """How many shuffled draws there were, where none of them reaches the accuracy; otherwise 0."""

    untrained: Numbers = UNKNOWN
    """Accuracy of a probe on the untrained model, at the place that is best for it on validation:
    its best chance."""

    untrained_place: Place | None = None

    control: Spread = Spread()
    """Accuracy on control tasks."""

    selectivity: Numbers = UNKNOWN
    """Accuracy minus that on control tasks."""

    gains: tuple[Trial, ...] = ()
    """Accuracy of each nonlinear probe minus that of the logistic one."""

    transfers: tuple[Trial, ...] = ()
    """AUROC of the logistic probe on the other concepts of its family."""

    resplits: Spread = Spread()
    """Accuracy when the groups are split anew."""

    calibration_error: Numbers = UNKNOWN
    """Mean distance of the probabilities from what is observed."""

    compression: float = math.nan
    """How many times shorter the training labels become by the probe's code."""

    neurons: FewNeurons | None = None


NO_EVIDENCE = Evidence()
"""Where only the two controls were tried."""
