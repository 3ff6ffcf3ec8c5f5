"""What later probes read of a push: against plain numbers, and a model that passes it on."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from probesteer.directions.direction import Direction
from probesteer.figures.rows import matching
from probesteer.interventions.survival import Pushed, PushGrid, push_and_read, survival_table
from probesteer.models.loading import LoadedModel
from probesteer.places import Place

GRID = PushGrid([-1.0, 2.0], "gap", 64, 200, 0)
PLACE, LATER = Place("resid_post", 0), Place("resid_post", 1)
GROUPS = np.array(list("abcdeef"))
SPLITS = np.array(["validation", "test", "test", "test", "test", "test", "test"])
NAMES = [("difference_of_means", -1), ("random", 0), ("random", 1), ("logistic", -1)]


def directions(width: int) -> list[Direction]:
    rng = np.random.default_rng(0)
    found = []
    for method, draw in NAMES:
        vector = rng.standard_normal(width)
        unit = (vector / np.linalg.norm(vector)).astype(np.float32)
        found.append(Direction(unit, PLACE, method, draw, 1.5, 1.0, 1.0, 1.0, 0.0, 10))
    return found


def test_a_residual_stream_that_adds_nothing_passes_all_of_it_on(
    load_tiny: Callable[[str], LoadedModel],
) -> None:
    loaded = load_tiny("gpt2")
    with torch.no_grad():
        for block in list(loaded.blocks)[1:]:
            for name, weights in block.named_parameters():
                if "c_proj" in name:
                    weights.zero_()
    given = directions(loaded.width)
    reader = np.random.default_rng(1).standard_normal(loaded.width)
    readers = {PLACE: reader, LATER: reader, Place("resid_post", 2): 2 * reader}
    prompts = pd.DataFrame({"prompt": ["The cat is"], "positive": ["good"], "negative": ["bad"]})
    pushed = push_and_read(loaded, prompts, given, GRID, readers, "concept x:")
    for place, factor in ((PLACE, 1), (LATER, 1), (Place("resid_post", 2), 2)):
        expected = [[[factor * reader @ d.push(s, "gap")] for s in GRID.strengths] for d in given]
        np.testing.assert_allclose(pushed.read[place], expected, atol=1e-4)
    assert pushed.score.shape == (4, 2, 1)
    assert (np.abs(pushed.score) > 1e-3).all()


@pytest.fixture(scope="module")
def table() -> tuple[pd.DataFrame, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    read = np.random.default_rng(3).standard_normal((4, 2, 7))
    pushed = Pushed(directions(8), read, {PLACE: read, LATER: read + 1})
    return survival_table(pushed, GRID, GROUPS, SPLITS), read


def test_means_intervals_and_the_range_of_draws(
    table: tuple[pd.DataFrame, np.ndarray[tuple[int, ...], np.dtype[np.float64]]],
) -> None:
    rows, read = table
    assert set(rows["metric"]) == {"probe_readout"}
    assert len(rows) == 2 * 2 * 2 * 3  # places, splits, strengths, methods
    for split, taken in (("all", np.full(7, True)), ("test", SPLITS == "test")):
        for later, shift in ((0, 0.0), (1, 1.0)):
            here = matching(rows, split=split, read_layer=later)
            means = read[..., taken].mean(axis=-1) + shift
            for s, strength in enumerate(GRID.strengths):
                (row,) = matching(here, method="logistic", strength=strength).to_dict("records")
                assert row["value"] == pytest.approx(means[3, s])
                assert row["low"] < row["value"] < row["high"]
                assert (row["n"], row["interval"]) == (taken.sum(), "bootstrap 95%")
                (band,) = matching(here, method="random", strength=strength).to_dict("records")
                np.testing.assert_allclose(
                    [band["value"], band["low"], band["high"]],
                    [means[1:3, s].mean(), means[1:3, s].min(), means[1:3, s].max()],
                )
                assert (band["n"], band["interval"], band["draw"]) == (2, "range of draws", -1)


def test_every_control_of_several_draws_has_a_range_of_its_own() -> None:
    names = [("difference_of_means", -1), ("random", 0), ("shuffled", 0), ("shuffled", 1)]
    controls = [
        replace(direction, method=method, draw=draw)
        for direction, (method, draw) in zip(directions(8), names, strict=True)
    ]
    read = np.random.default_rng(4).standard_normal((4, 2, 7))
    rows = survival_table(Pushed(controls, read, {PLACE: read}), GRID, GROUPS, SPLITS)
    assert not rows.duplicated(["method", "strength", "split"]).any()
    (band,) = matching(rows, method="shuffled", strength=2.0, split="all").to_dict("records")
    assert (band["n"], band["draw"]) == (2, -1)
    assert (band["low"], band["high"]) == pytest.approx(sorted(read[2:, 1].mean(axis=-1)))


def test_a_split_without_prompts_has_no_rows() -> None:
    read = np.zeros((4, 2, 7))
    pushed = Pushed(directions(8), read, {PLACE: read})
    rows = survival_table(pushed, GRID, GROUPS, np.full(7, "validation"))
    assert set(rows["split"]) == {"all"}
