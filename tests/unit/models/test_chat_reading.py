"""The stage `activations` on a chat: what it stores is what the model computes there."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from probesteer.activations.cache import open_cache
from probesteer.errors import ProbesteerError
from probesteer.models.fetching import fetch_model
from probesteer.models.record import write_record
from probesteer.places import Place
from probesteer.settings.schema import ActivationSettings, ChatSettings, ModelSettings
from probesteer.settings.slices.reading import ActivationsSlice
from probesteer.stages import activations
from probesteer.stages.interface import InputPath, OutputPath
from tests.unit.models.test_chat import ASK, CHATML, INSTRUCT

PLACE = Place("resid_post", 1)
WORDS = ["The cat was sad", "No", "The old man is not good and she was happy"]
# Behind what the template writes before the user's words, and "Is it so ?".
ENDS = {CHATML: [9, 6, 15], INSTRUCT: [11, 8, 17]}


@pytest.fixture
def folder(tmp_path: Path, model_folder: Callable[[str], Path]) -> Path:
    shutil.copytree(model_folder("llama"), tmp_path / "model")
    rows = "".join(f"{text},{row % 2}\n" for row, text in enumerate(WORDS))
    (tmp_path / "x.csv").write_text(f"text,label\n{rows}")
    return tmp_path


def read(
    folder: Path, template: str, side: str, asked: ActivationsSlice
) -> tuple[np.ndarray, dict[str, object]]:
    """The activations that the stage stores at one place, and its manifest."""
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    tokenizer.chat_template, tokenizer.padding_side = template, side
    if template is CHATML:
        tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
        model = AutoModelForCausalLM.from_pretrained(folder / "model")
        torch.manual_seed(0)
        model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
        model.save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    settings = ModelSettings(path=str(folder / "model"), device="cpu")
    write_record(folder / "record.json", fetch_model("llama", settings, folder))
    manifest = folder / "cache/manifest.json"
    activations.run(
        replace(asked, model=settings),
        {"code": ""},
        record=InputPath(folder / "record.json"),
        examples=InputPath(folder / "x.csv"),
        manifest=OutputPath(manifest),
    )
    return np.array(open_cache(manifest).read(PLACE)), json.loads(manifest.read_text())


@torch.no_grad()
def computed(folder: Path, chat: ChatSettings, tokens: list[int]) -> np.ndarray:
    """The output of the block for each text alone, as the library itself renders a turn."""
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    model = AutoModelForCausalLM.from_pretrained(folder / "model")
    rows = []
    for text, token in zip(WORDS, tokens, strict=True):
        turns = [{"role": "user", "content": str(chat.user).replace("{text}", text)}]
        ids = tokenizer.apply_chat_template(turns, add_generation_prompt=True)["input_ids"]
        seen = model(torch.tensor([ids]), output_hidden_states=True).hidden_states
        rows.append(seen[PLACE.layer + 1][0, token].numpy())
    return np.stack(rows)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("template", [CHATML, INSTRUCT])
def test_the_end_of_the_users_words_is_stored(template: str, side: str, folder: Path) -> None:
    stored, manifest = read(folder, template, side, ActivationsSlice("user_end", chat=ASK))
    expected = computed(folder, ASK, ENDS[template])
    np.testing.assert_allclose(stored, expected, rtol=1e-4, atol=1e-5)
    assert manifest["truncated"] == 0


def test_the_last_token_is_that_of_the_rendered_prompt(folder: Path) -> None:
    stored, _ = read(folder, INSTRUCT, "right", ActivationsSlice("last", chat=ASK))
    np.testing.assert_allclose(stored, computed(folder, ASK, [-1] * 3), rtol=1e-4, atol=1e-5)


def test_other_templates_and_wrappers_are_other_requests(folder: Path) -> None:
    digests = set()
    for template, chat in ((CHATML, ASK), (INSTRUCT, ASK), (INSTRUCT, ChatSettings("{text}!"))):
        _, manifest = read(folder, template, "right", ActivationsSlice("last", chat=chat))
        asked = manifest["request"]
        assert isinstance(asked, dict)
        digests.add(asked["template"])
    assert len(digests) == 3
    assert "" not in digests


def test_texts_that_are_cut_are_counted_or_refused(folder: Path) -> None:
    with (folder / "x.csv").open("a") as rows:
        rows.write(f"The dog {'cat ' * 80},1\n")
    plain = ActivationsSlice("0")
    with pytest.raises(ProbesteerError, match=r"x\.csv: row 5: 83 tokens, but model llama takes"):
        read(folder, INSTRUCT, "right", plain)
    cut = ActivationSettings(truncate=True)
    _, manifest = read(folder, INSTRUCT, "right", replace(plain, activations=cut))
    assert manifest["truncated"] == 1
    at_end = replace(plain, activations=cut, chat=ASK, position="last")
    with pytest.raises(ProbesteerError, match=r"x\.csv: row 5: the text is cut before the end of"):
        read(folder, INSTRUCT, "right", at_end)
