"""Shortcuts: a feature that is easier to use keeps another from being learned, or drives it out.

The label is whether two bits differ, which takes a hidden layer; a third bit may agree with it in
training. A network that takes this shortcut has a perfect validation accuracy, its hidden layer
tells less of what the label is about, and it fails where the shortcut misleads (Geirhos et al.
2020, arXiv 2004.07780; simplicity bias: Shah et al. 2020, arXiv 2006.07710).
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from probesteer.geometry.calibration import Calibration, about, at_least, at_most
from probesteer.geometry.toys.rows import Row, toy_row
from probesteer.geometry.toys.small_nets import NetTraining, relu_net, train_net
from probesteer.probes.logistic import fit_logistic
from probesteer.probes.metrics.two_labels import auroc

FloatArray = NDArray[np.float64]

_WIDTHS = (3, 16, 4, 1)
_NOISE = 0.2
_EXAMPLES = 2_000
_LOOKS = 12
_METRICS = ("accuracy", "misled", "readability")
# Of the steps, after which a shortcut that comes later is there.
_LATER = 1 / 3


@dataclass(frozen=True, eq=False)
class ShortcutCurve:
    """K networks, looked at T times while they were trained."""

    accuracy: FloatArray
    """[K, T], on fresh inputs like those of training."""
    misled: FloatArray
    """[K, T], accuracy where the third bit always contradicts the label: inputs that need the
    other two."""
    readability: FloatArray
    """[K, T], AUROC of the label by a linear probe on the last hidden layer, where the third bit
    says nothing."""

    def last(self, metric: str) -> float:
        """Mean over the networks after training."""
        values: FloatArray = getattr(self, metric)
        return float(values[:, -1].mean())


@dataclass(frozen=True, eq=False)
class ShortcutToy:
    """Trained with the third bit as a shortcut, from the start or from a third of the steps on,
    and with one that never says anything."""

    steps: tuple[int, ...]
    """[T], after which the networks were looked at."""
    shortcut: ShortcutCurve
    later: ShortcutCurve
    control: ShortcutCurve

    @property
    def learned(self) -> int:
        """The last look before the shortcut that comes later."""
        return max(at for at, step in enumerate(self.steps) if step <= _LATER * self.steps[-1])

    def calibrations(self) -> tuple[Calibration, ...]:
        """Validation tells the networks apart in nothing; probes and shifted inputs do."""
        with_it, without = "trained with a shortcut", "trained without a shortcut"
        later = "a shortcut comes after the feature"
        all_right = about(1, 0.02, "1")
        before = float(self.later.readability[:, self.learned].mean())
        return (
            Calibration(with_it, "validation accuracy", all_right, self.shortcut.last("accuracy")),
            Calibration(without, "validation accuracy", all_right, self.control.last("accuracy")),
            Calibration(
                without, "AUROC of the feature", all_right, self.control.last("readability")
            ),
            Calibration(
                with_it,
                "AUROC of the feature",
                at_most(0.85, "falls; 0.5 would be chance"),
                self.shortcut.last("readability"),
            ),
            Calibration(
                with_it,
                "accuracy where the shortcut misleads",
                at_most(0.3, "near 0"),
                self.shortcut.last("misled"),
            ),
            Calibration(
                without,
                "accuracy where the third bit contradicts",
                at_least(0.97, "near 1"),
                self.control.last("misled"),
            ),
            Calibration(later, "validation accuracy", all_right, self.later.last("accuracy")),
            Calibration(later, "AUROC of the feature before it", all_right, before),
            Calibration(
                later,
                "AUROC of the feature after it",
                at_most(0.85, "falls; 0.5 would be chance"),
                self.later.last("readability"),
            ),
        )

    def rows(self) -> list[Row]:
        """Every metric after every look, over the networks."""
        curves = {"from_start": self.shortcut, "later": self.later, "never": self.control}
        start = toy_row("shortcut", "later", "start", self.steps[self.learned])
        return [start] + [
            toy_row("shortcut", method, metric, getattr(curve, metric)[:, at], step=step)
            for method, curve in curves.items()
            for metric in _METRICS
            for at, step in enumerate(self.steps)
        ]


def shortcut_toy(seed: int, nets: int = 4, training: NetTraining | None = None) -> ShortcutToy:
    """Train `nets` networks of each kind, from the same starts."""
    chosen = training or NetTraining(steps=900, weight_decay=1.0)
    late = _LATER * chosen.steps
    starts = (0.0, late, float("inf"))
    curves = [_curve(1_000 * seed, nets, chosen, start) for start in starts]
    return ShortcutToy(tuple(chosen.looks(_LOOKS)), *curves)


def _curve(seed: int, nets: int, training: NetTraining, start: float) -> ShortcutCurve:
    found = np.array([_net(seed + net, training, start) for net in range(nets)])
    return ShortcutCurve(*np.moveaxis(found, 2, 0))


def _net(seed: int, training: NetTraining, start: float) -> list[tuple[float, float, float]]:
    """One network's metrics at each look; `start`: the step from which on the third bit agrees."""
    net = relu_net(_WIDTHS, seed)
    generator = torch.Generator().manual_seed(seed + 1)
    looks = training.looks(_LOOKS)
    found: list[tuple[float, float, float]] = []

    def loss_of(draws: torch.Generator, batch: int, step: int) -> Tensor:
        x, label = _examples(draws, batch, 1.0 if step >= start else 0.5)
        return nn.functional.binary_cross_entropy_with_logits(net(x)[:, 0], label)

    def look() -> None:
        # Validation is like the training so far: like the batch of the step before.
        agreement = 1.0 if looks[len(found)] > start or start == 0 else 0.5
        found.append(_measured(net, generator, agreement))

    train_net(net, loss_of, training, seed, looks, look)
    return found


def _measured(
    net: nn.Sequential, generator: torch.Generator, agreement: float
) -> tuple[float, float, float]:
    """Accuracy, accuracy where misled, and readability."""
    rates, rows, labels = [], [], []
    with torch.no_grad():
        for share in (agreement, 0.0):
            x, label = _examples(generator, _EXAMPLES, share)
            rates.append(float(((net(x)[:, 0] > 0) == (label > 0)).float().mean()))
        for _ in range(2):
            x, label = _examples(generator, _EXAMPLES, 0.5)
            rows.append(net[:-1](x).double().numpy())
            labels.append(label.long().numpy())
    probe = fit_logistic(rows[0], labels[0], C=1.0)
    read = auroc(labels[1], rows[1] @ probe.coefficient + probe.intercept)
    return rates[0], rates[1], float(read)


def _examples(generator: torch.Generator, n: int, agreement: float) -> tuple[Tensor, Tensor]:
    """Inputs [n, 3] about -1 and 1, and labels [n]; the third bit agrees in a share of them."""
    bits = torch.randint(0, 2, (n, 2), generator=generator).float()
    label = (bits[:, 0] != bits[:, 1]).float()
    agrees = torch.rand(n, generator=generator) < agreement
    third = torch.where(agrees, label, 1 - label)
    x = 2 * torch.column_stack([bits, third]) - 1
    return x + _NOISE * torch.randn(n, 3, generator=generator), label
