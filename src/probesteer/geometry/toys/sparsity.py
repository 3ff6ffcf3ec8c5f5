"""Superposition against sparsity, importance and correlation, in the toy model (Elhage et al.)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from probesteer.geometry.calibration import Calibration, about, at_least, at_most
from probesteer.geometry.toys.toy_model import (
    TrainedToys,
    Training,
    independent_features,
    paired_features,
    train_toys,
)

FloatArray = NDArray[np.float64]

SPARSITIES = (0.0, 0.3, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995)
# Two or four features settle sooner than twenty.
_FEW_STEPS = 600
# Where Elhage et al. see features come in antipodal pairs.
_PLATEAU = (0.7, 0.85)


@dataclass(frozen=True, eq=False)
class SparsityCurve:
    """S sparsities, K instances of each."""

    sparsity: FloatArray
    """[S]."""
    toys: TrainedToys
    """S x K instances, those of one sparsity together."""
    dimensions: int

    @property
    def represented(self) -> NDArray[np.int64]:
        """[S, K], features represented."""
        return self.toys.represented.reshape(len(self.sparsity), -1)

    @property
    def dimensions_per_feature(self) -> FloatArray:
        """[S, K], m / |W|^2: 1 without superposition, 1/2 on the plateau of antipodal pairs."""
        total = (self.toys.norms**2).sum(axis=1).reshape(len(self.sparsity), -1)
        shares: FloatArray = self.dimensions / total
        return shares

    @property
    def best(self) -> NDArray[np.int64]:
        """[S], the instance with the lowest loss at each sparsity, counted over all."""
        loss = self.toys.loss.reshape(len(self.sparsity), -1)
        best: NDArray[np.int64] = np.arange(len(loss)) * loss.shape[1] + loss.argmin(axis=1)
        return best

    def calibrations(self) -> tuple[Calibration, ...]:
        """What Elhage et al. find, where the curve holds the sparsities for it."""
        toy = "toy model of superposition"
        m, found = self.dimensions, list[Calibration]()
        represented = self.represented.mean(axis=1)
        for at in np.flatnonzero(self.sparsity == 0):
            expected = about(1, 0.05, "1: the most important ones alone, as PCA would")
            share = float(self.dimensions_per_feature[at].mean())
            found.append(Calibration(toy, "dimensions per feature, none sparse", expected, share))
        plateau = (self.sparsity >= _PLATEAU[0]) & (self.sparsity <= _PLATEAU[1])
        if plateau.any():
            shares = self.toys.dimensionality[self.best[plateau]]
            expected = about(0.5, 0.05, "1/2, antipodal pairs")
            middle = float(np.median(shares[shares > 0]))
            found.append(Calibration(toy, "dimensions of a feature, S .7 to .85", expected, middle))
        for at in np.flatnonzero((self.sparsity >= 0.95) & (self.sparsity <= 0.99)):
            told = f"more than {2 * m}, two a dimension"
            instrument = f"features represented, S = {self.sparsity[at]:g}"
            found.append(
                Calibration(toy, instrument, at_least(2 * m + 1, told), float(represented[at]))
            )
        return tuple(found)


def sparsity_curve(
    seed: int,
    sparsities: Sequence[float] = SPARSITIES,
    instances: int = 8,
    features: int = 20,
    dimensions: int = 5,
    decay: float = 0.9,
    training: Training | None = None,
) -> SparsityCurve:
    """Train `instances` toys at each sparsity; feature i has the importance decay^i."""
    zero = torch.tensor(sparsities).repeat_interleave(instances)
    shape = (len(zero), features, dimensions)
    importance = decay ** torch.arange(features, dtype=torch.float32)
    toys = train_toys(independent_features(zero, features), shape, importance, seed, training)
    return SparsityCurve(np.array(sparsities), toys, dimensions)


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

    def calibrations(self) -> tuple[Calibration, ...]:
        """The corners of the diagram: ignored, alone, in superposition."""
        toy, last = "two features in one dimension", len(self.sparsity) - 1
        low, high = int(self.importance.argmin()), int(self.importance.argmax())
        even = int(np.abs(np.log(self.importance)).argmin())
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
        )


def phase_diagram(
    seed: int,
    sparsities: Sequence[float] = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.97),
    importances: Sequence[float] = (0.1, 0.25, 0.5, 0.8, 1.0, 1.25, 2.0, 4.0, 10.0),
    instances: int = 4,
    training: Training | None = None,
) -> PhaseDiagram:
    """Train two features in one dimension at each sparsity and importance of the second."""
    chosen = training or Training(steps=_FEW_STEPS)
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


@dataclass(frozen=True, eq=False)
class CorrelationToy:
    """Two pairs of features in two dimensions; of the instance with the lowest loss."""

    together: float
    """Mean cosine within the pairs, where both of a pair are active or none is."""
    apart: float
    """The same where one of a pair is active or none is."""

    def calibrations(self) -> tuple[Calibration, ...]:
        """Elhage et al., "correlated and anti-correlated features"."""
        return (
            Calibration(
                "features that come together",
                "cosine within pairs",
                about(0, 0.15, "0, at right angles"),
                self.together,
            ),
            Calibration(
                "features that exclude each other",
                "cosine within pairs",
                about(-1, 0.15, "-1, opposite each other"),
                self.apart,
            ),
        )


def correlation_toy(
    seed: int, instances: int = 16, sparsity: float = 0.9, training: Training | None = None
) -> CorrelationToy:
    """Train four equally important features in two dimensions, with both kinds of pairs."""
    chosen = training or Training(steps=_FEW_STEPS)
    zero, within = torch.full((instances,), sparsity), []
    for together in (True, False):
        sample = paired_features(zero, 4, together)
        toys = train_toys(sample, (instances, 4, 2), torch.ones(4), seed, chosen)
        cosines = toys.cosines(int(toys.loss.argmin()))
        within.append(float(cosines[0, 1] + cosines[2, 3]) / 2)
    return CorrelationToy(*within)
