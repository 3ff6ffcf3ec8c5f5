"""The classifier of digits, trained for a moment."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from probesteer.errors import ProbesteerError
from probesteer.models.digits.scans import Scans, load_scans, write_images
from probesteer.models.digits.training import SIDE, DigitsTrainingSettings, store, train
from probesteer.models.fetching import fetch_model
from probesteer.models.images import load_pixels
from probesteer.models.loading import load_model
from probesteer.settings.schema import ModelSettings

QUICK = DigitsTrainingSettings(epochs=2, batch_size=32, learning_rate=5e-3, least_accuracy=0.2)


@pytest.fixture(scope="module")
def few() -> Scans:
    """80 scans of the first sheet and 40 of the last, on which nothing is trained."""
    scans = load_scans()
    rows = np.r_[:80, -40:0]
    return Scans(scans.ink[rows], scans.digits[rows], scans.sheets[rows])


@pytest.fixture(scope="module")
def images(few: Scans, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    write_images(few, folder)
    return folder


def test_a_stored_classifier_reads_and_predicts_as_the_trained_one(
    few: Scans, images: Path, tmp_path: Path
) -> None:
    trained = train(few, images, DigitsTrainingSettings(**{**vars(QUICK), "least_accuracy": 0.0}))
    store(trained, QUICK, tmp_path)
    settings = ModelSettings(path=str(tmp_path), device="cpu")
    loaded = load_model(fetch_model("digits", settings, tmp_path), settings)
    assert loaded.kind == "image" and len(loaded.blocks) == 3
    pixels = load_pixels(loaded, [str(images / f"{row:04}.png") for row in range(len(few.digits))])
    assert tuple(pixels.shape[1:]) == (3, SIDE, SIDE)
    # Enlarged, and standardised over the training images; a grey level is rounded on the way.
    ink = few.ink[few.trained]
    enlarged = functional.interpolate(torch.from_numpy(few.ink)[:, None], SIDE, mode="bilinear")
    expected = ((enlarged - ink.mean()) / ink.std()).expand(-1, 3, -1, -1).numpy()
    np.testing.assert_allclose(pixels, expected, atol=1.5 / 255 / ink.std())
    with torch.no_grad():
        predicted = loaded.model(pixel_values=pixels).logits.argmax(1).numpy()
    right = predicted == few.digits
    assert right[few.trained].mean() == pytest.approx(trained.accuracy_trained)
    assert right[~few.trained].mean() == pytest.approx(trained.accuracy)
    record = json.loads((tmp_path / "training.json").read_text(encoding="utf-8"))
    assert record["accuracy on other hands"] == round(trained.accuracy, 4)


def test_one_seed_gives_one_model(few: Scans, images: Path) -> None:
    settings = DigitsTrainingSettings(epochs=1, least_accuracy=0.0)
    first, second = (train(few, images, settings).model.state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    shuffled = DigitsTrainingSettings(epochs=1, shuffled_labels=True)
    other = train(few, images, shuffled).model.state_dict()
    assert not torch.equal(first["classifier.1.weight"], other["classifier.1.weight"])


def test_a_classifier_that_learned_nothing_is_refused(few: Scans, images: Path) -> None:
    settings = DigitsTrainingSettings(epochs=1, least_accuracy=1.0)
    with pytest.raises(ProbesteerError, match="less than 1; try another seed"):
        train(few, images, settings)
