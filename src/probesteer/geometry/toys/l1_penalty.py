"""A penalty against superposition, and what it costs: L1 on the hidden activations."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats

from probesteer.geometry.calibration import Calibration, about, at_least, at_most
from probesteer.geometry.toys.rows import Row, toy_row
from probesteer.geometry.toys.toy_model import (
    REPRESENTED,
    TrainedToys,
    Training,
    independent_features,
    train_toys,
)

FloatArray = NDArray[np.float64]

_SPARSITY = 0.9


@dataclass(frozen=True, eq=False)
class PenaltyCurve:
    """P weights of the penalty, K toy models of superposition for each."""

    penalty: FloatArray
    """[P], ascending from 0."""
    toys: TrainedToys
    """P x K instances, those of one penalty together."""

    @property
    def represented(self) -> FloatArray:
        """[P, K], features represented."""
        return self._by_penalty(self.toys.represented.astype(np.float64))

    @property
    def loss(self) -> FloatArray:
        """[P, K], error without the penalty."""
        return self._by_penalty(self.toys.loss)

    @property
    def interference(self) -> FloatArray:
        """[P, K], of the represented features, mean; 0 where none is."""
        shown = self.toys.norms > REPRESENTED
        total = (self.toys.interference * shown).sum(axis=1)
        return self._by_penalty(total / np.maximum(shown.sum(axis=1), 1))

    def _by_penalty(self, values: FloatArray) -> FloatArray:
        return values.reshape(len(self.penalty), -1)

    def calibrations(self) -> tuple[Calibration, ...]:
        """The more penalty, the less superposition, and the higher the loss."""
        toy = "toy model with an L1 penalty"
        order = np.arange(len(self.penalty))
        represented, loss, interference = (
            values.mean(axis=1) for values in (self.represented, self.loss, self.interference)
        )
        return (
            Calibration(
                toy,
                "features represented, no penalty, over the dimensions",
                at_least(1.5, "superposition: clearly more than 1"),
                float(represented[0]) / self.toys.weights.shape[2],
            ),
            Calibration(
                toy,
                "interference of what is still represented, strongest penalty over none",
                at_most(0.25, "near 0, superposition goes"),
                float(interference[-1] / interference[0]),
            ),
            Calibration(
                toy,
                "rank correlation of penalty and features represented",
                about(-1, 0.1, "-1"),
                float(_rank_correlation(order, represented)),
            ),
            Calibration(
                toy,
                "rank correlation of penalty and loss",
                about(1, 0.1, "1, performance goes, too"),
                float(_rank_correlation(order, loss)),
            ),
        )

    def rows(self) -> list[Row]:
        """Features represented, interference and loss over the instances of each penalty."""
        dimensions = self.toys.weights.shape[2]
        return [toy_row("penalty", "l1", "dimensions", dimensions)] + [
            toy_row("penalty", "l1", metric, getattr(self, metric)[at], penalty=float(penalty))
            for metric in ("represented", "interference", "loss")
            for at, penalty in enumerate(self.penalty)
        ]


def penalty_curve(
    seed: int,
    penalties: Sequence[float] = (0.0, 1e-3, 2e-3, 3e-3, 5e-3, 0.01, 0.015, 0.02, 0.03),
    instances: int = 4,
    features: int = 20,
    dimensions: int = 5,
    training: Training | None = None,
) -> PenaltyCurve:
    """Train `instances` toys, nine tenths sparse and of falling importance, at each penalty."""
    weight = torch.tensor(penalties).repeat_interleave(instances)
    sample = independent_features(torch.full_like(weight, _SPARSITY), features)
    importance = 0.9 ** torch.arange(features, dtype=torch.float32)
    shape = (len(weight), features, dimensions)
    toys = train_toys(sample, shape, importance, seed, training, weight)
    return PenaltyCurve(np.array(penalties), toys)


def _rank_correlation(one: FloatArray | NDArray[np.int64], other: FloatArray) -> float:
    """Spearman's."""
    return float(stats.spearmanr(one, other).statistic)
