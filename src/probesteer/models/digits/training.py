"""Trains the classifier of digits on the images that it will be shown, by its own processor."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional
from transformers import ResNetConfig, ResNetForImageClassification, ViTImageProcessorPil

from probesteer.errors import ProbesteerError
from probesteer.files.atomic import write_text
from probesteer.models.digits.scans import Scans, image_path
from probesteer.progress import progress

SIDE = 32
CLASSES = 10


@dataclass
class DigitsTrainingSettings:
    """How the classifier is trained, and from which accuracy on it is kept."""

    shuffled_labels: bool = False  # as a control: labels dealt to the training images by lot
    seed: int = 0
    epochs: int = 20
    batch_size: int = 64
    learning_rate: float = 2e-3
    least_accuracy: float = 0.93  # on hands that it wasn't trained on


@dataclass(frozen=True)
class TrainedClassifier:
    """A trained model and what it gets right."""

    model: ResNetForImageClassification
    processor: ViTImageProcessorPil
    accuracy_trained: float
    """Share of the training labels that it gives, shuffled ones where they are."""
    accuracy: float
    """Share of the digits of sheets that it wasn't trained on."""


def build_model() -> ResNetForImageClassification:
    """The architecture: three residual blocks of two convolutions with ReLU, 16, 32 and 64 wide."""
    names = [str(digit) for digit in range(CLASSES)]
    config = ResNetConfig(
        num_channels=3,  # grey images are read as such of three equal colours
        embedding_size=16,
        hidden_sizes=[16, 32, 64],
        depths=[1, 1, 1],
        layer_type="basic",
        hidden_act="relu",
        id2label=dict(enumerate(names)),
        label2id={name: digit for digit, name in enumerate(names)},
    )
    return ResNetForImageClassification(config)


def build_processor(scans: Scans) -> ViTImageProcessorPil:
    """Enlarges an image to 32 x 32 and standardises it as the training images are, together."""
    ink = scans.ink[scans.trained]
    return ViTImageProcessorPil(
        size={"height": SIDE, "width": SIDE},
        image_mean=[float(ink.mean())] * 3,
        image_std=[float(ink.std())] * 3,
    )


def train(scans: Scans, images: Path, settings: DigitsTrainingSettings) -> TrainedClassifier:
    """Train from one seed on the images in a folder, with a progress bar on stderr.

    Raises ProbesteerError where the accuracy on other hands stays below what is asked for.
    """
    torch.manual_seed(settings.seed)
    model, processor = build_model(), build_processor(scans)
    pixels = _pixels(processor, images, len(scans.digits))
    rows = np.flatnonzero(scans.trained)
    labels = scans.digits.copy()
    if settings.shuffled_labels:
        labels[rows] = np.random.default_rng(settings.seed).permutation(labels[rows])
    _fit(model, pixels[rows], torch.from_numpy(labels[rows]), settings)
    right = _predicted(model, pixels) == labels
    trained = TrainedClassifier(
        model, processor, float(right[scans.trained].mean()), float(right[~scans.trained].mean())
    )
    if not settings.shuffled_labels and trained.accuracy < settings.least_accuracy:
        raise ProbesteerError(
            f"the classifier of digits is right in {trained.accuracy:.3f} of the images of other "
            f"hands, less than {settings.least_accuracy:g}; try another seed"
        )
    return trained


def store(trained: TrainedClassifier, settings: DigitsTrainingSettings, folder: Path) -> None:
    """Write the model, its processor and `training.json`, what it comes from."""
    trained.model.save_pretrained(folder)
    trained.processor.save_pretrained(folder)
    record = {
        "settings": vars(settings),
        "accuracy on the training images": round(trained.accuracy_trained, 4),
        "accuracy on other hands": round(trained.accuracy, 4),
    }
    write_text(folder / "training.json", json.dumps(record, indent=2) + "\n")


def _pixels(processor: ViTImageProcessorPil, images: Path, count: int) -> Tensor:
    """[count, 3, SIDE, SIDE], as the model will be given them."""
    opened = []
    for row in range(count):
        with Image.open(image_path(images, row)) as image:
            opened.append(image.convert("RGB"))
    pixels: Tensor = processor(opened, return_tensors="pt")["pixel_values"]
    return pixels


def _fit(model: Any, pixels: Tensor, labels: Tensor, settings: DigitsTrainingSettings) -> None:
    """AdamW with a rate that falls to 0 along a line."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=0.01)
    batches = -(-len(pixels) // settings.batch_size)
    rate = torch.optim.lr_scheduler.LinearLR(
        optimizer, start_factor=1.0, end_factor=0.0, total_iters=settings.epochs * batches
    )
    model.train()
    for _ in progress(range(settings.epochs), "train the classifier of digits"):
        for chosen in torch.split(torch.randperm(len(pixels)), settings.batch_size):
            loss = functional.cross_entropy(model(pixels[chosen]).logits, labels[chosen])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            rate.step()
    model.eval()


@torch.no_grad()
def _predicted(model: Any, pixels: Tensor) -> NDArray[np.int64]:
    parts = [model(some).logits.argmax(1) for some in torch.split(pixels, 256)]
    predicted: NDArray[np.int64] = torch.cat(parts).numpy()
    return predicted
