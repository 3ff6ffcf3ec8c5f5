"""Correlated features in the toy model: who lies beside whom (Elhage et al. 2022)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from probesteer.geometry.calibration import Calibration, about, at_least
from probesteer.geometry.toys.rows import Row, toy_row
from probesteer.geometry.toys.toy_model import TrainedToys, Training, paired_features, train_toys

FloatArray = NDArray[np.float64]

_STEPS = 600
# Of the instances, those with the least loss: the others are stuck in worse arrangements.
_BEST = 4


@dataclass(frozen=True, eq=False)
class PairedToys:
    """Pairs of equally important features in two dimensions; features 2i and 2i + 1 are a pair."""

    toys: TrainedToys

    @property
    def best(self) -> list[int]:
        """The instances with the least loss, at most a quarter of them, the least first."""
        few = max(1, len(self.toys.loss) // _BEST)
        return [int(instance) for instance in np.argsort(self.toys.loss, kind="stable")[:few]]

    @property
    def within(self) -> FloatArray:
        """[B], mean cosine of the two of a pair in each of the best instances."""
        return np.array([self.toys.cosines(instance)[self._pairs].mean() for instance in self.best])

    @property
    def across(self) -> FloatArray:
        """[B], mean cosine of two features of different pairs."""
        means = []
        for instance in self.best:
            apart = ~np.eye(self.toys.weights.shape[1], dtype=bool)
            apart[self._pairs] = apart[self._pairs[::-1]] = False
            means.append(self.toys.cosines(instance)[apart].mean())
        return np.array(means)

    @property
    def _pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        first = np.arange(0, self.toys.weights.shape[1], 2)
        return first, first + 1


@dataclass(frozen=True, eq=False)
class CorrelationToy:
    """Two pairs in two dimensions, and three."""

    together: PairedToys
    """Both of a pair are active, or none is."""
    apart: PairedToys
    """One of a pair is active, or none is."""
    crowded: PairedToys
    """Three pairs of which both are active or none is: too many for right angles."""

    def calibrations(self) -> tuple[Calibration, ...]:
        """Elhage et al., "correlated and anti-correlated features"; of the least loss."""
        return (
            Calibration(
                "features that come together",
                "cosine within pairs",
                about(0, 0.15, "0, at right angles"),
                float(self.together.within[0]),
            ),
            Calibration(
                "features that exclude each other",
                "cosine within pairs",
                about(-1, 0.15, "-1, opposite each other"),
                float(self.apart.within[0]),
            ),
            Calibration(
                "features that come together, too many",
                "cosine within pairs",
                at_least(0.4, "clearly above 0, side by side"),
                float(self.crowded.within[0]),
            ),
        )

    def rows(self) -> list[Row]:
        """Where the features of the instance with the least loss lie, and the cosines."""
        return [row for method in ("together", "apart", "crowded") for row in self._rows(method)]

    def _rows(self, method: str) -> Iterator[Row]:
        pairs: PairedToys = getattr(self, method)
        for feature, place in enumerate(pairs.toys.weights[pairs.best[0]]):
            for metric, value in zip("xy", place, strict=True):
                yield toy_row("correlation", method, metric, value, feature=feature)
        yield toy_row("correlation", method, "cosine_within", pairs.within)
        yield toy_row("correlation", method, "cosine_across", pairs.across)


def correlation_toy(
    seed: int, instances: int = 16, training: Training | None = None
) -> CorrelationToy:
    """Train features in two dimensions, of the three kinds of pairs.

    Two pairs are active a tenth of the time each, three pairs a fifth: with so many, what is
    rarely active together hardly minds where it lies.
    """
    chosen = training or Training(steps=_STEPS)

    def trained(pairs: int, sparsity: float, together: bool) -> PairedToys:
        sample = paired_features(torch.full((instances,), sparsity), 2 * pairs, together)
        shape = (instances, 2 * pairs, 2)
        return PairedToys(train_toys(sample, shape, torch.ones(2 * pairs), seed, chosen))

    return CorrelationToy(trained(2, 0.9, True), trained(2, 0.9, False), trained(3, 0.8, True))
