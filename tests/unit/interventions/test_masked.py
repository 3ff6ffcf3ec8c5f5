"""Masked models are steered at the mask, from scores to the stage's tables."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from probesteer.errors import ProbesteerError
from probesteer.files.tables import read_table, write_table
from probesteer.interventions.edits import Add
from probesteer.interventions.masked_scoring import score_masked_prompts, score_masked_texts
from probesteer.interventions.readouts import text_rows
from probesteer.interventions.sweep import run_sweep
from probesteer.models.loading import LoadedModel
from probesteer.places import Place
from probesteer.settings.schema import ModelSettings, SteeringSettings
from probesteer.settings.slices.steering import SteeringSlice
from tests.tiny_models import WIDTH
from tests.unit.interventions.test_steering_stages import WRITTEN, inputs, outputs, run_steering

Load = Callable[[str], LoadedModel]


def prompts_of(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["prompt", "positive", "negative"])


def log_probabilities(loaded: LoadedModel, text: str, at: int) -> torch.Tensor:
    """By transformers alone: [vocabulary] at token `at`."""
    with torch.no_grad():
        logits = loaded.model(**loaded.tokenizer(text, return_tensors="pt")).logits
    return torch.log_softmax(logits[0, at], dim=-1)


def test_a_prompt_is_scored_at_its_mask(load_tiny: Load) -> None:
    loaded = load_tiny("bert")
    asked = prompts_of(("The [MASK] is happy", "cat", "dog"), ("The cat is", "good", "bad"))
    rows = score_masked_prompts(loaded, asked, "concept x:")
    assert [row.start for row in rows] == [2, 4]
    sweep = run_sweep(loaded, rows, {Place("resid_post", 0): Add(torch.zeros(1, WIDTH))}, "all", 99)
    ids = loaded.tokenizer.convert_tokens_to_ids
    for score, text, at, words in (
        (sweep.score[0], "The [MASK] is happy", 2, ("cat", "dog")),
        (sweep.score[1], "The cat is [MASK].", 4, ("good", "bad")),
    ):
        found = log_probabilities(loaded, text, at)
        expected = float(found[ids(words[0])] - found[ids(words[1])])
        assert score == pytest.approx(expected, abs=1e-5)


def test_a_text_is_scored_with_each_token_masked_in_turn(load_tiny: Load) -> None:
    loaded = load_tiny("bert")
    rows, tokens = text_rows(loaded, ["Tom was sad.", "No."], "concept x:")
    assert tokens.tolist() == [4, 2]
    edit = {Place("resid_post", 1): Add(torch.zeros(1, WIDTH))}
    sweep = run_sweep(loaded, rows, edit, "all", 99)
    words = ["Tom", "was", "sad", "."]
    expected = 0.0
    for at, word in enumerate(words):
        text = " ".join([*words[:at], "[MASK]", *words[at + 1 :]])
        found = log_probabilities(loaded, text, at + 1)
        expected += float(found[loaded.tokenizer.convert_tokens_to_ids(word)])
    assert sweep.score[0] == pytest.approx(expected, abs=1e-5)
    assert score_masked_texts(loaded, ["No."], "x")[0].ids[1] == loaded.tokenizer.mask_token_id


@pytest.mark.parametrize("positions", ["from_last", "all"])
@pytest.mark.parametrize("place", [Place("resid_pre", 0), Place("resid_mid", 1)])
def test_a_resumed_sweep_equals_hooks_on_the_whole_model(
    place: Place, positions: str, load_tiny: Load
) -> None:
    loaded = load_tiny("bert")
    asked = prompts_of(("The [MASK] is happy", "cat", "dog"), ("She saw the", "house", "dog"))
    rows = score_masked_prompts(loaded, asked, "x")
    pushes = torch.linspace(-1, 1, 3 * WIDTH).view(3, WIDTH)
    found, expected = (
        run_sweep(loaded, rows, {place: Add(pushes)}, positions, 99, direct=direct)
        for direct in (False, True)
    )
    np.testing.assert_allclose(found.results[place].score, expected.results[place].score, atol=1e-5)
    assert np.ptp(found.results[place].score[:, 0]) > 1e-3


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("The [MASK] is", "happy cat", "dog"), "prompt 1: 'happy cat' is not one token; a masked"),
        (("The [MASK] is [MASK]", "cat", "dog"), "prompt 1: 2 masks; use one"),
    ],
)
def test_what_one_mask_cannot_hold_is_one_line(
    row: tuple[str, str, str], said: str, load_tiny: Load
) -> None:
    with pytest.raises(ProbesteerError, match=said):
        score_masked_prompts(load_tiny("bert"), prompts_of(row), "concept x:")


def test_the_stage_steers_a_masked_model(
    model_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    given = inputs("bert", model_folder, tmp_path)
    prompts = read_table(given["prompts"]).replace("very happy", "good")
    write_table(given["prompts"], prompts, {})
    paths = outputs(tmp_path / "a", *WRITTEN)
    sweep = SteeringSettings([-1, 0, 1], bootstrap_draws=100, layers=[-1, 0, 1], readout=[])
    settings = SteeringSlice("tiny", "mood", 0, ModelSettings(device="cpu"), sweep)
    run_steering(settings, given, paths)
    table = read_table(paths["table"])
    slopes = table[(table["metric"] == "slope") & (table["method"] == "difference_of_means")]
    assert len(slopes) and all(math.isfinite(value) for value in slopes["value"])
    assert (table["metric"] == "neutral_loss").any()
    assert read_table(paths["samples"]).empty
