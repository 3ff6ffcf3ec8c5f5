"""Classifiers are read by their classes: images, and encoders between two centroids."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from probesteer.errors import ProbesteerError
from probesteer.interventions.centroids import with_centroid_head
from probesteer.interventions.class_scoring import score_class_prompts, score_class_texts
from probesteer.interventions.edits import Add, Multiply
from probesteer.interventions.sweep import run_sweep
from probesteer.models.fetching import fetch_model
from probesteer.models.images import load_pixels
from probesteer.models.loading import LoadedModel, load_model
from probesteer.places import Place
from probesteer.settings.schema import ModelSettings
from tests.tiny_image_models import IMAGE_KINDS, save_images, save_tiny_image_model
from tests.tiny_models import TEXTS, WIDTH

LABELS = [1, 0, 1, 0, 1, 0, 0, 1]


@pytest.fixture
def classifier(request: pytest.FixtureRequest, tmp_path: Path) -> LoadedModel:
    settings = ModelSettings(path=str(save_tiny_image_model(request.param, tmp_path / "model")))
    return load_model(fetch_model(request.param, settings, tmp_path), settings)


def prompts_of(paths: list[str], positive: str = "bright", negative: str = "dark") -> pd.DataFrame:
    return pd.DataFrame({"prompt": paths, "positive": positive, "negative": negative})


@pytest.mark.parametrize("classifier", IMAGE_KINDS, indirect=True)
@pytest.mark.parametrize("positions", ["from_last", "all"])
def test_images_are_scored_by_their_classes(
    positions: str, classifier: LoadedModel, tmp_path: Path
) -> None:
    paths = [str(path) for path in save_images(tmp_path / "images", 3)]
    place = Place("resid_post", 1)
    rows = score_class_prompts(classifier, prompts_of(paths), "concept x:")
    sweep = run_sweep(classifier, rows, {place: Multiply(torch.tensor([1.0, 0.5]))}, positions, 9)

    def classes() -> Tensor:
        with torch.no_grad():
            pixels = load_pixels(classifier, paths)
            logits: Tensor = classifier.model(pixel_values=pixels).logits
        return logits.log_softmax(dim=-1)

    plain = classes()
    np.testing.assert_allclose(sweep.score, plain[:, 1] - plain[:, 0], atol=1e-5)
    np.testing.assert_allclose(sweep.results[place].score[0], sweep.score, atol=1e-5)
    handle = classifier.blocks[1].register_forward_hook(
        lambda _, __, output: (output[0] * 0.5,) if isinstance(output, tuple) else output * 0.5
    )
    halved = classes()
    handle.remove()
    np.testing.assert_allclose(
        sweep.results[place].score[1], halved[:, 1] - halved[:, 0], atol=1e-5
    )
    kl = (plain.exp() * (plain - halved)).sum(dim=-1)
    np.testing.assert_allclose(sweep.results[place].kl[1], kl, atol=1e-6)


@pytest.mark.parametrize("classifier", ["vit"], indirect=True)
def test_a_neutral_image_is_read_at_its_likeliest_class(
    classifier: LoadedModel, tmp_path: Path
) -> None:
    paths = [str(path) for path in save_images(tmp_path / "images", 2)]
    rows = score_class_texts(classifier, paths, "concept x:")
    sweep = run_sweep(classifier, rows, {Place("resid_post", 1): Add(torch.zeros(1, 16))}, "all", 9)
    with torch.no_grad():
        logits = classifier.model(pixel_values=load_pixels(classifier, paths)).logits
    np.testing.assert_allclose(sweep.score, logits.log_softmax(dim=-1).amax(dim=-1), atol=1e-5)


@pytest.mark.parametrize("classifier", ["vit"], indirect=True)
def test_an_unknown_class_is_one_line(classifier: LoadedModel, tmp_path: Path) -> None:
    asked = prompts_of([str(save_images(tmp_path / "images", 1)[0])], positive="cat")
    with pytest.raises(ProbesteerError) as caught:
        score_class_prompts(classifier, asked, "concept x:")
    assert str(caught.value) == (
        "concept x: prompt 1: 'cat' is no class of model vit; "
        "use names such as dark, bright, striped"
    )


def embedding(encoder: LoadedModel, text: str, push: Tensor | None = None) -> Tensor:
    """By transformers alone: the mean of the last hidden states, [d]."""

    def after(_: object, __: object, output: Tensor | tuple[Tensor, ...]) -> object:
        if push is None:
            return None
        moved = (output[0] if isinstance(output, tuple) else output).clone()
        moved[:, -1:] += push  # from the last token on
        return (moved, *output[1:]) if isinstance(output, tuple) else moved

    handle = encoder.model.encoder.layer[0].register_forward_hook(after)
    try:
        with torch.no_grad():
            hidden: Tensor = encoder.model(**encoder.tokenizer(text, return_tensors="pt"))[0]
        return hidden[0].mean(dim=0)
    finally:
        handle.remove()


def test_an_encoder_is_read_between_its_centroids(load_tiny: Callable[[str], LoadedModel]) -> None:
    encoder = load_tiny("encoder")
    headed = with_centroid_head(encoder, TEXTS, LABELS, 40, "concept x: example")
    points = torch.stack([embedding(encoder, text) for text in TEXTS])
    positive = torch.tensor(LABELS) == 1
    low, high = points[~positive].mean(dim=0), points[positive].mean(dim=0)
    towards = (high - low) / (high - low).norm()
    within = torch.cat([points[positive] - high, points[~positive] - low]) @ towards
    variance = float(within.square().mean())

    def logit_difference(point: Tensor) -> float:
        along, ends = float(point @ towards), (float(low @ towards), float(high @ towards))
        return ((along - ends[0]) ** 2 - (along - ends[1]) ** 2) / (2 * variance)

    push, place = torch.linspace(-2, 2, WIDTH), Place("resid_post", 0)
    rows = score_class_prompts(headed, prompts_of(["Tom was sad", "She saw a dog"]), "concept x:")
    sweep = run_sweep(headed, rows, {place: Add(push[None])}, "from_last", 99)
    for item, text in enumerate(["Tom was sad", "She saw a dog"]):
        expected = logit_difference(embedding(encoder, text))
        assert sweep.score[item] == pytest.approx(expected, rel=1e-3, abs=1e-4)
        pushed = logit_difference(embedding(encoder, text, push))
        assert sweep.results[place].score[0, item] == pytest.approx(pushed, rel=1e-3, abs=1e-4)
        assert not math.isclose(pushed, expected, rel_tol=1e-2)


def test_equal_centroids_are_one_line(load_tiny: Callable[[str], LoadedModel]) -> None:
    texts = ["Tom was sad", "Tom was sad"]
    with pytest.raises(ProbesteerError, match="both labels have the same mean embedding in model"):
        with_centroid_head(load_tiny("encoder"), texts, [0, 1], 40, "concept x: example")
