"""The stage polytopes on an image classifier, from files to files."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from probesteer.activations.cache import open_cache
from probesteer.directions.direction import describe
from probesteer.directions.storage import write_directions
from probesteer.errors import ProbesteerError
from probesteer.figures.rows import matching
from probesteer.files.tables import read_table, write_table
from probesteer.geometry.calibration_table import calibration_table
from probesteer.geometry.calibrations import calibrate_wired
from probesteer.geometry.polytopes.continuation import ModelContinuation
from probesteer.models.fetching import fetch_model
from probesteer.models.record import write_record
from probesteer.places import Place
from probesteer.settings.schema import ActivationSettings, GeometrySettings, ModelSettings
from probesteer.settings.slices.geometry import PolytopesSlice
from probesteer.settings.slices.reading import ActivationsSlice
from probesteer.stages import activations, polytopes
from probesteer.stages.interface import InputPath, InputPaths, OutputPath
from tests.tiny_image_models import CLASSES as NAMES
from tests.tiny_image_models import save_images, save_tiny_image_model
from tests.unit.geometry.image_models import load_image_model, noise

MODEL = ModelSettings(device="cpu")
CLASSES = np.arange(15) % 3


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[str, InputPath]:
    """Activations of 15 images of three classes in a tiny ResNet, and a direction at each place."""
    folder = tmp_path_factory.mktemp("images")
    paths = {name: folder / name for name in ("record", "examples", "directions", "instruments")}
    source = ModelSettings(path=str(save_tiny_image_model("resnet", folder / "model")))
    write_record(paths["record"], fetch_model("resnet", source, folder))
    texts = [str(path) for path in save_images(folder / "pictures", len(CLASSES))]
    contrast = (CLASSES == 2).astype(np.int64)
    rows = pd.DataFrame({"text": texts, "label": contrast, "target": CLASSES, "group": texts})
    rows.to_csv(folder / "examples.csv", index=False)
    write_table(paths["examples"], rows, {})
    manifest = folder / "cache" / "manifest.json"
    activations.run(
        ActivationsSlice("mean", MODEL, ActivationSettings(untrained=False)),
        {"code": ""},
        record=InputPath(paths["record"]),
        examples=InputPath(folder / "examples.csv"),
        manifest=OutputPath(manifest),
    )
    cache, found = open_cache(manifest), []
    for place in cache.places:
        X = np.asarray(cache.read(place))
        mean = X[contrast == 1].mean(axis=0) - X[contrast == 0].mean(axis=0)
        found.append(describe(mean, X, contrast, place, "difference_of_means"))
    write_directions(paths["directions"], found, {})
    write_table(paths["instruments"], calibration_table(calibrate_wired(0)), {})
    return {name: InputPath(path) for name, path in {**paths, "manifest": manifest}.items()}


def measured(given: dict[str, InputPath], shuffled: list[Path], folder: Path) -> pd.DataFrame:
    asked = GeometrySettings(
        examples=12, paths=5, plane=5, factors=[0.0, 1.0, 2.0], strengths=[-1.0, 0.0, 1.0]
    )
    polytopes.run(
        PolytopesSlice("resnet", "light", 0, MODEL, asked),
        {},
        **given,
        shuffled=InputPaths(tuple(shuffled)),
        table=OutputPath(folder / "table"),
        clusters=OutputPath(folder / "clusters"),
        plane=OutputPath(folder / "plane"),
    )
    return read_table(folder / "table")


def test_several_classes_are_compared(given: dict[str, InputPath], tmp_path: Path) -> None:
    found = measured(given, [], tmp_path)
    # Four of each of three classes: 6 pairs within each, 4 x 4 between any two.
    pairs = matching(found, path="pairs", network="trained").groupby("metric")["n"].unique()
    assert pairs["density_within"].tolist() == [18]
    assert pairs["density_between"].tolist() == [48]
    pushed = matching(found, path="push", metric="crossings")
    assert len(pushed) == 2 * 3 and (pushed["value"] >= 0).all()
    assert set(found["network"]) == {"trained", "reinitialised"}
    arcs = matching(found, path="arc", metric="density_difference")
    assert len(arcs) == 2 * 3 and np.isfinite(arcs["value"]).all()
    # A class by the name that the model's config gives it.
    plane = matching(read_table(tmp_path / "plane"), metric="predicted")
    assert set(plane["name"]) <= set(NAMES)
    assert len(plane) == 2 * 3 * 5**2


def test_another_network_is_measured_as_the_first_is(
    given: dict[str, InputPath], tmp_path: Path
) -> None:
    same = sorted(save_tiny_image_model("resnet", tmp_path / "same").iterdir())
    found = measured(given, same, tmp_path)
    ours, others = (
        found[(found["network"] == network) & (found["path"] != "push")]
        for network in ("trained", "shuffled")
    )
    ours = ours[ours["method"] != "noise"]
    assert len(others) > 20
    left, right = (rows.drop(columns="network").reset_index(drop=True) for rows in (ours, others))
    pd.testing.assert_frame_equal(left, right)


def test_another_architecture_is_refused(given: dict[str, InputPath], tmp_path: Path) -> None:
    other = sorted(save_tiny_image_model("convnext", tmp_path / "other").iterdir())
    with pytest.raises(ProbesteerError, match="holds another architecture"):
        measured(given, other, tmp_path)


@torch.no_grad()
def test_a_push_of_the_map_is_one_of_every_pixel(tmp_path: Path) -> None:
    loaded = load_image_model("resnet", tmp_path)
    images, examples = noise(4), np.arange(4)
    model = ModelContinuation(loaded, images, Place("resid_post", 0), outputs=[0, 1, 2])
    start = model.activations(examples)
    push = np.random.default_rng(0).standard_normal(8)

    def pushed(_: Any, __: Any, output: Tensor) -> Tensor:
        return output + torch.from_numpy(push).float()[:, None, None]

    hook = loaded.blocks[0].register_forward_hook(pushed)
    expected = loaded.model(pixel_values=images.pixels).logits
    hook.remove()
    passage = model(start + np.tile(push, start.shape[1] // 8), examples)
    np.testing.assert_allclose(passage.scores, expected, rtol=1e-4, atol=1e-4)
