"""Image classifiers as loaded models, with images that need no file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from probesteer.models.fetching import fetch_model
from probesteer.models.loading import LoadedModel, load_model
from probesteer.settings.schema import ModelSettings
from tests.tiny_image_models import save_tiny_image_model


def load_image_model(kind: str, folder: Path) -> LoadedModel:
    settings = ModelSettings(path=str(save_tiny_image_model(kind, folder / "model")), device="cpu")
    return load_model(fetch_model(kind, settings, folder), settings)


@dataclass(frozen=True)
class Pixels:
    """Images as the model takes them: [images, channels, height, width]."""

    pixels: Tensor

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.ones(len(self.pixels), dtype=np.int64)

    def batch(self, loaded: LoadedModel, examples: Sequence[int]) -> dict[str, Any]:
        return {"pixel_values": self.pixels[list(examples)]}

    def of(self, examples: NDArray[np.int64]) -> "Pixels":
        return Pixels(self.pixels[torch.from_numpy(examples)])

    def padded_to(self, examples: NDArray[np.int64]) -> int | None:
        return None

    def bags(self) -> Sequence[NDArray[np.int64]]:
        return []

    def probes(self) -> "Pixels":
        return Pixels(self.pixels[:2])


def noise(count: int, side: int = 32, channels: int = 3, seed: int = 0) -> Pixels:
    generator = torch.Generator().manual_seed(seed)
    return Pixels(torch.randn(count, channels, side, side, generator=generator))
