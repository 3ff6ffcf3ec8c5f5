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
from probesteer.geometry.superposition.spectra import separability, spectrum
from probesteer.geometry.toys.rows import Row, toy_row
from probesteer.geometry.toys.small_nets import NetTraining, relu_net, train_net

FloatArray = NDArray[np.float64]

CLASSES = 4
_INPUTS, _WIDTH = 16, 8
_NOISE = 0.5
# Embeddings are unit vectors: read with this noise in every dimension, what is finer is lost.
_READING_NOISE = 0.05
_EXAMPLES = 1_000
_LOOKS = 12
_METRICS = ("disagreement", "mean_cosine", "rank_about_origin", "nearest_mean")


@dataclass(frozen=True, eq=False)
class EncoderCurve:
    """K encoders on fresh inputs, looked at T times while they were trained."""

    disagreement: FloatArray
    """[K, T], mean squared distance of two views of an input, what training looks at."""
    mean_cosine: FloatArray
    """[K, T], of the embeddings of two inputs."""
    rank_about_origin: FloatArray
    """[K, T], effective rank: near 1 where all embeddings have come close to one point."""
    nearest_mean: FloatArray
    """[K, T], share of inputs that a probe, the nearest class mean, puts into their class, where
    embeddings are read with a noise of 0.05 in every dimension."""

    def last(self, metric: str) -> float:
        """Mean over the encoders after training."""
        values: FloatArray = getattr(self, metric)
        return float(values[:, -1].mean())


@dataclass(frozen=True, eq=False)
class CollapseToy:
    """Encoders without a safeguard, and those with one from the same starts."""

    steps: tuple[int, ...]
    """[T], after which the encoders were looked at."""
    collapsed: EncoderCurve
    guarded: EncoderCurve

    def calibrations(self) -> tuple[Calibration, ...]:
        """The loss prefers the collapsed encoder; rank, cosines and classes tell it."""
        without, with_guard = "contrastive, no safeguard", "contrastive, uniformity"
        better = self.collapsed.last("disagreement") < self.guarded.last("disagreement")
        return (
            Calibration(
                without, "disagreement of views is lower", exactly(1, "yes"), float(better)
            ),
            Calibration(
                without,
                "mean cosine",
                about(1, 0.02, "1, all alike"),
                self.collapsed.last("mean_cosine"),
            ),
            Calibration(
                without,
                "effective rank about the origin",
                at_most(1.5, "near 1, one point"),
                self.collapsed.last("rank_about_origin"),
            ),
            Calibration(
                without,
                "classes told by the nearest mean",
                at_most(0.55, "little above chance, 0.25"),
                self.collapsed.last("nearest_mean"),
            ),
            Calibration(
                with_guard,
                "mean cosine",
                about(0, 0.1, "0, spread out"),
                self.guarded.last("mean_cosine"),
            ),
            Calibration(
                with_guard,
                "effective rank about the origin",
                at_least(CLASSES - 1, f"{CLASSES - 1} or more: room for the classes"),
                self.guarded.last("rank_about_origin"),
            ),
            Calibration(
                with_guard,
                "classes told by the nearest mean",
                at_least(0.95, "nearly all"),
                self.guarded.last("nearest_mean"),
            ),
        )

    def rows(self) -> list[Row]:
        """Every metric after every look, over the encoders."""
        return [
            toy_row("collapse", method, metric, getattr(curve, metric)[:, at], step=step)
            for method, curve in (("no_safeguard", self.collapsed), ("uniformity", self.guarded))
            for metric in _METRICS
            for at, step in enumerate(self.steps)
        ]


def collapse_toy(seed: int, encoders: int = 3, training: NetTraining | None = None) -> CollapseToy:
    """Train `encoders` of both kinds, each two from the same start."""
    chosen = training or NetTraining(steps=1_000)
    return CollapseToy(
        tuple(chosen.looks(_LOOKS)),
        _curve(seed, encoders, chosen, guarded=False),
        _curve(seed, encoders, chosen, guarded=True),
    )


def _curve(seed: int, encoders: int, training: NetTraining, guarded: bool) -> EncoderCurve:
    seeds = [1_000 * seed + encoder for encoder in range(encoders)]
    found = np.array([_encoder(each, training, guarded) for each in seeds])
    return EncoderCurve(*np.moveaxis(found, 2, 0))


def _encoder(seed: int, training: NetTraining, guarded: bool) -> list[tuple[float, ...]]:
    """One encoder's metrics at each look."""
    generator = torch.Generator().manual_seed(seed + 1)
    centres = torch.randn(CLASSES, _INPUTS, generator=generator)
    net = relu_net([_INPUTS, 32, _WIDTH], seed)
    reading = _READING_NOISE * np.random.default_rng(seed).standard_normal((_EXAMPLES, _WIDTH))
    found: list[tuple[float, ...]] = []

    def views(draws: torch.Generator, batch: int) -> tuple[Tensor, Tensor, Tensor]:
        classes = torch.randint(0, CLASSES, (batch,), generator=draws)
        noise = _NOISE * torch.randn(2, batch, _INPUTS, generator=draws)
        one, other = nn.functional.normalize(net(centres[classes] + noise), dim=2)
        return one, other, classes

    def loss_of(draws: torch.Generator, batch: int, _: int) -> Tensor:
        one, other, _classes = views(draws, batch)
        alignment = ((one - other) ** 2).sum(dim=1).mean()
        if not guarded:
            return alignment
        return alignment + torch.exp(-2 * torch.pdist(one) ** 2).mean().log()

    def look() -> None:
        with torch.no_grad():
            one, other, classes = views(generator, _EXAMPLES)
        embedded: FloatArray = one.double().numpy()
        shape = spectrum(embedded)
        told = separability(embedded + reading, classes.numpy()).nearest_mean
        distance = float(((one - other) ** 2).sum(dim=1).mean())
        found.append((distance, shape.mean_cosine, shape.rank_about_origin, told))

    train_net(net, loss_of, training, seed, training.looks(_LOOKS), look)
    return found
