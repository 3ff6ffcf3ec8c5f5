"""Interventions on some sequences alone: those whose prompt a probe reads above a threshold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from probesteer.errors import ProbesteerError
from probesteer.interventions.sequences import SequenceTracker
from probesteer.places import SITES, Place


@dataclass(frozen=True)
class PromptCondition:
    """What a linear probe must read at the last token of the prompt (compare Lee et al. 2024,
    arXiv 2409.05907). For a decision token by token see `edits.When`.
    """

    place: Place
    coefficient: Tensor  # [d], of the probe, in raw activation space
    intercept: float
    threshold: float = 0.0  # of the read-out; 0: more likely label 1 than not


class Gate:
    """Which sequences of a batch meet a condition; decided once, when the prompt is read."""

    def __init__(self, condition: PromptCondition, trackers: Mapping[int, SequenceTracker]) -> None:
        """trackers: by layer; filled before the first pass."""
        self._condition, self._trackers = condition, trackers
        self.open = torch.zeros(0, dtype=torch.bool)  # [batch], on the CPU

    def read(self, x: Tensor) -> None:
        """x: [batch, tokens, d] at the condition's place, as it is before any edit there."""
        tracker = self._trackers.get(self._condition.place.layer)
        if tracker is None or not tracker.inside:
            return
        tokens = tracker.tokens(*x.shape[:2])
        last = tokens.index == tokens.prompt[:, None] - 1
        rows = last.any(dim=1)
        if len(self.open) != len(x):
            self.open = torch.zeros(len(x), dtype=torch.bool)
        if not rows.any():
            return
        columns = last.int().argmax(dim=1)
        given = x[rows.nonzero().flatten().to(x.device), columns[rows].to(x.device)]
        wide = torch.promote_types(x.dtype, torch.float32)
        read = given.to(wide) @ self._condition.coefficient.to(x.device, wide)
        above = read + self._condition.intercept > self._condition.threshold
        self.open = self.open.clone()
        self.open[rows] = above.cpu()


def check_order(condition: PromptCondition, places: Sequence[Place]) -> None:
    """Raise ProbesteerError where an edit would come before what it depends on is read."""
    for place in places:
        if _order(place) < _order(condition.place):
            raise ProbesteerError(
                f"intervention: the edit at {place.label} comes before the condition is read, at "
                f"{condition.place.label}; read it at the edit's place or an earlier one"
            )


def _order(place: Place) -> tuple[int, int]:
    """Places in the order in which a pass computes them."""
    return place.layer, SITES.index(place.site)
