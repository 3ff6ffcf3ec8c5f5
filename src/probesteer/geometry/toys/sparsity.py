"""Superposition against sparsity in the toy model (Elhage et al. 2022, arXiv 2209.10652)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from probesteer.geometry.calibration import Calibration, about, at_least
from probesteer.geometry.toys.rows import Row, toy_row
from probesteer.geometry.toys.toy_model import (
    TrainedToys,
    Training,
    independent_features,
    train_toys,
)

FloatArray = NDArray[np.float64]

SPARSITIES = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995)
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

    def rows(self) -> list[Row]:
        """Features represented and dimensions per feature over the instances of each sparsity, and
        the share of a dimension that every feature has in the instance with the lowest loss."""
        found = [toy_row("sparsity", "toy_model", "dimensions", self.dimensions)]
        for at, sparsity in enumerate(map(float, self.sparsity)):
            for metric in ("represented", "dimensions_per_feature"):
                values = getattr(self, metric)[at]
                found.append(toy_row("sparsity", "toy_model", metric, values, sparsity=sparsity))
            shares = self.toys.dimensionality[self.best[at]]
            found += [
                toy_row(
                    *("sparsity", "lowest_loss", "dimensionality", share),
                    sparsity=sparsity,
                    feature=feature,
                )
                for feature, share in enumerate(shares)
            ]
        return found


def sparsity_curve(
    seed: int,
    sparsities: Sequence[float] = SPARSITIES,
    instances: int = 6,
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
