"""The embedded model's fine-tune."""

import json
from pathlib import Path

import pytest
import torch

from probesteer.models.demo import tuning, weights_folder
from probesteer.models.demo.building import load
from probesteer.models.demo.sampling import Sampler
from probesteer.models.demo.tokenizer import vocabulary
from probesteer.models.demo.tuning import DemoTuningSettings, story_of, tune, write_tuned
from probesteer.models.demo.vocabulary import BAD_ADVERBS, GOOD_ADVERBS
from probesteer.stages import tune_demo_model
from probesteer.stages.interface import OutputPaths


def test_stories_have_the_feeling_that_was_asked_for() -> None:
    for good, present, absent in (
        (True, GOOD_ADVERBS, BAD_ADVERBS),
        (False, BAD_ADVERBS, GOOD_ADVERBS),
    ):
        sampler = Sampler(0)
        words = [word for _ in range(200) for word in story_of(sampler, good).words]
        assert set(present) & set(words)
        assert not set(absent) & set(words)
        assert set(words) <= set(vocabulary())


def test_tuning_lowers_the_loss_of_what_it_sees_and_keeps_a_seed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tuning, "_UNSEEN", 40)
    settings = DemoTuningSettings(steps=6, batch_size=8)
    write_tuned(settings, tmp_path)
    stored = load(tmp_path)
    again = tune(settings)
    for name, weights in stored.state_dict().items():
        # Stored as float16.
        assert torch.equal(weights, again.state_dict()[name].half().float()), name
    record = json.loads((tmp_path / "training.json").read_text(encoding="utf-8"))
    assert record["settings"] == vars(settings)
    before, after = record["nats a token, before and after"]["good stories"]
    assert after < before
    other = tune(DemoTuningSettings(steps=6, batch_size=8, seed=1))
    embedding = "transformer.wte.weight"
    assert not torch.equal(other.state_dict()[embedding], again.state_dict()[embedding])
    kept = load(weights_folder()).state_dict()[embedding]
    assert not torch.equal(again.state_dict()[embedding], kept)


def test_the_stage_writes_beside_the_first_of_its_files(tmp_path: Path) -> None:
    files = OutputPaths((tmp_path / "tuned" / "config.json",))
    tune_demo_model.run(DemoTuningSettings(steps=1, batch_size=2), {}, files=files)
    assert {"config.json", "model.safetensors", "tokenizer.json", "training.json"} <= {
        path.name for path in (tmp_path / "tuned").iterdir()
    }
