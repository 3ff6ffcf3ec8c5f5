"""What an example's label says: one of two or more classes, or a number; and its contrast of two.

Directions and steering need two sides. Probes read the target as it is.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.concepts.cells import classes, labels, numbers
from probesteer.concepts.sources import SourceTable


@dataclass(frozen=True)
class LabelKind:
    """The kind of a concept's labels."""

    name: str = "binary"  # binary, classes or real
    classes: int = 2  # how many; without meaning where labels are real


def read_targets(table: SourceTable, column: str, kind: LabelKind) -> NDArray[Any]:
    """The targets of all rows, [n]: int64 classes from 0, or float64 numbers.

    Raises ProbesteerError that names file and row.
    """
    if kind.name == "real":
        return np.array(numbers(table, column), dtype=np.float64)
    if kind.name == "classes":
        return np.array(classes(table, column, kind.classes), dtype=np.int64)
    return np.array(labels(table, column), dtype=np.int64)


def contrast(
    targets: NDArray[Any], kind: LabelKind, training: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """The two sides of the targets: [n], 0 or 1 each.

    Side 1 is the last class; of real numbers, what is above the median of the training rows. Where
    none of these is (most of them have the highest number), it is what reaches the median.
    training: [n]; None: all rows.
    """
    if kind.name != "real":
        return np.asarray(targets == kind.classes - 1, dtype=np.int64)
    known = targets if training is None else targets[training]
    middle = np.median(known)
    above = targets > middle if (known > middle).any() else targets >= middle
    return np.asarray(above, dtype=np.int64)
