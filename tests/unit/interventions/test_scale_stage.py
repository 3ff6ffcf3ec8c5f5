"""The stage scale, from files to files, on a tiny model."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from probesteer.activations.cache import (
    Request,
    write_manifest,
    write_tokens,
)
from probesteer.errors import ProbesteerError
from probesteer.files.tables import read_table, write_table
from probesteer.places import Place
from probesteer.settings.schema import ModelSettings, ScaleSettings
from probesteer.settings.slices.steering import ScaleSlice
from probesteer.stages import scale
from probesteer.stages.interface import InputPath
from tests.cached_layers import write_layer
from tests.tiny_models import WIDTH
from tests.unit.interventions.test_steering_stages import KEY, NUMBERS, PLACES, inputs, outputs

READ = ("record", "directions", "prompts", "neutral", "examples")
FACTOR_KEY = ["operator", "method", "positions", "unit"]


def cached_activations(folder: Path, examples: Path, places: list[Place]) -> InputPath:
    """Standard normal activations of every example."""
    rows = read_table(examples)
    rows = rows.assign(group=[f"group {row}" for row in range(len(rows))])
    write_table(examples, rows, {})
    request = Request(*["model", "float32", "tokenizer", "", "last", "float32", "texts"])
    folder.mkdir()
    for seed, place in enumerate(places):
        X = np.random.default_rng(seed).standard_normal((len(rows), WIDTH)).astype(np.float32)
        write_layer(folder, place, X, request)
    ones = np.ones(len(rows), dtype=np.int64)
    columns = {"example": np.arange(len(rows)), "token": 0 * ones, "ids": ones, "lengths": ones}
    write_tokens(folder, columns)
    write_manifest(folder, request, places, {"causal": True})
    return InputPath(folder / "manifest.json")


def test_scale_writes_its_tables(model_folder: Callable[[str], Path], tmp_path: Path) -> None:
    settings = ScaleSlice(
        "tiny",
        "mood",
        0,
        ModelSettings(device="cpu"),
        ScaleSettings(
            strengths=[-1e30, -1.0, 0.0, 1.0, 1e30],
            operators=["add", "rotate"],
            factors=[0.0, 1.0, 2.0],
            layers=[-1, 1],
            bootstrap_draws=100,
        ),
    )
    files = inputs("opt", model_folder, tmp_path)
    given = {name: files[name] for name in READ}
    # Of the two places that are pushed, the cache holds one.
    given["manifest"] = cached_activations(tmp_path / "cache", given["examples"], PLACES[1:])
    paths = outputs(tmp_path / "a", "table", "sensitivity")
    scale.run(settings, {}, **given, table=paths["table"], sensitivity=paths["sensitivity"])
    table, sensitivity = read_table(paths["table"]), read_table(paths["sensitivity"])
    assert list(table.columns) == [*KEY, *FACTOR_KEY, "strength", *NUMBERS]
    assert list(sensitivity.columns) == [*KEY, *FACTOR_KEY, "split", *NUMBERS, "bound"]
    for found in (table, sensitivity):
        assert set(zip(found["site"], found["layer"], found["operator"], strict=True)) == {
            (site, layer, operator)
            for site, layer in (("resid_pre", 0), ("resid_post", 1))
            for operator in ("add", "rotate", "multiply")
        }
    unscaled = table[table["strength"] == table["operator"].map({"multiply": 1.0}).fillna(0.0)]
    for metric in ("logit_difference_change", "kl", "prediction_changed", "angle", "final_change"):
        values = unscaled[unscaled["metric"] == metric]["value"]
        assert len(values)
        np.testing.assert_allclose(values, 0, atol=1e-5)
    # A push of 1e30 breaks the model, which no stage may crash on; a rotation keeps the norm.
    broken = table[(table["strength"].abs() == 1e30) & (table["operator"] == "add")]
    assert (broken.query("metric == 'neutral_loss'")["value"].fillna(np.inf) > 5).all()
    turned = table[(table["operator"] == "rotate") & (table["metric"] == "norm_ratio")]
    np.testing.assert_allclose(turned["value"], 1, rtol=1e-5)
    off = table[table["metric"].str.contains("mahalanobis|percentile")]
    assert set(off["site"]) == {"resid_post"}
    assert set(off["operator"]) == {"add", "rotate"}
    far = off.query("metric == 'cached_percentile' and operator == 'add' and strength == 1e30")
    assert far["value"].tolist() == [100.0]


def test_an_operator_that_does_not_take_the_unit_is_named(
    model_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    files = inputs("gpt2", model_folder, tmp_path)
    given = {name: files[name] for name in READ}
    given["manifest"] = cached_activations(tmp_path / "cache", given["examples"], PLACES[:1])
    sweep = ScaleSettings(operators=["ablate"], bootstrap_draws=100)
    settings = ScaleSlice("tiny", "mood", 0, ModelSettings(device="cpu"), sweep)
    paths = outputs(tmp_path / "a", "table", "sensitivity")
    with pytest.raises(ProbesteerError, match="unit: ablate takes no 'gap'"):
        scale.run(settings, {}, **given, table=paths["table"], sensitivity=paths["sensitivity"])
