"""The stage entanglement, from files to a file: one concept under two names."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from probesteer.figures.rows import matching
from probesteer.files.tables import read_table
from probesteer.settings.schema import ChatSettings, ModelSettings, SteeringSettings
from probesteer.settings.slices.steering import EntanglementSlice, SteeringSlice
from probesteer.stages import entanglement
from probesteer.stages.interface import InputPaths, OutputPath
from tests.unit.interventions.test_steering_stages import (
    NUMBERS,
    WRITTEN,
    inputs,
    outputs,
    run_steering,
)


def test_entanglement_of_two_concepts(model_folder: Callable[[str], Path], tmp_path: Path) -> None:
    given = inputs("gpt2", model_folder, tmp_path)
    swept = outputs(tmp_path / "a", *WRITTEN)
    sweep = SteeringSettings(
        strengths=[-1.0, 0.0, 1.0], bootstrap_draws=100, entanglement=[-1.0, 2.0]
    )
    model = ModelSettings(device="cpu")
    run_steering(SteeringSlice("tiny", "mood", 0, model, sweep), given, swept)
    concepts = ["mood", "other"]
    chats = {name: ChatSettings() for name in concepts}
    settings = EntanglementSlice("tiny", 0, concepts, model, sweep, chats)
    names = ("directions", "probes", "reading", "prompts", "examples")
    twice = {name: InputPaths((given[name],) * 2) for name in names}
    table = OutputPath(tmp_path / "entanglement")
    entanglement.run(
        settings,
        {},
        record=given["record"],
        directions=twice["directions"],
        probes=twice["probes"],
        reading=twice["reading"],
        steering=InputPaths((swept["table"],) * 2),
        prompts=twice["prompts"],
        examples=twice["examples"],
        table=table,
    )
    moved = read_table(table)
    assert list(moved.columns) == [
        *["model", "concept", "other", "site", "layer", "method", "draw", "positions", "unit"],
        *["strength", "read_site", "read_layer", "split", *NUMBERS],
    ]
    pairs = moved.groupby(["concept", "other"])
    assert set(pairs.groups) == {(one, other) for one in concepts for other in concepts}
    # Both are the same concept under two names.
    blocks = [rows.drop(columns=["concept", "other"]).reset_index(drop=True) for _, rows in pairs]
    for block in blocks[1:]:
        pd.testing.assert_frame_equal(block, blocks[0])
    assert set(moved["split"]) == {"test"}
    assert set(moved["n"]) == {4, 2}
    # What is pushed is what the steering stage pushed, on the prompts that it reports.
    effect = matching(
        moved.iloc[: len(blocks[0])], metric="logit_difference", method="difference_of_means"
    )
    whole = read_table(swept["table"])
    at = {"site": effect["site"].iloc[0], "layer": effect["layer"].iloc[0]}
    reported = matching(
        whole,
        **at,
        metric="logit_difference_change",
        method="difference_of_means",
        split="test",
        strength=-1.0,
        positions="from_last",
    )
    found = matching(effect, strength=-1.0)["value"]
    np.testing.assert_allclose(found, reported["value"], atol=1e-5)
