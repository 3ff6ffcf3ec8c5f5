"""Examples in the form that a model takes, batch by batch: texts as tokens, or images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from probesteer.models.images import colours_of, load_pixels
from probesteer.models.loading import LoadedModel
from probesteer.models.tokens import pad_batch

# An image counts as a token for each of its patches of this many pixels.
_PATCH = 16 * 16


def length_of(inputs: Mapping[str, Any]) -> int:
    """Tokens of one example, arrays or tensors without a batch dimension; the decoder's too."""
    if "pixel_values" in inputs:
        height, width = inputs["pixel_values"].shape[-2:]
        return max(1, int(height * width) // _PATCH)
    return int(inputs["input_ids"].shape[0]) + sum(
        int(inputs[name].shape[0]) for name in ("decoder_input_ids",) if name in inputs
    )


class Inputs(Protocol):
    """Examples of one kind."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of every example: [examples]."""

    def batch(self, loaded: LoadedModel, examples: Sequence[int]) -> dict[str, Any]:
        """What a forward pass takes for `examples`, on the model's device."""

    def of(self, examples: NDArray[np.int64]) -> "Inputs":
        """Some of the examples, in that order."""

    def padded_to(self, examples: NDArray[np.int64]) -> int | None:
        """Tokens at a place in a batch of `examples`; None where every place has its own number."""

    def bags(self) -> Sequence[NDArray[np.int64]]:
        """What every example shows without a model: its tokens, or the colours of an image."""

    def probes(self) -> "Inputs":
        """Two short examples, of different lengths where there are such."""


@dataclass(frozen=True)
class TextInputs:
    """Texts as unpadded token sequences.

    A decoder, where the model has one, has read nothing but the token that it starts from.
    """

    ids: Sequence[NDArray[np.int64]]  # per text: [tokens]

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of every text: [texts]."""
        return np.array([len(sequence) for sequence in self.ids], dtype=np.int64)

    def batch(self, loaded: LoadedModel, examples: Sequence[int]) -> dict[str, Tensor]:
        """Padded on the right: input_ids and attention_mask, [batch, longest]."""
        ids, mask = pad_batch(loaded, [self.ids[example] for example in examples])
        inputs = {"input_ids": ids, "attention_mask": mask}
        if loaded.kind == "encoder_decoder":
            inputs["decoder_input_ids"] = torch.full_like(ids[:, :1], loaded.decoder_start_id)
        return inputs

    def of(self, examples: NDArray[np.int64]) -> "TextInputs":
        """Some of the texts."""
        return TextInputs([self.ids[example] for example in examples])

    def padded_to(self, examples: NDArray[np.int64]) -> int | None:
        """The longest text's tokens."""
        return int(self.lengths[examples].max())

    def bags(self) -> Sequence[NDArray[np.int64]]:
        """The token ids."""
        return self.ids

    def probes(self) -> "TextInputs":
        """The shortest text, and the start of the longest."""
        shortest = sorted(self.ids, key=len)
        return TextInputs([shortest[0], shortest[-1][: len(shortest[0]) + 8]])


@dataclass(frozen=True)
class ImageInputs:
    """Images, read from their files when they are needed."""

    paths: Sequence[str]
    size: int  # pixels of one, as the model takes it

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """All the same: [images]."""
        return np.full(len(self.paths), max(1, self.size // _PATCH), dtype=np.int64)

    def batch(self, loaded: LoadedModel, examples: Sequence[int]) -> dict[str, Tensor]:
        """pixel_values: [batch, channels, height, width]."""
        return {"pixel_values": load_pixels(loaded, [self.paths[example] for example in examples])}

    def of(self, examples: NDArray[np.int64]) -> "ImageInputs":
        """Some of the images."""
        return ImageInputs([self.paths[example] for example in examples], self.size)

    def padded_to(self, examples: NDArray[np.int64]) -> int | None:
        """None: patches, or the pixels of a feature map."""
        return None

    def bags(self) -> Sequence[NDArray[np.int64]]:
        """The colours of each image's thumbnail."""
        return [colours_of(path) for path in self.paths]

    def probes(self) -> "ImageInputs":
        """The first two."""
        return ImageInputs(self.paths[:2], self.size)


def read_images(loaded: LoadedModel, paths: Sequence[str]) -> ImageInputs:
    """The images at `paths`, seen from the project's folder.

    Raises ProbesteerError for the first file that isn't an image.
    """
    height, width = load_pixels(loaded, paths[:1]).shape[-2:]
    return ImageInputs(paths, height * width)
