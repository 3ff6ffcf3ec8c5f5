"""The stages gradients and directions, from files to files."""

import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import run as run_process

import numpy as np
import pandas as pd
import pytest

from probesteer.activations.cache import (
    Request,
    write_manifest,
    write_tokens,
)
from probesteer.directions.eraser_storage import read_erasers
from probesteer.directions.estimators import difference_of_means
from probesteer.directions.gradient_storage import read_gradients, write_gradients
from probesteer.directions.leace import fit_eraser
from probesteer.directions.storage import read_directions
from probesteer.errors import ProbesteerError
from probesteer.figures.rows import matching
from probesteer.files.tables import read_table, write_table
from probesteer.files.tensors import write_tensors
from probesteer.interventions.gradients import logit_gradients
from probesteer.interventions.readouts import prompt_rows
from probesteer.models.loading import LoadedModel
from probesteer.places import EMBEDDING, Place
from probesteer.probes.logistic import fit_logistic
from probesteer.probes.storage import write_probes
from probesteer.settings.schema import DirectionSettings, ModelSettings
from probesteer.settings.slices.directions import DirectionsSlice, GradientsSlice
from probesteer.stages import directions, gradients
from probesteer.stages.interface import InputPath, InputPaths, OutputPath
from tests.cached_layers import write_layer
from tests.tiny_models import WIDTH
from tests.unit.interventions.test_steering_stages import inputs

D, N = 6, 40
PLACES = [EMBEDDING, Place("resid_post", 0), Place("resid_post", 1)]
WRITTEN = ("directions", "table", "erasers", "agreement")
METHODS = [
    *("difference_of_means", "paired_difference", "logistic", "lda", "pca_of_differences"),
    *("leace", "logit_gradient", "file"),
]


def activations(seed: int, place: Place, labels: np.ndarray) -> np.ndarray:
    """Noise, and the label along the axis `seed`; at the embedding nothing but one row."""
    if place == EMBEDDING:
        return np.ones((len(labels), D), dtype=np.float32)
    rng = np.random.default_rng([seed, place.layer])
    X = rng.standard_normal((len(labels), D))
    X[:, seed] += 3 * labels
    return X.astype(np.float32)


def concept(folder: Path, seed: int) -> dict[str, Path]:
    """The cache, examples and probes of a concept that lies along the axis `seed`."""
    folder.mkdir()
    labels = np.tile([0, 1], N // 2)
    rows = pd.DataFrame(
        {
            "label": labels,
            "group": [f"group {row // 4}" for row in range(N)],
            "pair": [f"pair {row // 2}" for row in range(N)],
            "split": ["train"] * 32 + ["test"] * 8,
        }
    )
    write_table(folder / "examples", rows, {})
    request = Request(*["model", "float32", "tokenizer", "", "last", "float32", "texts"])
    probes = {}
    for place in PLACES:
        X = activations(seed, place, labels)
        write_layer(folder, place, X, request)
        probes[place] = fit_logistic(X[:32], labels[:32], 0.5)
    ones = np.ones(N, dtype=np.int64)
    columns = {"example": np.arange(N), "token": 0 * ones, "ids": ones, "lengths": ones}
    write_tokens(folder, columns)
    write_manifest(folder, request, PLACES, {"causal": True})
    write_probes(folder / "probes", probes, {})
    names = {"manifest": "manifest.json", "examples": "examples", "probes": "probes"}
    return {name: folder / file for name, file in names.items()}


def run(settings: DirectionSettings, folder: Path, **further: tuple[Path, ...]) -> dict[str, Path]:
    own = concept(folder / "own", 0)
    paths = {name: OutputPath(folder / name) for name in WRITTEN}

    def several(name: str) -> InputPaths:
        return InputPaths(further.get(name, ()))

    directions.run(
        DirectionsSlice("tiny", "mood", 0, settings),
        {},
        manifest=InputPath(own["manifest"]),
        examples=InputPath(own["examples"]),
        probes=InputPath(own["probes"]),
        gradients=several("gradients"),
        given=several("given"),
        others=several("others"),
        others_examples=several("others_examples"),
        directions=paths["directions"],
        table=paths["table"],
        erasers=paths["erasers"],
        agreement=paths["agreement"],
    )
    return dict(paths)


def test_every_method_and_control(tmp_path: Path) -> None:
    other = concept(tmp_path / "other", 1)
    slopes = {place: np.eye(D, dtype=np.float32)[[2, 2]] for place in PLACES}
    write_gradients(tmp_path / "gradients", slopes, {})
    vectors = {"resid_post.001": np.arange(1.0, D + 1)}
    write_tensors(tmp_path / "v.safetensors", vectors, {})
    paths = run(
        DirectionSettings(METHODS, 8, 3, 2, 5, None, ["other"]),
        tmp_path,
        gradients=(tmp_path / "gradients",),
        given=(tmp_path / "v.safetensors",),
        others=(other["manifest"],),
        others_examples=(other["examples"],),
    )
    found = read_directions(paths["directions"])
    # At the embedding both labels have the same mean, and the file has the last block alone.
    assert {one.place for one in found} == set(PLACES[1:])
    for place in PLACES[1:]:
        here = [one for one in found if one.place == place]
        given = METHODS if place.layer == 1 else METHODS[:-1]
        drawn = ["random"] * 8 + ["orthogonal"] * 3 + ["shuffled"] * 2
        assert [one.method for one in here] == [*given, *drawn, "other_other"]
        labels = np.tile([0, 1], N // 2)[:32]
        X = activations(0, place, np.tile([0, 1], N // 2))[:32]
        mean = difference_of_means(X, labels)
        by_name = {one.method: one for one in here if one.draw < 0}
        np.testing.assert_allclose(
            by_name["difference_of_means"].vector, mean / np.linalg.norm(mean), atol=1e-6
        )
        np.testing.assert_array_equal(by_name["logit_gradient"].vector, np.eye(D)[2])
        other_X = activations(1, place, np.tile([0, 1], N // 2))[:32]
        other_mean = difference_of_means(other_X, labels)
        expected = other_mean / np.linalg.norm(other_mean)
        np.testing.assert_allclose(by_name["other_other"].vector, expected, atol=1e-6)
        assert by_name["other_other"].gap == by_name["difference_of_means"].gap
        eraser = fit_eraser(X, labels)
        np.testing.assert_array_equal(read_erasers(paths["erasers"])[place].read, eraser.read)
    table = read_table(paths["agreement"])
    key = ["model", "concept", "site", "layer", "method", "other_layer"]
    assert list(table.columns) == [*key, "metric", "value", "low", "high", "n", "interval"]
    resampled = matching(table, metric="resample_cosine")
    assert set(resampled["method"]) == set(METHODS[:6])
    assert (resampled["layer"] == resampled["other_layer"]).all()
    assert (resampled["low"] <= resampled["high"]).all()
    between = matching(table, metric="layer_cosine", method="difference_of_means")
    assert list(between["layer"]) == [0, 0, 1, 1]
    assert list(between["other_layer"]) == [0, 1, 0, 1]


def test_defaults_need_no_further_file(tmp_path: Path) -> None:
    paths = run(DirectionSettings(), tmp_path)
    found = read_directions(paths["directions"])
    assert len(found) == 2 * (2 + 8)
    assert read_erasers(paths["erasers"]) == {}
    assert set(read_table(paths["agreement"])["metric"]) == {"layer_cosine"}


def test_a_file_without_a_vector_for_any_layer(tmp_path: Path) -> None:
    write_tensors(tmp_path / "v.safetensors", {"resid_post.007": np.ones(D)}, {})
    with pytest.raises(ProbesteerError, match=r"v\.safetensors: no vector for any layer; "):
        run(
            DirectionSettings(["difference_of_means", "file"]),
            tmp_path,
            given=(tmp_path / "v.safetensors",),
        )


@pytest.mark.slow
def test_directions_are_derived_without_torch() -> None:
    code = "import sys, probesteer.stages.directions; sys.exit('torch' in sys.modules)"
    assert run_process([sys.executable, "-c", code], check=False).returncode == 0


def test_gradients_of_the_prompts_that_nothing_is_reported_on(
    model_folder: Callable[[str], Path],
    load_tiny: Callable[[str], LoadedModel],
    tmp_path: Path,
) -> None:
    files = inputs("gpt2", model_folder, tmp_path)
    places = PLACES[:2]
    cached = tmp_path / "cached"
    cached.mkdir()
    request = Request(*["model", "float32", "tokenizer", "", "last", "float32", "texts"])
    for place in places:
        X = np.zeros((1, WIDTH), dtype=np.float32)
        write_layer(cached, place, X, request)
    columns = ("example", "token", "ids", "lengths")
    write_tokens(cached, {name: np.ones(1, np.int64) for name in columns})
    write_manifest(cached, request, places, {"causal": True})

    def differentiate() -> None:
        gradients.run(
            GradientsSlice("tiny", "mood", 64, ModelSettings(device="cpu")),
            {},
            record=files["record"],
            prompts=files["prompts"],
            examples=files["examples"],
            manifest=InputPath(cached / "manifest.json"),
            gradients=OutputPath(tmp_path / "gradients"),
        )

    differentiate()
    found = read_gradients(tmp_path / "gradients")
    prompts = read_table(files["prompts"]).query("split == 'validation'")
    loaded = load_tiny("gpt2")
    expected = logit_gradients(loaded, prompt_rows(loaded, prompts, "x:"), places, 64)
    assert list(found) == places
    for place in places:
        np.testing.assert_array_equal(found[place], expected[place])
    reported = read_table(files["prompts"]).assign(split="test")
    write_table(files["prompts"], reported, {})
    with pytest.raises(ProbesteerError, match="all prompts are of the test split; leave logit_gr"):
        differentiate()


def test_gradients_of_another_file_are_refused(tmp_path: Path) -> None:
    write_tensors(tmp_path / "x", {"a": np.ones(2)}, {})
    with pytest.raises(ProbesteerError, match="holds no gradients; delete it and run again"):
        read_gradients(tmp_path / "x")
