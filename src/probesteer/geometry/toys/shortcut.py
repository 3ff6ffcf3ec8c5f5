"""Shortcuts: a feature that is easier to use keeps another from being learned.

The label is whether two bits differ, which takes a hidden layer; a third bit always agrees with it
in training. A network that takes the shortcut has a perfect validation accuracy, its hidden layer
tells less of what the label is about, and it fails where the shortcut misleads (Geirhos et al.
2020, arXiv 2004.07780; simplicity bias: Shah et al. 2020, arXiv 2006.07710).
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from probesteer.geometry.calibration import Calibration, about, at_least, at_most
from probesteer.geometry.toys.small_nets import NetTraining, relu_net, train_net
from probesteer.probes.logistic import fit_logistic
from probesteer.probes.metrics.two_labels import auroc

_WIDTHS = (3, 16, 4, 1)
_NOISE = 0.2
_EXAMPLES = 2_000


@dataclass(frozen=True)
class ShortcutNet:
    """Means over several networks."""

    accuracy: float
    """On fresh inputs like those of training."""
    misled: float
    """Accuracy where the third bit always contradicts the label."""
    readability: float
    """AUROC of the label by a linear probe on the last hidden layer, where the third bit says
    nothing."""


@dataclass(frozen=True)
class ShortcutToy:
    """Trained with the third bit as a shortcut, and with one that says nothing."""

    shortcut: ShortcutNet
    control: ShortcutNet

    def calibrations(self) -> tuple[Calibration, ...]:
        """Validation tells the two networks apart in nothing; probes and shifted inputs do."""
        with_it, without = "trained with a shortcut", "trained without a shortcut"
        all_right = about(1, 0.02, "1")
        return (
            Calibration(with_it, "validation accuracy", all_right, self.shortcut.accuracy),
            Calibration(without, "validation accuracy", all_right, self.control.accuracy),
            Calibration(without, "AUROC of the feature", all_right, self.control.readability),
            Calibration(
                with_it,
                "AUROC of the feature",
                at_most(0.85, "falls; 0.5 would be chance"),
                self.shortcut.readability,
            ),
            Calibration(
                with_it,
                "accuracy where the shortcut misleads",
                at_most(0.3, "near 0"),
                self.shortcut.misled,
            ),
            Calibration(
                without,
                "accuracy where the third bit contradicts",
                at_least(0.97, "near 1"),
                self.control.misled,
            ),
        )


def shortcut_toy(seed: int, nets: int = 4, training: NetTraining | None = None) -> ShortcutToy:
    """Train `nets` networks of each kind."""
    chosen = training or NetTraining(weight_decay=1.0)
    return ShortcutToy(_mean(seed, nets, chosen, 1.0), _mean(seed, nets, chosen, 0.5))


def _mean(seed: int, nets: int, training: NetTraining, agreement: float) -> ShortcutNet:
    each = np.array([_net(1_000 * seed + net, training, agreement) for net in range(nets)])
    return ShortcutNet(*(float(value) for value in each.mean(axis=0)))


def _net(seed: int, training: NetTraining, agreement: float) -> tuple[float, float, float]:
    """Accuracy, accuracy where misled, and readability of one network."""
    net = relu_net(_WIDTHS, seed)

    def loss_of(draws: torch.Generator, batch: int) -> Tensor:
        x, label = _examples(draws, batch, agreement)
        return nn.functional.binary_cross_entropy_with_logits(net(x)[:, 0], label)

    train_net(net, loss_of, training, seed)
    generator = torch.Generator().manual_seed(seed + 1)
    rows, labels = [], []
    with torch.no_grad():
        rates = []
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
