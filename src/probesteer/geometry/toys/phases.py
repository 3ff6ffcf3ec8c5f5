"""Phases of the toy model: what becomes of a second feature in one dimension (Elhage et al. 2022).

It is left out, has the dimension to itself, or shares it with the first in superposition, as its
sparsity and importance have it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from probesteer.geometry.calibration import Calibration, about, at_least, at_most
from probesteer.geometry.toys.rows import Row, toy_row
from probesteer.geometry.toys.toy_model import (
    REPRESENTED,
    Training,
    independent_features,
    train_toys,
)

FloatArray = NDArray[np.float64]

LEFT_OUT, ALONE, SHARED = 0, 1, 2
_STEPS = 600  # two features settle sooner than twenty
_SPARSITIES = tuple(1 - 10 ** (-step / 8) for step in range(9))
_IMPORTANCES = tuple(10 ** ((2 * step - 9) / 9) for step in range(10))
# Cells this much more or less dense than the boundary are away from it.
_AWAY = 1.3
_BOUNDARY_POINTS = 41


def boundary(importance: ArrayLike) -> FloatArray:
    """The sparsity from which on an antipodal pair has less loss than one feature alone.

    importance: of the second feature, the first having 1. Features are even between 0 and 1 where
    they are active, with a chance of p = 1 - sparsity. In closed form, of the arrangements that
    Elhage et al. compare, with columns of length 1 or 0:

    - alone, the other feature is answered by its mean, p / 2: its variance is the loss,
      p / 3 - p^2 / 4, times its importance;
    - as a pair, W = (1, -1), both are wrong by the smaller of the two where both are active, whose
      mean square is 1/6: (1 + importance) p^2 / 6.

    Trained pairs may have a shorter column and a bias, so that they win a little sooner.
    """
    r = np.asarray(importance, dtype=np.float64)
    sparsity: FloatArray = 1 - 4 * np.minimum(r, 1) / (2 * (1 + r) + 3 * np.minimum(r, 1))
    return sparsity


@dataclass(frozen=True, eq=False)
class PhaseDiagram:
    """Two features in one dimension: what becomes of the second one."""

    sparsity: FloatArray
    """[S]."""
    importance: FloatArray
    """[R], of the second feature; the first has 1."""
    norm: FloatArray
    """[S, R], of the second feature in the instance with the lowest loss."""
    shared: FloatArray
    """[S, R], squared projection of the first feature on the second's direction, there."""

    @property
    def phase(self) -> NDArray[np.int64]:
        """[S, R], LEFT_OUT, ALONE or SHARED: whether the second is represented, and the first."""
        both = self.shared > REPRESENTED**2
        phases: NDArray[np.int64] = np.where(
            self.norm > REPRESENTED, np.where(both, SHARED, ALONE), LEFT_OUT
        )
        return phases

    @property
    def expected(self) -> NDArray[np.int64]:
        """[S, R], the phase of the arrangement with the least loss in closed form."""
        pair = self.sparsity[:, None] > boundary(self.importance)
        single = np.where(self.importance > 1, ALONE, LEFT_OUT)
        phases: NDArray[np.int64] = np.where(pair, SHARED, single)
        return phases

    @property
    def away(self) -> NDArray[np.bool_]:
        """[S, R], whether a cell is away from the boundaries, where the least loss is clear."""
        factor = (1 - self.sparsity)[:, None] / (1 - boundary(self.importance))
        alike = np.abs(np.log(self.importance)) < np.log(_AWAY)
        away: NDArray[np.bool_] = (factor < 1 / _AWAY) | ((factor > _AWAY) & ~alike)
        return away

    def calibrations(self) -> tuple[Calibration, ...]:
        """The corners of the diagram, ignored, alone and in superposition, and all of it."""
        toy, last = "two features in one dimension", len(self.sparsity) - 1
        low, high = int(self.importance.argmin()), int(self.importance.argmax())
        even = int(np.abs(np.log(self.importance)).argmin())
        agrees = (self.phase == self.expected)[self.away]
        return (
            Calibration(
                toy, "less important, not sparse", at_most(0.3, "ignored"), float(self.norm[0, low])
            ),
            Calibration(
                toy,
                "more important, not sparse",
                about(1, 0.15, "represented"),
                float(self.norm[0, high]),
            ),
            Calibration(
                toy,
                "more important, not sparse: share of the other",
                at_most(0.1, "alone"),
                float(self.shared[0, high]),
            ),
            Calibration(
                toy,
                "as important, sparse: share of the other",
                at_least(0.5, "an antipodal pair"),
                float(self.shared[last, even]),
            ),
            Calibration(
                toy,
                "phases as in closed form, away from boundaries",
                at_least(0.95, "1; training may miss the least loss"),
                float(agrees.mean()),
            ),
        )

    def rows(self) -> list[Row]:
        """Norm, share of the other and phase of every cell, and the boundary in closed form."""
        found = []
        for (s, r), phase in np.ndenumerate(self.phase):
            place = {"sparsity": float(self.sparsity[s]), "importance": float(self.importance[r])}
            cell = {
                "norm": float(self.norm[s, r]),
                "shared": float(self.shared[s, r]),
                "phase": float(phase),
            }
            for metric, value in cell.items():
                found.append(toy_row("phases", "lowest_loss", metric, value, **place))
        shown = np.geomspace(self.importance.min(), self.importance.max(), _BOUNDARY_POINTS)
        found += [
            toy_row("phases", "closed_form", "boundary", limit, importance=float(importance))
            for importance, limit in zip(shown, boundary(shown), strict=True)
        ]
        return found


def phase_diagram(
    seed: int,
    sparsities: Sequence[float] = _SPARSITIES,
    importances: Sequence[float] = _IMPORTANCES,
    instances: int = 6,
    training: Training | None = None,
) -> PhaseDiagram:
    """Train two features in one dimension at each sparsity and importance of the second."""
    chosen = training or Training(steps=_STEPS)
    cells = len(sparsities) * len(importances)
    zero = torch.tensor(sparsities).repeat_interleave(len(importances) * instances)
    second = torch.tensor(importances).repeat_interleave(instances).repeat(len(sparsities))
    importance = torch.stack([torch.ones_like(second), second], dim=1)
    toys = train_toys(independent_features(zero, 2), (len(zero), 2, 1), importance, seed, chosen)
    best = np.arange(cells) * instances + toys.loss.reshape(cells, instances).argmin(axis=1)
    shape = (len(sparsities), len(importances))
    return PhaseDiagram(
        np.array(sparsities),
        np.array(importances),
        toys.norms[best, 1].reshape(shape),
        toys.interference[best, 1].reshape(shape),
    )
