"""The instruments of composition where what two concepts do is planted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probesteer.geometry.calibration import Calibration, about, exactly
from probesteer.geometry.superposition.additivity import joint_share, offset_cosine
from probesteer.geometry.superposition.combinations import (
    COMBINATIONS,
    Crossed,
    combination_sums,
)
from probesteer.geometry.superposition.composition import compose
from probesteer.geometry.superposition.other_combinations import read_across
from probesteer.probes.metrics.two_labels import auroc, balanced_accuracy

FloatArray = NDArray[np.float64]

COSINE = "cosine of an offset at both labels of the other concept"
SHARE = "share of an offset that depends on the other concept"
NEAREST = "unseen combination, nearest predicted mean"
ACCURACY = "direction on unseen combinations, balanced accuracy"
AUROC = "direction on unseen combinations, AUROC"

_WIDTH = 16
_NOISY = 20
_AXES = 4 * np.eye(_WIDTH)


@dataclass(frozen=True, eq=False)
class _Toy:
    """Groups of four rows, one a combination."""

    told: str
    rows: Crossed

    @classmethod
    def planted(
        cls, told: str, means: FloatArray, noise: float, groups: int, generator: np.random.Generator
    ) -> "_Toy":
        """means: [4, width], of `COMBINATIONS`; noise: deviation in every dimension."""
        labels = np.tile(COMBINATIONS, (groups, 1))
        X = np.tile(means, (groups, 1)) + noise * generator.standard_normal((4 * groups, _WIDTH))
        return cls(told, Crossed(X, labels, np.repeat(np.arange(groups), 4)))

    @property
    def share(self) -> float:
        return float(joint_share(combination_sums(self.rows), self._once, 0)[0])

    @property
    def cosine(self) -> float:
        return float(offset_cosine(combination_sums(self.rows), self._once, 0)[0])

    @property
    def nearest(self) -> float:
        found = [compose(self.rows.X, self.rows.labels, unseen) for unseen in COMBINATIONS]
        return float(np.concatenate([each.hits for each in found]).mean())

    @property
    def _once(self) -> FloatArray:
        return np.ones((1, int(self.rows.groups.max()) + 1))

    def accuracy(self, seed: int) -> float:
        scores = read_across(self.rows, 0, seed).unseen
        return float(balanced_accuracy(self.rows.labels[:, 0], scores))

    def auroc_at_1(self, seed: int) -> float:
        """Where the second concept is 1, by directions learned where it is 0."""
        rows = self.rows.labels[:, 1] == 1
        scores = read_across(self.rows, 0, seed).unseen
        return float(auroc(self.rows.labels[rows, 0], scores[rows]))


def calibrate_composition(seed: int) -> tuple[Calibration, ...]:
    """Concepts that add up, that don't, and that turn round."""
    generator = np.random.default_rng(seed)
    a, b, joint = _AXES[:3]
    bits = np.array(COMBINATIONS, dtype=np.float64)
    added = bits @ np.stack([a, b])
    sums = _Toy.planted("two concepts that add up", added, 0.3, 250, generator)
    noisy = [
        _Toy.planted("two that add up, noise as long as they", added, 2.0, 40, generator).share
        for _ in range(_NOISY)
    ]
    more = _Toy.planted(
        "two concepts with a joint third",
        added + np.outer(bits.prod(axis=1), joint),
        0.3,
        250,
        generator,
    )
    turned = _Toy.planted(
        "a concept that turns round with another",
        np.outer((2 * bits[:, 0] - 1) * (2 * bits[:, 1] - 1) / 2, a) + np.outer(bits[:, 1], b),
        0.3,
        250,
        generator,
    )
    along = _Toy.planted(
        "two concepts along one direction", np.outer(bits.sum(axis=1), a), 0.3, 250, generator
    )
    lone = _Toy(
        "two concepts, the labels of one by lot", sums.rows.with_labels_by_lot(0, generator)
    )
    return (
        Calibration(sums.told, SHARE, about(0, 0.005, "0"), sums.share),
        # Means of 40 rows, whose products with themselves would give 0.2.
        Calibration(
            f"two concepts that add up, much noise, mean of {_NOISY} sets",
            SHARE,
            about(0, 0.1, "0"),
            float(np.mean(noisy)),
        ),
        Calibration(more.told, SHARE, about(1 / 6, 0.02, "(1/2)^2 / (1 + 2 (1/2)^2)"), more.share),
        Calibration(turned.told, SHARE, about(1, 0.005, "1"), turned.share),
        Calibration(sums.told, COSINE, about(1, 0.005, "1"), sums.cosine),
        Calibration(more.told, COSINE, about(0.5**0.5, 0.03, "that of 45 degrees"), more.cosine),
        Calibration(turned.told, COSINE, about(-1, 0.005, "-1"), turned.cosine),
        Calibration(sums.told, NEAREST, exactly(1, "all"), sums.nearest),
        Calibration(turned.told, NEAREST, exactly(0, "none"), turned.nearest),
        Calibration(sums.told, ACCURACY, about(1, 0.05, "1"), sums.accuracy(seed)),
        Calibration(turned.told, ACCURACY, about(0, 0.05, "0"), turned.accuracy(seed)),
        Calibration(lone.told, ACCURACY, about(0.5, 0.1, "chance, 1/2"), lone.accuracy(seed)),
        # The other concept moves every row by a whole gap along the direction.
        Calibration(
            along.told, ACCURACY, about(0.5, 0.02, "1/2: thresholds are off"), along.accuracy(seed)
        ),
        Calibration(along.told, AUROC, exactly(1, "1: the order is right"), along.auroc_at_1(seed)),
    )
