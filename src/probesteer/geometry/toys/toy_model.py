"""The toy model of superposition, many instances trained in one batched tensor.

x' = relu(W^T W x + b) for features x (Elhage et al. 2022, Toy Models of Superposition, arXiv
2209.10652): n sparse features go through m < n dimensions, weighted by their importance.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

FloatArray = NDArray[np.float64]
# Draws features for all instances: [instances, batch, n].
Sampler = Callable[[torch.Generator, int], Tensor]

# A feature is represented where the norm of its column is above this (Elhage et al. use the same).
REPRESENTED = 0.5
_FINAL_BATCH = 4_096


@dataclass
class Training:
    """How toys are trained."""

    steps: int = 1_500
    batch: int = 256
    rate: float = 0.01
    """Of AdamW, falling to 0 in a straight line."""


@dataclass(frozen=True, eq=False)
class TrainedToys:
    """I instances after training."""

    weights: FloatArray
    """[I, n, m], a row a feature."""
    bias: FloatArray
    """[I, n]."""
    loss: FloatArray
    """[I], importance-weighted squared error on fresh features, without any penalty."""

    @property
    def norms(self) -> FloatArray:
        """[I, n], how strongly each feature is represented: 0 not at all, about 1 fully."""
        norms: FloatArray = np.linalg.norm(self.weights, axis=2)
        return norms

    @property
    def represented(self) -> NDArray[np.int64]:
        """[I], features that are."""
        counts: NDArray[np.int64] = (self.norms > REPRESENTED).sum(axis=1)
        return counts

    @property
    def interference(self) -> FloatArray:
        """[I, n], sum over other features of their squared projection on this one's direction."""
        interference: FloatArray = self._projected().sum(axis=2) - self.norms**2
        return interference

    @property
    def dimensionality(self) -> FloatArray:
        """[I, n], share of a dimension that each feature has: |W_i|^2 / sum_j (w_i . W_j)^2.

        w_i is the unit vector of W_i. 1 alone in a dimension, 1/2 in an antipodal pair, 0 where the
        feature is not represented.
        """
        shares = self.norms**2 / np.maximum(self._projected().sum(axis=2), 1e-12)
        return np.where(self.norms > REPRESENTED, shares, 0.0)

    def cosines(self, instance: int) -> FloatArray:
        """[n, n], of the features' directions in one instance."""
        units = self.weights[instance] / np.maximum(self.norms[instance], 1e-12)[:, None]
        cosines: FloatArray = units @ units.T
        return cosines

    def _projected(self) -> FloatArray:
        """[I, n, n], (w_i . W_j)^2."""
        units = self.weights / np.maximum(self.norms, 1e-12)[:, :, None]
        squares: FloatArray = (units @ self.weights.transpose(0, 2, 1)) ** 2
        return squares


def train_toys(
    sample: Sampler,
    shape: tuple[int, int, int],
    importance: Tensor,
    seed: int,
    training: Training | None = None,
    l1: Tensor | None = None,
) -> TrainedToys:
    """Train I instances with n features and m dimensions, shape (I, n, m), at once.

    They share nothing but the optimiser's steps: each minimises its own loss. importance:
    [n] or [I, n]. l1: [I], weight of a penalty on the sum of the absolute hidden activations.
    """
    chosen = training or Training()
    instances, n, m = shape
    generator = torch.Generator().manual_seed(seed)
    deviation = math.sqrt(2 / (n + m))
    weights = (torch.randn(shape, generator=generator) * deviation).requires_grad_()
    bias = torch.zeros(instances, 1, n, requires_grad=True)
    weighting = importance.expand(instances, n)[:, None]
    penalty = torch.zeros(instances) if l1 is None else l1
    optimiser = torch.optim.AdamW([weights, bias], lr=chosen.rate, weight_decay=0.0)
    for step in range(chosen.steps):
        for group in optimiser.param_groups:
            group["lr"] = chosen.rate * (1 - step / chosen.steps)
        x = sample(generator, chosen.batch)
        hidden = x @ weights
        rebuilt = torch.relu(hidden @ weights.transpose(1, 2) + bias)
        loss = (weighting * (x - rebuilt) ** 2).mean(dim=(1, 2))
        loss = loss + penalty * hidden.abs().sum(dim=2).mean(dim=1)
        optimiser.zero_grad()
        torch.autograd.backward(loss.sum())
        optimiser.step()
    with torch.no_grad():
        x = sample(generator, _FINAL_BATCH)
        rebuilt = torch.relu(x @ weights @ weights.transpose(1, 2) + bias)
        final = (weighting * (x - rebuilt) ** 2).mean(dim=(1, 2))
    return TrainedToys(
        weights.detach().double().numpy(),
        bias.detach()[:, 0].double().numpy(),
        final.double().numpy(),
    )


def independent_features(sparsity: Tensor, n: int) -> Sampler:
    """Features that are 0 with a chance of `sparsity`: [I], and else even between 0 and 1."""
    zero = sparsity[:, None, None]

    def sample(generator: torch.Generator, batch: int) -> Tensor:
        # Above the chance of a zero, one draw is even again: no second draw is needed.
        drawn = torch.rand(len(sparsity), batch, n, generator=generator)
        return torch.relu(drawn - zero) / (1 - zero)

    return sample


def paired_features(sparsity: Tensor, n: int, together: bool) -> Sampler:
    """Features 2i and 2i + 1 in pairs that are active with a chance of 1 - `sparsity`: [I].

    together: both of an active pair are; else exactly one of them is, either as likely.
    """
    zero = sparsity[:, None, None]

    def sample(generator: torch.Generator, batch: int) -> Tensor:
        shape = (len(sparsity), batch, n // 2)
        active = torch.rand(shape, generator=generator) >= zero
        values = torch.rand(*shape, 2, generator=generator)
        if not together:
            first = torch.rand(shape, generator=generator) < 0.5
            values = values * torch.stack([first, ~first], dim=3)
        return (values * active[..., None]).flatten(2)

    return sample
