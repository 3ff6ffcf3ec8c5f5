"""Images from files, prepared by the model's own image processor."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from probesteer.errors import ProbesteerError
from probesteer.models.loading import LoadedModel

# An image as a bag of colours: pixels of a thumbnail, so many levels of red, green and blue.
_THUMBNAIL = 32
_LEVELS = 8


def load_pixels(loaded: LoadedModel, paths: Sequence[str]) -> Tensor:
    """The images as the model takes them: [images, channels, height, width], on its device.

    Raises ProbesteerError for a file that isn't an image.
    """
    images = [_open(path) for path in paths]
    pixels: Tensor = loaded.tokenizer(images, return_tensors="pt")["pixel_values"]
    return pixels.to(loaded.device, loaded.model.dtype)


def colours_of(path: str) -> NDArray[np.int64]:
    """The colours of a thumbnail, one number a pixel: [1024]; what is told by colour alone.

    Raises ProbesteerError for a file that isn't an image.
    """
    thumbnail = _open(path).resize((_THUMBNAIL, _THUMBNAIL), Image.Resampling.BILINEAR)
    levels = np.asarray(thumbnail, dtype=np.int64).reshape(-1, 3) * _LEVELS // 256
    colours: NDArray[np.int64] = levels @ np.array([_LEVELS**2, _LEVELS, 1])
    return colours


def _open(path: str) -> Image.Image:
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except OSError as fault:
        raise ProbesteerError(
            f"{path}: not an image that can be read; correct the path, seen from the project, "
            "or delete the row"
        ) from fault
