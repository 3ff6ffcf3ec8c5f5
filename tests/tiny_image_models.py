"""Tiny random image classifiers with image processors, and images, saved as real ones are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import (
    ConvNextConfig,
    ConvNextForImageClassification,
    PreTrainedModel,
    ResNetConfig,
    ResNetForImageClassification,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessor,
)

IMAGE_KINDS = ("resnet", "convnext", "vit")
CLASSES = ("dark", "bright", "striped")
SIDE = 32  # pixels


def save_tiny_image_model(kind: str, folder: Path) -> Path:
    """Write a classifier with seeded random weights, and its processor, to `folder`."""
    torch.manual_seed(IMAGE_KINDS.index(kind))
    model = _BUILDERS[kind]({"num_labels": len(CLASSES), "id2label": dict(enumerate(CLASSES))})
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if weights.dim() > 1:
                weights.copy_(torch.randn_like(weights) * 0.25)
            elif "layer_scale" in name or weights.abs().max() == 0:
                weights.copy_(torch.randn_like(weights) * 0.5)
    model.save_pretrained(folder)
    size = {"height": SIDE, "width": SIDE}
    ViTImageProcessor(size=size).save_pretrained(folder)
    return folder


def save_images(folder: Path, count: int, seed: int = 0) -> list[Path]:
    """Noise whose even numbers are darker than its odd ones, as PNG files."""
    generator = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(count):
        noise = generator.integers(0, 120, (24, 40, 3)) + 100 * (number % 2)
        paths.append(folder / f"{number:03}.png")
        Image.fromarray(noise.astype(np.uint8)).save(paths[-1])
    return paths


def _resnet(labels: dict[str, Any]) -> PreTrainedModel:
    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 2], **labels)
    return ResNetForImageClassification(config)


def _convnext(labels: dict[str, Any]) -> PreTrainedModel:
    config = ConvNextConfig(num_stages=2, hidden_sizes=[8, 16], depths=[1, 2], **labels)
    return ConvNextForImageClassification(config)


def _vit(labels: dict[str, Any]) -> PreTrainedModel:
    config = ViTConfig(
        hidden_size=16,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=SIDE,
        patch_size=8,
        **labels,
    )
    return ViTForImageClassification(config)


_BUILDERS: dict[str, Callable[[dict[str, Any]], PreTrainedModel]] = {
    "resnet": _resnet,
    "convnext": _convnext,
    "vit": _vit,
}
