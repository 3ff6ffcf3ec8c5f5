"""The stage components, from files to files."""

import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probesteer.activations.cache import Request, write_manifest, write_tokens
from probesteer.files.tables import read_table, write_table
from probesteer.geometry.calibration import Calibration, exactly
from probesteer.geometry.calibration_table import calibration_table
from probesteer.geometry.components.calibrations import calibrate_components
from probesteer.geometry.components.factors import fit_directions
from probesteer.places import EMBEDDING, Place
from probesteer.settings.slices.geometry import ComponentsSlice
from probesteer.stages import components
from probesteer.stages.interface import InputPath, OutputPath
from tests.cached_layers import write_layer

LAYER = Place("resid_post", 0)
EXAMPLES = 60
CLUSTER = np.repeat([0, 1, -1], [25, 20, 15])
SETTINGS = ComponentsSlice("tiny", "mood", 0, ["no", "yes"], 2, 3)


def activations(place: Place) -> np.ndarray:
    """Two tokens an example: the first is far from everything, the last is in its cluster."""
    generator = np.random.default_rng(place.layer)
    last = 3 * np.eye(5)[CLUSTER] + generator.standard_normal((EXAMPLES, 5))
    X = np.stack([np.full_like(last, 1e3), last], axis=1).reshape(-1, 5)
    return X.astype(np.float32)


@pytest.fixture
def given(tmp_path: Path) -> dict[str, InputPath]:
    labels = np.tile([0, 1], EXAMPLES // 2)
    rows = pd.DataFrame({"text": [f"text {row}" for row in range(EXAMPLES)], "label": labels})
    write_table(tmp_path / "examples", rows, {})
    request = Request(*["x"] * 7)
    places = [EMBEDDING, LAYER]
    for place in places:
        write_layer(tmp_path, place, activations(place), request)
    columns = {
        "example": np.repeat(np.arange(EXAMPLES), 2),
        "token": np.tile([0, 1], EXAMPLES),
        "ids": np.zeros(2 * EXAMPLES, dtype=np.int64),
        "lengths": np.full(EXAMPLES, 2),
    }
    write_tokens(tmp_path, columns)
    write_manifest(tmp_path, request, places, {"causal": True})
    parts = [
        members(network, method, place)
        for network in ("trained", "shuffled")
        for method in ("codes", "cosine")
        for place in (*places, Place("resid_post", 7))
    ]
    write_table(tmp_path / "clusters", pd.concat(parts), {})
    write_table(tmp_path / "instruments", calibration_table(calibrate_components(0)), {})
    names = {"manifest": "manifest.json", "examples": "examples", "clusters": "clusters"}
    return {
        name: InputPath(tmp_path / file)
        for name, file in {**names, "instruments": "instruments"}.items()
    }


def members(network: str, method: str, place: Place) -> pd.DataFrame:
    """Of another network, all are in one cluster."""
    cluster = CLUSTER if network == "trained" else 0
    own = pd.DataFrame({"example": np.arange(EXAMPLES), "cluster": cluster})
    return own.assign(network=network, method=method, site=place.site, layer=place.layer)


def run(given: dict[str, InputPath], folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    table, central = (OutputPath(folder / name) for name in ("table", "central"))
    components.run(SETTINGS, {}, **given, table=table, central=central)
    return read_table(table), read_table(central)


def test_directions_of_every_layer_that_was_read(
    given: dict[str, InputPath], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        found, central = run(given, tmp_path)
    pd.testing.assert_frame_equal(found, run(given, tmp_path)[0])
    assert {(*key,) for key in found[["site", "layer"]].to_numpy()} == {
        (place.site, place.layer) for place in (EMBEDDING, LAYER)
    }
    assert found[["model", "concept"]].drop_duplicates().to_numpy().tolist() == [["tiny", "mood"]]
    # The last token that was read stands for the example.
    X = activations(LAYER)[1::2]
    vectors = fit_directions(X, "pca", 2, 0)
    inside = CLUSTER >= 0
    high = np.argsort(-vectors.cosines(X[inside])[:, 0])[:5]
    here = found[(found["site"] == "resid_post") & (found["clusters"] == "codes")]
    share = here[(here["method"] == "pca") & (here["direction"] == 0) & (here["metric"] == "share")]
    assert share["value"].item() == np.bincount(CLUSTER[inside][high]).max() / 5
    assert "taken apart by sign: embedding, layer 0" in caplog.text
    assert set(central["cluster"]) == {0, 1}
    assert central.query("rank == 1")["size"].unique().tolist() == [25]
    assert central.query("rank == 1")["labels"].unique().tolist() == ["no: 13, yes: 12"]
    texts = [f"text {row}" for row in central["example"]]
    assert central["text"].tolist() == texts


def test_names_of_classes(given: dict[str, InputPath], tmp_path: Path) -> None:
    rows = read_table(given["examples"])
    write_table(given["examples"], rows.assign(target=2), {})
    _, central = run(given, tmp_path)
    assert set(central["label"]) == {"2"}
    assert set(central["purity"]) == {1.0}


def test_an_instrument_that_missed_leaves_the_texts(
    given: dict[str, InputPath], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tried = [*calibrate_components(0)]
    tried[0] = Calibration(tried[0].toy, tried[0].instrument, exactly(0, "0"), 1.0)
    write_table(given["instruments"], calibration_table(tried), {})
    found, central = run(given, tmp_path)
    assert found.empty
    assert not central.empty
    assert "directions of PCA and NMF left out" in caplog.text


def test_no_clusters_and_no_activations(
    given: dict[str, InputPath], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clusters = read_table(given["clusters"])
    write_table(given["clusters"], clusters[clusters["layer"] == 7], {})
    found, central = run(given, tmp_path)
    assert found.empty
    assert central.empty
    assert "no directions: resid_post not in activations.sites" in caplog.text
    write_table(given["clusters"], clusters.iloc[:0], {})
    assert run(given, tmp_path)[0].columns.tolist() == found.columns.tolist()
    write_table(given["clusters"], clusters.assign(cluster=-1), {})
    found, central = run(given, tmp_path)
    assert set(found["metric"]) == {"count"}
    assert central.empty


@pytest.mark.slow
def test_directions_are_fitted_without_torch() -> None:
    code = "import sys, probesteer.stages.components; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
