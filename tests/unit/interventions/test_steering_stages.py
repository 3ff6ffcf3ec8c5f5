"""The stage steering, from files to files, on a tiny model."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from probesteer.directions.direction import Direction
from probesteer.directions.eraser_storage import write_erasers
from probesteer.directions.leace import Eraser
from probesteer.directions.storage import write_directions
from probesteer.figures.rows import matching
from probesteer.files.tables import read_table, write_table
from probesteer.models.fetching import fetch_model
from probesteer.models.record import write_record
from probesteer.places import EMBEDDING, Place
from probesteer.probes.probe import LogisticProbe
from probesteer.probes.storage import write_probes
from probesteer.settings.schema import (
    AskedSettings,
    ModelSettings,
    SampleSettings,
    SteeringSettings,
)
from probesteer.settings.slices.steering import SteeringSlice
from probesteer.stages import steering
from probesteer.stages.interface import InputPath, OutputPath
from tests.tiny_models import TEXTS, WIDTH

PLACES = [EMBEDDING, Place("resid_post", 0), Place("resid_post", 1), Place("resid_post", 2)]
KEY = ["model", "concept", "site", "layer"]
WRITTEN = ("table", "prompts_table", "operators", "readout", "prompting", "samples")
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


def erasers() -> dict[Place, Eraser]:
    rng = np.random.default_rng(1)
    found = {}
    for place in PLACES:
        mean, read, write = rng.standard_normal((3, WIDTH))
        found[place] = Eraser(mean, read[None], write[None])
    return found


def inputs(kind: str, model_folder: Callable[[str], Path], folder: Path) -> dict[str, InputPath]:
    """The files that steering and scale read."""
    names = (
        "record",
        "directions",
        "erasers",
        "probes",
        "reading",
        "prompts",
        "neutral",
        "examples",
    )
    paths = {name: folder / name for name in names}
    settings = ModelSettings(path=str(model_folder(kind)), device="cpu")
    write_record(paths["record"], fetch_model(kind, settings, folder))
    given = directions()
    write_directions(paths["directions"], given, {})
    write_erasers(paths["erasers"], erasers(), {})
    means = {d.place: d.vector for d in given if d.method == "difference_of_means"}
    probes = {
        place: LogisticProbe(vector.astype(np.float64), 0.1, 1.0, True)
        for place, vector in means.items()
    }
    write_probes(paths["probes"], probes, {})
    read = [(p.site, p.layer, 0.6 + 0.1 * p.layer) for p in probes]
    reading = pd.DataFrame(read, columns=["site", "layer", "value"])
    reading = reading.assign(method="logistic", draw=-1, split="validation", metric="accuracy")
    write_table(paths["reading"], reading, {})
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


def run_steering(
    settings: SteeringSlice, given: dict[str, InputPath], paths: dict[str, OutputPath]
) -> None:
    steering.run(
        settings,
        {"stage": "steering"},
        **given,
        table=paths["table"],
        prompts_table=paths["prompts_table"],
        operators=paths["operators"],
        readout=paths["readout"],
        prompting=paths["prompting"],
        samples=paths["samples"],
    )


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
        asked=AskedSettings("She was happy.", "Tom was sad."),
    )
    given = inputs("gpt2", model_folder, tmp_path)
    runs = [outputs(tmp_path / name, *WRITTEN) for name in ("a", "b")]
    for paths in runs:
        run_steering(settings, given, paths)
    for name, path in runs[0].items():
        assert path.read_bytes() == runs[1][name].read_bytes()
    table = read_table(runs[0]["table"])
    key = ["method", "draw", "positions", "unit", "strength"]
    assert list(table.columns) == [*KEY, "operator", *key, "split", *NUMBERS]
    assert set(table["operator"]) == {"add"}
    assert set(table["positions"]) == {"from_last", "all"}
    assert set(table["layer"]) == {0, 1, 2}
    per_prompt = read_table(runs[0]["prompts_table"])
    assert list(per_prompt.columns) == [
        *KEY,
        *key,
        *["prompt", "group", "split", "metric", "value"],
    ]
    means = per_prompt.groupby([*KEY, *key, "metric"])["value"].mean()
    found = table[table["metric"].isin(set(per_prompt["metric"])) & (table["split"] == "all")]
    by_key = found[found["interval"] != "range of draws"].set_index([*KEY, *key, "metric"])
    pd.testing.assert_series_equal(by_key["value"].sort_index(), means.sort_index())
    assert set(per_prompt["metric"]) == {
        "logit_difference_change",
        "log_probability_positive_change",
        "log_probability_negative_change",
    }
    samples = read_table(runs[0]["samples"])
    assert list(samples.columns) == [
        *KEY,
        *["method", "positions", "unit", "strength", "prompt", "continuation", "seed"],
        *["read_site", "read_layer", "log_odds"],
        *["distinct_1", "distinct_2", "distinct_3", "repetition"],
    ]
    assert len(samples) == 4
    assert samples["log_odds"].notna().all()
    pushed = samples["layer"].iloc[0]
    # The best place on validation is the last block, unless it is the one that is pushed.
    assert set(samples["read_layer"]) == {1 if pushed == 2 else 2}
    read = read_table(runs[0]["readout"])
    assert list(read.columns) == [*KEY, *key, "read_site", "read_layer", "split", *NUMBERS]
    assert set(read["method"]) == {"difference_of_means", "random"}
    assert set(read["layer"]) == {pushed}
    at_push = matching(read, read_layer=pushed, method="difference_of_means", strength=1.0)
    # The probe is the direction itself, whose own push of one gap it reads as one.
    np.testing.assert_allclose(at_push.query("read_site == site")["value"], 1, atol=1e-5)
    worded = read_table(runs[0]["prompting"])
    assert list(worded.columns) == [name for name in table if name != "operator"]
    assert set(worded["strength"]) == {-1.0, 1.0}


def test_what_is_not_asked_for_gives_empty_tables(
    model_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    sweep = SteeringSettings(strengths=[-1.0, 0.0, 1.0], bootstrap_draws=100, readout=[])
    sweep.samples.prompts = 0
    settings = SteeringSlice("tiny", "mood", 0, ModelSettings(device="cpu"), sweep)
    paths = outputs(tmp_path / "a", *WRITTEN)
    run_steering(settings, inputs("t5", model_folder, tmp_path), paths)
    assert len(read_table(paths["table"])) > 0
    for name in ("operators", "readout", "prompting", "samples"):
        assert len(read_table(paths[name])) == 0


def test_operators_of_the_settings_are_measured(
    model_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    sweep = SteeringSettings(
        strengths=[-30.0, 0.0, 30.0],
        unit="angle",
        positions=["last", "generated"],
        bootstrap_draws=100,
        readout=[10.0],
        layers=[0],
        samples=SampleSettings(strengths=[45.0], prompts=1, new_tokens=2),
    )
    sweep.operators.ablate.strengths = [1.0]
    sweep.operators.rotate.strengths = [-90.0, 90.0]
    sweep.operators.erase.strengths = [0.5, 1.0]
    settings = SteeringSlice("tiny", "mood", 0, ModelSettings(device="cpu"), sweep)
    paths = outputs(tmp_path / "a", *WRITTEN)
    run_steering(settings, inputs("llama", model_folder, tmp_path), paths)
    table = read_table(paths["operators"])
    key = ["operator", "method", "draw", "positions", "unit", "strength", "split"]
    assert list(table.columns) == [*KEY, *key, *NUMBERS]
    assert set(table["positions"]) == {"last", "generated"}
    assert set(table["layer"]) == {0}
    strengths = table.groupby("operator", sort=False)["strength"].unique().map(sorted).to_dict()
    assert strengths == {"ablate": [0, 1], "rotate": [-90, 0, 90], "erase": [0, 0.5, 1]}
    turned = matching(table, operator="rotate", metric="angle", strength=90.0)
    np.testing.assert_allclose(turned["value"], 90, atol=1e-3)
    added = read_table(paths["table"])
    assert set(added["unit"]) == {"angle"}
    slopes = matching(added, metric="slope", method="difference_of_means", split="all")
    assert (slopes["value"].abs() > 0).all()
    assert set(read_table(paths["readout"])["unit"]) == {"angle"}
    assert len(read_table(paths["samples"])) == 1
