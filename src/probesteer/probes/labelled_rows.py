"""The rows that probes are fitted to and measured on, with all that is known of them."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class LabelledRows:
    """n rows of activations of one concept."""

    labels: NDArray[np.int64]
    """[n] in {0, 1}: the concept's two sides."""
    groups: NDArray[Any]
    """[n], names of what belongs together: never in two splits."""
    splits: NDArray[Any]
    """[n] of "train", "validation" and "test"."""
    examples: NDArray[np.int64]
    """[n], the text that a row is from."""
    pairs: NDArray[Any] | None = None
    """[n], the name that two contrasting rows share; None where a row has none."""
    control_labels: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    """[draws, n], labels (of several classes: classes) of control tasks."""
    other_splits: tuple[NDArray[Any], ...] = ()
    """Further ways to deal out the groups, [n] each."""
    of_task: NDArray[Any] | None = None
    """[n], classes from 0 or real numbers; None where they are the labels."""

    @property
    def targets(self) -> NDArray[Any]:
        """What probes are to read, [n]."""
        return self.labels if self.of_task is None else self.of_task
