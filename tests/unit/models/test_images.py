"""Image classifiers: their blocks, and images as tokens at every place."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from probesteer.errors import ProbesteerError
from probesteer.models.contract import prove_sites
from probesteer.models.fetching import fetch_model
from probesteer.models.images import colours_of, load_pixels
from probesteer.models.inputs import read_images
from probesteer.models.loading import LoadedModel, load_model
from probesteer.models.sites import at_place, places_of
from probesteer.places import SITES, Place
from probesteer.settings.schema import ModelSettings
from tests.tiny_image_models import IMAGE_KINDS, save_images, save_tiny_image_model


@pytest.fixture
def loaded(request: pytest.FixtureRequest, tmp_path: Path) -> LoadedModel:
    settings = ModelSettings(path=str(save_tiny_image_model(request.param, tmp_path / "model")))
    return load_model(fetch_model(request.param, settings, tmp_path), settings)


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    return [str(path) for path in save_images(tmp_path / "images", 3)]


every_kind = pytest.mark.parametrize("loaded", IMAGE_KINDS, indirect=True)


@every_kind
def test_the_blocks_are_those_inside_the_stages(loaded: LoadedModel) -> None:
    assert len(loaded.blocks) == 3
    assert len({type(block) for block in loaded.blocks}) == 1
    assert loaded.kind == "image"


@every_kind
def test_what_is_read_is_what_is_written(loaded: LoadedModel, paths: list[str]) -> None:
    sites = SITES if loaded.name == "vit" else ["resid_pre", "resid_post"]
    contract = prove_sites(loaded, places_of(3, sites), read_images(loaded, paths))
    assert contract.batch_difference <= contract.tolerance
    assert contract.cache_difference is None


@pytest.mark.parametrize("loaded", ["resnet", "convnext"], indirect=True)
def test_pixels_of_a_feature_map_are_tokens(loaded: LoadedModel, paths: list[str]) -> None:
    pixels, tokens = load_pixels(loaded, paths), list[Tensor]()
    arrived: list[Tensor] = []
    loaded.blocks[2].register_forward_pre_hook(lambda _, args: arrived.append(args[0].clone()))

    def raise_one_pixel(x: Tensor) -> Tensor:
        tokens.append(x.clone())
        moved = x.clone()
        moved[1, 5, 3] += 1
        return moved

    with torch.no_grad():
        loaded.model(pixel_values=pixels)
        with at_place(loaded.blocks, Place("resid_post", 1), raise_one_pixel):
            loaded.model(pixel_values=pixels)
    plain, edited = arrived
    batch, channels, height, width = plain.shape
    assert tokens[0].shape == (batch, height * width, channels)
    pixel = (1, 3, 5 // width, 5 % width)
    assert tokens[0][1, 5, 3] == plain[pixel]
    assert edited[pixel] == plain[pixel] + 1
    edited[pixel] = plain[pixel]
    assert torch.equal(edited, plain)


@every_kind
def test_an_image_is_a_bag_of_colours(loaded: LoadedModel, paths: list[str]) -> None:
    dark, bright = (np.bincount(colours_of(path), minlength=512) for path in paths[:2])
    assert dark.sum() == bright.sum() == 32 * 32
    # The last of the 512 colours is white; the first black.
    assert bright[256:].sum() > 5 * dark[256:].sum()
    bags = read_images(loaded, paths).bags()
    assert np.array_equal(bags[2], colours_of(paths[2]))


@pytest.mark.parametrize("loaded", ["vit"], indirect=True)
def test_a_file_that_is_no_image_is_one_line(loaded: LoadedModel, tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_text("no image")
    with pytest.raises(ProbesteerError) as caught:
        read_images(loaded, [str(bad)])
    assert str(caught.value) == (
        f"{bad}: not an image that can be read; correct the path, seen from the project, "
        "or delete the row"
    )
