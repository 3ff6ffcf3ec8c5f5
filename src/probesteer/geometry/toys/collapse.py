"""Contrastive collapse: embeddings that agree because they are all alike.

An encoder is trained to give two noisy views of an input the same embedding on the unit sphere.
Without a safeguard the best it can do is one point for all (Chen & He 2020, arXiv 2011.10566); its
loss then looks better than that of an encoder which must also spread its embeddings (uniformity,
Wang & Isola 2020, arXiv 2005.10242).
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from probesteer.geometry.calibration import Calibration, about, at_least, at_most, exactly
from probesteer.geometry.superposition.spectra import Separability, Spectrum, separability, spectrum
from probesteer.geometry.toys.small_nets import NetTraining, relu_net, train_net

_CLASSES, _INPUTS, _WIDTH = 4, 16, 8
_NOISE = 0.5
# Embeddings are unit vectors: read with this noise in every dimension, what is finer is lost.
_READING_NOISE = 0.05
_EXAMPLES = 1_000


@dataclass(frozen=True)
class Embeddings:
    """One trained encoder on fresh inputs."""

    disagreement: float
    """Mean squared distance of two views of an input, what training looks at."""
    spectrum: Spectrum
    separability: Separability
    """Of the embeddings read with a noise of 0.05 in every dimension."""


@dataclass(frozen=True)
class CollapseToy:
    """The encoder without a safeguard and the one with it."""

    collapsed: Embeddings
    guarded: Embeddings

    def calibrations(self) -> tuple[Calibration, ...]:
        """The loss prefers the collapsed encoder; rank, cosines and classes tell it."""
        without, with_guard = "contrastive, no safeguard", "contrastive, uniformity"
        better = self.collapsed.disagreement < self.guarded.disagreement
        return (
            Calibration(
                without, "disagreement of views is lower", exactly(1, "yes"), float(better)
            ),
            Calibration(
                without,
                "mean cosine",
                about(1, 0.02, "1, all alike"),
                self.collapsed.spectrum.mean_cosine,
            ),
            Calibration(
                without,
                "effective rank about the origin",
                at_most(1.5, "near 1, one point"),
                self.collapsed.spectrum.rank_about_origin,
            ),
            Calibration(
                without,
                "classes told by the nearest mean",
                at_most(0.55, "little above chance, 0.25"),
                self.collapsed.separability.nearest_mean,
            ),
            Calibration(
                with_guard,
                "mean cosine",
                about(0, 0.1, "0, spread out"),
                self.guarded.spectrum.mean_cosine,
            ),
            Calibration(
                with_guard,
                "effective rank about the origin",
                at_least(_CLASSES - 1, f"{_CLASSES - 1} or more: room for the classes"),
                self.guarded.spectrum.rank_about_origin,
            ),
            Calibration(
                with_guard,
                "classes told by the nearest mean",
                at_least(0.95, "nearly all"),
                self.guarded.separability.nearest_mean,
            ),
        )


def collapse_toy(seed: int, training: NetTraining | None = None) -> CollapseToy:
    """Train both encoders from the same start."""
    chosen = training or NetTraining(steps=1_000)
    return CollapseToy(_encoder(seed, chosen, guarded=False), _encoder(seed, chosen, guarded=True))


def _encoder(seed: int, training: NetTraining, guarded: bool) -> Embeddings:
    generator = torch.Generator().manual_seed(seed + 1)
    centres = torch.randn(_CLASSES, _INPUTS, generator=generator)
    net = relu_net([_INPUTS, 32, _WIDTH], seed)

    def views(draws: torch.Generator, batch: int) -> tuple[Tensor, Tensor, Tensor]:
        classes = torch.randint(0, _CLASSES, (batch,), generator=draws)
        noise = _NOISE * torch.randn(2, batch, _INPUTS, generator=draws)
        one, other = nn.functional.normalize(net(centres[classes] + noise), dim=2)
        return one, other, classes

    def loss_of(draws: torch.Generator, batch: int) -> Tensor:
        one, other, _ = views(draws, batch)
        alignment = ((one - other) ** 2).sum(dim=1).mean()
        if not guarded:
            return alignment
        return alignment + torch.exp(-2 * torch.pdist(one) ** 2).mean().log()

    train_net(net, loss_of, training, seed)
    with torch.no_grad():
        one, other, classes = views(generator, _EXAMPLES)
    embedded: NDArray[np.float64] = one.double().numpy()
    noise = _READING_NOISE * np.random.default_rng(seed).standard_normal(embedded.shape)
    return Embeddings(
        disagreement=float(((one - other) ** 2).sum(dim=1).mean()),
        spectrum=spectrum(embedded),
        separability=separability(embedded + noise, classes.numpy()),
    )
