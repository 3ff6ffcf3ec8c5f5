"""The stages superposition and polytopes, from files to files, on a tiny model."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from probesteer.activations.cache import open_cache
from probesteer.directions.direction import describe
from probesteer.directions.storage import write_directions
from probesteer.figures.rows import matching
from probesteer.files.tables import read_table, write_table
from probesteer.geometry.calibration_table import calibration_table
from probesteer.geometry.calibrations import calibrate_wired
from probesteer.geometry.superposition.spectra import spectrum
from probesteer.models.fetching import fetch_model
from probesteer.models.record import write_record
from probesteer.places import Place
from probesteer.settings.schema import ActivationSettings, GeometrySettings, ModelSettings
from probesteer.settings.slices.geometry import PolytopesSlice, SuperpositionSlice
from probesteer.settings.slices.reading import ActivationsSlice
from probesteer.stages import activations, polytopes, superposition
from probesteer.stages.interface import InputPath, InputPaths, OutputPath
from tests.tiny_models import TEXTS

MODEL = ModelSettings(device="cpu")


def prepared(model_folder: Callable[[str], Path], folder: Path) -> dict[str, InputPath]:
    """Activations of eight texts in a tiny GPT-2, and directions from all of them."""
    paths = {name: folder / name for name in ("record", "examples", "directions", "instruments")}
    source = ModelSettings(path=str(model_folder("gpt2")), device="cpu")
    write_record(paths["record"], fetch_model("gpt2", source, folder))
    labels = np.array([1, 0] * 4)
    csv = folder / "examples.csv"
    rows = pd.DataFrame({"text": TEXTS, "label": labels, "group": list("abcdefgh")})
    rows.to_csv(csv, index=False)
    write_table(paths["examples"], rows.assign(split=["train"] * 4 + ["test"] * 4), {})
    manifest = folder / "cache" / "manifest.json"
    sites = ActivationSettings(sites=["resid_post", "mlp_act"])
    activations.run(
        ActivationsSlice("last", MODEL, sites),
        {"code": ""},
        record=InputPath(paths["record"]),
        examples=InputPath(csv),
        manifest=OutputPath(manifest),
    )
    cache, found = open_cache(manifest), []
    for place in cache.places:
        X = np.asarray(cache.read(place))
        mean = X[labels == 1].mean(axis=0) - X[labels == 0].mean(axis=0)
        for method in ("difference_of_means", "logistic"):
            found.append(describe(mean, X, labels, place, method))
    write_directions(paths["directions"], found, {})
    write_table(paths["instruments"], calibration_table(calibrate_wired(0)), {})
    return {name: InputPath(path) for name, path in {**paths, "manifest": manifest}.items()}


def test_superposition_of_two_concepts(model_folder: Callable[[str], Path], tmp_path: Path) -> None:
    given = prepared(model_folder, tmp_path)
    table = OutputPath(tmp_path / "superposition")
    superposition.run(
        SuperpositionSlice("tiny", 0, ["one", "other"], 0.9, 2),
        {},
        instruments=given["instruments"],
        manifests=InputPaths((given["manifest"],) * 2),
        examples=InputPaths((given["examples"],) * 2),
        directions=InputPaths((given["directions"],) * 2),
        table=table,
    )
    found = read_table(table)
    place = Place("resid_post", 1)
    here = matching(found, site=place.site, layer=place.layer, concept="one")
    X = np.asarray(open_cache(given["manifest"]).read(place))
    rank = matching(here, method="trained", metric="effective_rank")["value"].item()
    assert rank == spectrum(X).effective_rank
    # Both are one concept under two names: their directions are one, and don't span a plane.
    assert matching(here, method="raw", metric="cosine")["value"].item() == 1
    assert matching(found, metric="auroc").empty
    assert set(matching(found, site="mlp_act")["method"]) >= {"neurons", "rotations"}


def test_polytopes_around_a_concept(model_folder: Callable[[str], Path], tmp_path: Path) -> None:
    given = prepared(model_folder, tmp_path)
    asked = GeometrySettings(
        examples=8,
        paths=5,
        factors=[0.0, 1.0, 2.0],
        strengths=[-1.0, 0.0, 1.0],
        codes="soft",
        plane=6,
    )
    tables = [OutputPath(tmp_path / name) for name in ("once", "again")]
    clusters, plane = (OutputPath(tmp_path / name) for name in ("clusters", "plane"))
    for table in tables:
        polytopes.run(
            PolytopesSlice("tiny", "mood", 0, MODEL, asked),
            {},
            **{name: given[name] for name in ("instruments", "record", "manifest", "examples")},
            directions=given["directions"],
            shuffled=InputPaths(()),
            table=table,
            clusters=clusters,
            plane=plane,
        )
    found, again = map(read_table, tables)
    pd.testing.assert_frame_equal(found, again)
    assert set(found["network"]) == {"trained", "reinitialised"}
    # Three blocks: nothing comes after the last.
    assert set(zip(found["site"], found["layer"], strict=True)) == {
        ("resid_pre", 0),
        ("resid_post", 0),
        ("resid_post", 1),
    }
    unscaled = matching(found, path="ray", metric="prediction_changed", strength=1.0)
    assert set(unscaled["value"]) == {0.0}
    pushed = matching(found, path="push", metric="crossings", method="difference_of_means")
    assert pushed["strength"].unique().tolist() == [-0.5, 0.5]
    assert (matching(found, path="push")["network"] == "trained").all()
    members = read_table(clusters)
    assert members.columns.tolist() == [
        *("model", "concept", "site", "layer", "network", "method", "example", "cluster")
    ]
    assert set(members["network"]) == {"trained"}
    for _, inside in members.groupby(["site", "layer", "method"]):
        assert sorted(inside["example"]) == list(range(8))
    # GELU: soft codes are measured beside the hard ones, and differ from them.
    hard, soft = (
        matching(found, path="pairs", metric="density_within", method=method)["value"].to_numpy()
        for method in ("activations", "soft_codes")
    )
    assert len(hard) == len(soft) == 2 * 3
    assert 0 < np.abs(hard - soft).max() < 0.5
    slices = read_table(plane)
    assert slices.columns.tolist() == [
        *("model", "concept", "site", "layer", "network", "method", "metric", "right", "up"),
        *("value", "name"),
    ]
    for network in ("trained", "reinitialised"):
        for place in (("resid_pre", 0), ("resid_post", 0), ("resid_post", 1)):
            here = matching(slices, network=network, site=place[0], layer=place[1])
            counts = here["metric"].value_counts().to_dict()
            assert counts == {"predicted": 6**2, "density": 5**2, "example": 3}
