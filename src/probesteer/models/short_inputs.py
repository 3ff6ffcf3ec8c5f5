"""The smallest input that a model takes, to see how it runs."""

import inspect
from typing import Any

import torch
from torch import nn


def takes_images(model: nn.Module) -> bool:
    """Whether a forward pass takes images and no tokens."""
    accepted = inspect.signature(model.forward).parameters
    return "pixel_values" in accepted and "input_ids" not in accepted


def short_inputs(model: nn.Module) -> dict[str, Any]:
    """What one forward pass of `model` takes: two sequences of six tokens, without a cache.

    Images are of the size that the model's config names, 224 where it names none.
    """
    config: Any = model.config
    parameter = next(model.parameters())
    device, accepted = parameter.device, inspect.signature(model.forward).parameters
    inputs: dict[str, Any] = {"use_cache": False} if "use_cache" in accepted else {}
    if takes_images(model):
        of_images = getattr(config, "vision_config", config)
        size = getattr(of_images, "image_size", None) or 224
        height, width = (size, size) if isinstance(size, int) else size
        shape = (2, getattr(of_images, "num_channels", 3), height, width)
        generator = torch.Generator().manual_seed(0)
        pixels = torch.randn(shape, generator=generator)
        return {**inputs, "pixel_values": pixels.to(device, parameter.dtype)}
    vocabulary = int(config.get_text_config().vocab_size)
    # Past the special tokens, which come first, where there are more tokens than those.
    ids = (torch.arange(12).view(2, 6) * 7 % max(1, vocabulary - 3) + 3) % vocabulary
    inputs["input_ids"] = ids.to(device)
    if config.is_encoder_decoder:
        inputs["decoder_input_ids"] = ids.flip(1).to(device)
    return inputs
