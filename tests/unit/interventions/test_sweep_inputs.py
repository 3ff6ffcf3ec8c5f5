"""What the stages that push a model read: the model with its chat, and no chat for the others."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from probesteer.errors import ProbesteerError
from probesteer.files.tables import write_table
from probesteer.models.fetching import fetch_model
from probesteer.models.record import write_record
from probesteer.settings.schema import ChatSettings, ModelSettings, SteeringSettings
from probesteer.settings.slices.steering import SteeringSlice
from probesteer.stages.sweep_inputs import SweepInputs, read_sweep_inputs

CHAT = ChatSettings(user="{text}?")


def inputs(kind: str, model_folder: Callable[[str], Path], folder: Path) -> SweepInputs:
    model = ModelSettings(path=str(model_folder(kind)), device="cpu")
    write_record(folder / "record", fetch_model(kind, model, folder))
    rows = pd.DataFrame({"prompt": ["The cat"], "positive": ["a"], "negative": ["b"]})
    write_table(folder / "prompts", rows, {})
    write_table(folder / "neutral", pd.DataFrame({"text": ["No."]}), {})
    asked = SteeringSlice("tiny", "mood", 0, model, SteeringSettings(), CHAT)
    files = [folder / name for name in ("record", "prompts", "neutral", "examples")]
    return read_sweep_inputs(asked, asked.steering, *files)


def test_the_model_knows_its_chat(model_folder: Callable[[str], Path], tmp_path: Path) -> None:
    assert inputs("gpt2", model_folder, tmp_path).loaded.chat == CHAT


@pytest.mark.parametrize("kind", ["bert", "t5", "encoder"])
def test_a_chat_is_for_models_that_continue_it(
    kind: str, model_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    with pytest.raises(ProbesteerError) as caught:
        inputs(kind, model_folder, tmp_path)
    assert str(caught.value) == (
        f"concept mood: model {kind} doesn't continue its prompt, so that it can't be steered in a "
        "chat; leave chat out of the concept's YAML, or choose a causal model"
    )
