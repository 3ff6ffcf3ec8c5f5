"""The stages steering and scale, from files to files, on a tiny model."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probesteer.directions.direction import Direction
from probesteer.directions.storage import write_directions
from probesteer.files.tables import read_table, write_table
from probesteer.models.fetching import fetch_model
from probesteer.models.record import write_record
from probesteer.places import EMBEDDING, Place
from probesteer.settings.schema import (
    ModelSettings,
    SampleSettings,
    ScaleSettings,
    SteeringSettings,
)
from probesteer.settings.slices import ScaleSlice, SteeringSlice
from probesteer.stages import scale, steering
from probesteer.stages.interface import InputPath, OutputPath
from tests.tiny_models import TEXTS, WIDTH

PLACES = [EMBEDDING, Place("resid_post", 0), Place("resid_post", 1), Place("resid_post", 2)]
KEY = ["model", "concept", "site", "layer"]
NUMBERS = ["metric", "value", "low", "high", "n", "interval"]


def directions() -> list[Direction]:
    rng = np.random.default_rng(0)
    found = []
    for place in PLACES:
        for method, draw in (("difference_of_means", -1), ("random", 0), ("random", 1)):
            vector = rng.standard_normal(WIDTH)
            unit = (vector / np.linalg.norm(vector)).astype(np.float32)
            found.append(Direction(unit, place, method, draw, 1.5, 1, 1, 1, 0, 9))
    return found


def inputs(kind: str, model_folder: Callable[[str], Path], folder: Path) -> dict[str, InputPath]:
    """The files that both stages read."""
    names = ("record", "directions", "prompts", "neutral", "examples")
    paths = {name: folder / name for name in names}
    settings = ModelSettings(path=str(model_folder(kind)), device="cpu")
    write_record(paths["record"], fetch_model(kind, settings, folder))
    write_directions(paths["directions"], directions(), {})
    prompts = pd.DataFrame(
        {
            "prompt": ["The cat is", "Tom was", "The dog is", "She was", "He was", "The bird is"],
            "positive": ["happy", "good", "very happy", "happy", "good", "good"],
            "negative": ["sad", "bad", "sad", "bad", "sad", "bad"],
            "group": list("abcabc"),
            "split": ["validation", "test", "test"] * 2,
        }
    )
    write_table(paths["prompts"], prompts, {})
    write_table(paths["neutral"], pd.DataFrame({"text": TEXTS[:2]}), {})
    labelled = {"text": TEXTS, "label": [1, 0] * 4, "split": ["train"] * 6 + ["test"] * 2}
    write_table(paths["examples"], pd.DataFrame(labelled), {})
    return {name: InputPath(path) for name, path in paths.items()}


def outputs(folder: Path, *names: str) -> dict[str, OutputPath]:
    folder.mkdir()
    return {name: OutputPath(folder / name) for name in names}


def test_steering_writes_its_tables_equal_to_the_byte(
    model_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    settings = SteeringSlice(
        "tiny",
        "mood",
        0,
        ModelSettings(device="cpu"),
        SteeringSettings(
            strengths=[2.0, -1.0, 0.0, 1.0],
            bootstrap_draws=100,
            samples=SampleSettings(strengths=[0.0, 2.0], prompts=2, new_tokens=4),
        ),
    )
    given = inputs("gpt2", model_folder, tmp_path)
    runs = [outputs(tmp_path / name, "table", "prompts_table", "samples") for name in ("a", "b")]
    for paths in runs:
        steering.run(
            settings,
            {"stage": "steering"},
            **given,
            table=paths["table"],
            prompts_table=paths["prompts_table"],
            samples=paths["samples"],
        )
    for name, path in runs[0].items():
        assert path.read_bytes() == runs[1][name].read_bytes()
    table = read_table(runs[0]["table"])
    key = ["method", "draw", "positions", "unit", "strength"]
    assert list(table.columns) == [*KEY, *key, "split", *NUMBERS]
    assert set(table["positions"]) == {"from_last", "all"}
    assert set(table["layer"]) == {0, 1, 2}
    per_prompt = read_table(runs[0]["prompts_table"])
    assert list(per_prompt.columns) == [
        *KEY,
        *key,
        *["prompt", "group", "split", "metric", "value"],
    ]
    means = per_prompt.groupby([*KEY, *key])["value"].mean()
    found = table[(table["metric"] == "logit_difference_change") & (table["split"] == "all")]
    by_key = found[found["interval"] != "range of draws"].set_index([*KEY, *key])["value"]
    pd.testing.assert_series_equal(by_key.sort_index(), means.sort_index())
    samples = read_table(runs[0]["samples"])
    assert list(samples.columns) == [
        *KEY,
        *["method", "positions", "unit", "strength", "prompt", "continuation", "seed"],
    ]
    assert len(samples) == 4


def test_scale_writes_its_tables(model_folder: Callable[[str], Path], tmp_path: Path) -> None:
    settings = ScaleSlice(
        "tiny",
        "mood",
        0,
        ModelSettings(device="cpu"),
        ScaleSettings(
            strengths=[-1e30, -1.0, 0.0, 1.0, 1e30],
            factors=[0.0, 1.0, 2.0],
            layers=[-1, 1],
            bootstrap_draws=100,
        ),
    )
    paths = outputs(tmp_path / "a", "table", "sensitivity")
    scale.run(
        settings,
        {},
        **inputs("opt", model_folder, tmp_path),
        table=paths["table"],
        sensitivity=paths["sensitivity"],
    )
    key = [*KEY, "operator", "method", "positions", "unit"]
    table, sensitivity = read_table(paths["table"]), read_table(paths["sensitivity"])
    assert list(table.columns) == [*key, "strength", *NUMBERS]
    assert list(sensitivity.columns) == [*key, *NUMBERS, "bound"]
    assert set(zip(table["site"], table["layer"], strict=True)) == {
        ("resid_pre", 0),
        ("resid_post", 1),
    }
    unscaled = table[table["strength"] == table["operator"].map({"add": 0.0, "multiply": 1.0})]
    for metric in ("logit_difference_change", "kl", "prediction_changed"):
        values = unscaled[unscaled["metric"] == metric]["value"]
        np.testing.assert_allclose(values, 0, atol=1e-5)
    # A push of 1e30 breaks the model, which no stage may crash on.
    broken = table[table["strength"].abs() == 1e30]
    assert (broken.query("metric == 'neutral_loss'")["value"].fillna(np.inf) > 5).all()


def slopes(**values: float) -> pd.DataFrame:
    """Rows of the metric "slope": positions_split_layer=value."""
    rows = []
    for name, value in values.items():
        positions, split, layer = name.rsplit("_", 2)
        rows.append((positions, split, "resid_post", int(layer), "difference_of_means", value))
    table = pd.DataFrame(rows, columns=["positions", "split", "site", "layer", "method", "value"])
    return table.assign(metric="slope")


@pytest.mark.parametrize(
    ("table", "layer"),
    [
        (slopes(from_last_validation_0=1, from_last_validation_1=2, from_last_test_2=9), 1),
        (slopes(from_last_validation_0=1, from_last_validation_1=0.5, all_validation_2=9), 0),
        (slopes(all_validation_0=1, all_validation_2=9), 2),
        (slopes(from_last_all_1=1, from_last_test_1=1), 1),
        (slopes(from_last_validation_0=float("nan"), from_last_validation_2=-1), 2),
        (slopes(from_last_validation_0=1, from_last_validation_3=9), 0),
    ],
)
def test_samples_come_from_the_steepest_validation_slope(table: pd.DataFrame, layer: int) -> None:
    chosen = steering.steepest_direction(table, directions(), Place("resid_post", 3))
    assert (chosen.method, chosen.place) == ("difference_of_means", Place("resid_post", layer))


def test_samples_come_from_the_last_place_only_where_there_is_no_other() -> None:
    table, last = slopes(from_last_validation_2=9), Place("resid_post", 2)
    assert steering.steepest_direction(table, directions(), last).place == last
