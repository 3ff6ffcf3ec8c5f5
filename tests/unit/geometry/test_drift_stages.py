"""The stages drift and shifts, from files to files, on two tiny models."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probesteer.activations.cache import ActivationCache, open_cache
from probesteer.errors import ProbesteerError
from probesteer.figures.rows import matching
from probesteer.files.tables import read_table, write_table
from probesteer.geometry.calibration_table import calibration_table
from probesteer.geometry.superposition.calibrations import calibrate_superposition
from probesteer.geometry.superposition.drift_calibrations import calibrate_drift
from probesteer.models.fetching import fetch_model
from probesteer.models.record import write_record
from probesteer.probes.logistic import fit_logistic
from probesteer.probes.storage import write_probes
from probesteer.settings.schema import (
    ActivationSettings,
    ChatSettings,
    ModelSettings,
    SteeringSettings,
)
from probesteer.settings.slices.drift import DriftSlice, ShiftsSlice
from probesteer.settings.slices.reading import ActivationsSlice
from probesteer.stages import activations, drift, shifts
from probesteer.stages.interface import InputPath, InputPaths, OutputPath
from tests.tiny_models import TEXTS

MODEL = ModelSettings(device="cpu")
Files = dict[str, Path]


def read_from(model: Path, name: str, folder: Path, examples: Path) -> Path:
    """Activations of eight texts; the manifest."""
    source = ModelSettings(path=str(model), device="cpu")
    write_record(folder / f"{name}.json", fetch_model(name, source, folder))
    manifest = folder / name / "manifest.json"
    activations.run(
        ActivationsSlice("last", MODEL, ActivationSettings(untrained=False)),
        {"code": ""},
        record=InputPath(folder / f"{name}.json"),
        examples=InputPath(examples),
        manifest=OutputPath(manifest),
    )
    return manifest


@pytest.fixture
def files(model_folder: Callable[[str], Path], tmp_path: Path) -> Files:
    """One model under two names, read, with a probe at every place."""
    labels, splits = np.array([1, 0] * 4), ["train"] * 4 + ["test"] * 4
    rows = pd.DataFrame({"text": TEXTS, "label": labels, "group": list("abcdefgh")})
    csv = tmp_path / "examples.csv"
    rows.to_csv(csv, index=False)
    paths = {name: tmp_path / name for name in ("examples", "prompts", "probes", "instruments")}
    write_table(paths["examples"], rows.assign(split=splits), {})
    asked = {"prompt": TEXTS, "positive": " a", "negative": " b", "group": list("abcdefgh")}
    write_table(paths["prompts"], pd.DataFrame(asked).assign(split="test"), {})
    for name in ("first", "second"):
        paths[name] = read_from(model_folder("gpt2"), name, tmp_path, csv)
    cache = open_cache(paths["first"])
    probes = {
        place: fit_logistic(np.asarray(cache.read(place))[:4], labels[:4], 1.0)
        for place in cache.places
    }
    write_probes(paths["probes"], probes, {})
    known = [*calibrate_superposition(0), *calibrate_drift(0)]
    write_table(paths["instruments"], calibration_table(known), {})
    return paths


def compared(files: Files, **changed: Path) -> pd.DataFrame:
    given = {**files, **changed}
    table = OutputPath(files["examples"].parent / "drift")
    steering = SteeringSettings(batch_tokens=256, bootstrap_draws=20, strengths=[-2, -1, 0, 1, 2])
    drift.run(
        DriftSlice(*("one", "two", 0, ["mood"], 2, 20), MODEL, steering, {"mood": ChatSettings()}),
        {},
        instruments=InputPath(given["instruments"]),
        record=InputPath(files["examples"].parent / "second.json"),
        **{
            name: InputPaths((given[name],))
            for name in ("first", "second", "probes", "examples", "prompts")
        },
        table=table,
    )
    return read_table(table)


def test_a_model_beside_itself(files: Files) -> None:
    found = compared(files)
    pd.testing.assert_frame_equal(found, compared(files))
    keys = found[["model", "other", "shift", "concept"]].drop_duplicates()
    assert keys.to_numpy().tolist() == [["one", "two", "checkpoint", "mood"]]
    layers = {("resid_pre", 0), *(("resid_post", layer) for layer in range(3))}
    assert set(zip(found["site"], found["layer"], strict=True)) == layers
    turned = matching(found, direction="transferred", metric="angle")["value"]
    np.testing.assert_allclose(turned, 0, atol=0.01)
    assert set(matching(found, direction="lost")["value"]) == {0.0}
    np.testing.assert_allclose(matching(found, metric="share_of_own")["value"], 1, rtol=1e-3)
    slopes = matching(found, metric="slope", method="difference_of_means")
    moved, own = (matching(slopes, direction=name)["value"] for name in ("transferred", "own"))
    np.testing.assert_allclose(moved, own, rtol=1e-3, atol=1e-6)
    assert (own != 0).all()


def test_instruments_that_missed_are_not_used(files: Files) -> None:
    known = read_table(files["instruments"])
    share = known["instrument"] == "share of the own slope"
    write_table(files["instruments"], known.assign(holds=known["holds"] & ~share), {})
    found = compared(files)
    assert matching(found, metric="slope").empty
    assert not matching(found, metric="angle").empty
    write_table(files["instruments"], known.assign(holds=False), {})
    assert compared(files).empty


def narrowed(cache: ActivationCache, keep: int) -> ActivationCache:
    """The same, of a model with other widths."""
    whole = np.asarray(cache.read(cache.places[0]))
    object.__setattr__(cache, "read", lambda place: whole[:, :keep])
    return cache


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda cache: replace(cache, places=cache.places[:-1]), "read at 4 and 3 places; name"),
        (lambda cache: replace(cache, example=cache.example[::-1]), "read at different tokens"),
        (lambda cache: narrowed(cache, 3), r"are \d+ and 3 wide at embedding; name checkpoints"),
    ],
)
def test_models_that_are_no_checkpoints_of_one(
    change: Callable[[ActivationCache], ActivationCache],
    message: str,
    files: Files,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def opened(manifest: Path) -> ActivationCache:
        cache = open_cache(manifest)
        return change(cache) if manifest == files["second"] else cache

    monkeypatch.setattr(drift, "open_cache", opened)
    with pytest.raises(ProbesteerError, match=message) as caught:
        compared(files)
    assert str(caught.value).startswith("config: geometry.drift.checkpoints: one and two ")


def test_shifts_of_checkpoints_and_data_stand_together(files: Files, tmp_path: Path) -> None:
    found = compared(files)
    at = {"site": "resid_post", "layer": 1, "low": 0.0, "high": 1.0, "n": 9, "interval": "x"}
    cosines = [
        {**at, "concept": one, "method": "logistic", "other_concept": other}
        | {"other_method": "logistic", "metric": "cosine", "value": 0.0, "model": "one"}
        for one, other in (("a", "b"), ("b", "a"))
    ]
    transfer = [
        {**at, "concept": one, "other": other, "method": "logistic", "model": "one"}
        | {"metric": "auroc", "value": 0.5}
        for one in "ab"
        for other in "ab"
    ]
    paths = {name: InputPath(tmp_path / name) for name in ("cosines", "transfer")}
    for path, rows in zip(paths.values(), (cosines, transfer), strict=True):
        write_table(path, pd.DataFrame(rows), {})
    table = OutputPath(tmp_path / "shifts")
    pairs = InputPaths((tmp_path / "drift",))
    shifts.run(ShiftsSlice("one"), {}, **paths, drift=pairs, table=table)
    whole = read_table(table)
    same = matching(whole, shift="checkpoint").reset_index(drop=True)
    pd.testing.assert_frame_equal(same[list(found)], found)
    of_data = matching(whole, shift="data")
    assert set(of_data["metric"]) == {"angle", "cosine", "auroc"}
    assert set(matching(of_data, metric="angle")["value"]) == {90.0}
    assert set(of_data["other"]) == {"one"}
