"""Small ReLU networks for toys: built and trained from a seed of their own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn


@dataclass
class NetTraining:
    """How a small network is trained; AdamW, its rate falling to 0 in a straight line."""

    steps: int = 600
    batch: int = 256
    rate: float = 0.01
    weight_decay: float = 0.0

    def looks(self, count: int) -> list[int]:
        """`count` + 1 numbers of steps at even distances, from 0 to all of them."""
        return [round(self.steps * look / count) for look in range(count + 1)]


def relu_net(widths: Sequence[int], seed: int) -> nn.Sequential:
    """Linear maps from each width to the next, with a ReLU between any two."""
    # Other random numbers of the process stay as they are.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(widths):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        return nn.Sequential(*layers[:-1])


def train_net(
    net: nn.Module,
    loss_of: Callable[[torch.Generator, int, int], Tensor],
    training: NetTraining,
    seed: int,
    looks: Sequence[int] = (),
    look: Callable[[], None] = lambda: None,
) -> None:
    """Minimise `loss_of`, which draws a batch of the given size anew at every step.

    loss_of: (generator, size of the batch, steps made so far). look: called after as many steps
    as `looks` name; it must leave the network as it is.
    """
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(
        net.parameters(), lr=training.rate, weight_decay=training.weight_decay
    )
    for step in range(training.steps):
        if step in looks:
            look()
        for group in optimiser.param_groups:
            group["lr"] = training.rate * (1 - step / training.steps)
        loss = loss_of(generator, training.batch, step)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
    if training.steps in looks:
        look()
