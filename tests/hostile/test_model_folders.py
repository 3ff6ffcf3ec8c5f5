"""Model folders that carry code: a pickle, Python beside the weights, a template."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from probesteer.errors import ProbesteerError
from probesteer.models.fetching import fetch_model
from probesteer.models.loading import load_model
from probesteer.settings.schema import ModelSettings

Folder = Callable[[str], Path]


class Trap:
    """Unpickled, it writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


@pytest.fixture
def sprung(tmp_path: Path) -> Path:
    """The file that a payload writes where it runs."""
    return tmp_path / "sprung"


@pytest.fixture
def copied(tmp_path: Path, model_folder: Folder) -> Path:
    return Path(shutil.copytree(model_folder("gpt2"), tmp_path / "model"))


def refused(folder: Path, **settings: Any) -> str:
    chosen = ModelSettings(path=str(folder), device="cpu", **settings)
    with pytest.raises(ProbesteerError) as caught:
        load_model(fetch_model("mine", chosen, folder.parent), chosen)
    said = str(caught.value)
    assert said.splitlines() == [said]
    return said


def test_the_trap_works(sprung: Path, tmp_path: Path) -> None:
    """Else the tests below would show nothing."""
    torch.save(Trap(sprung), tmp_path / "trap.bin")
    torch.load(tmp_path / "trap.bin", weights_only=False)
    assert sprung.exists()


@pytest.mark.parametrize("allowed", [False, True])
def test_a_pickle_runs_nothing(copied: Path, sprung: Path, allowed: bool) -> None:
    weights = load_file(copied / "model.safetensors")
    (copied / "model.safetensors").unlink()
    torch.save({**weights, "trap": Trap(sprung)}, copied / "pytorch_model.bin")
    said = refused(copied, allow_pickle_weights=allowed)
    if not allowed:
        assert "convert its weights with save_pretrained, or set allow_pickle_weights" in said
    assert not sprung.exists()


@pytest.mark.parametrize("name", ["training_args.bin", "tokenizer.pkl", "scheduler.pt"])
def test_pickles_beside_the_weights_are_never_opened(copied: Path, sprung: Path, name: str) -> None:
    torch.save(Trap(sprung), copied / name)
    chosen = ModelSettings(path=str(copied), device="cpu")
    record = fetch_model("mine", chosen, copied.parent)
    assert len(load_model(record, chosen).blocks) == 3
    assert not sprung.exists()


@pytest.mark.parametrize("kind", ["own_type", "known_type"])
def test_python_beside_the_weights_is_not_run(copied: Path, sprung: Path, kind: str) -> None:
    code = f"from pathlib import Path\nPath({str(sprung)!r}).touch()\nfrom transformers import *\n"
    (copied / "payload.py").write_text(
        code + "class C(GPT2Config): pass\nclass M(GPT2LMHeadModel): pass\n"
        "class T(PreTrainedTokenizerFast): pass\n"
    )
    config = json.loads((copied / "config.json").read_text())
    config["auto_map"] = {"AutoConfig": "payload.C", "AutoModelForCausalLM": "payload.M"}
    if kind == "own_type":
        config["model_type"] = "payload"
    (copied / "config.json").write_text(json.dumps(config))
    tokenizer = json.loads((copied / "tokenizer_config.json").read_text())
    tokenizer["auto_map"] = {"AutoTokenizer": [None, "payload.T"]}
    (copied / "tokenizer_config.json").write_text(json.dumps(tokenizer))
    if kind == "own_type":
        assert "can't be loaded" in refused(copied)
    else:
        chosen = ModelSettings(path=str(copied), device="cpu")
        loaded = load_model(fetch_model("mine", chosen, copied.parent), chosen)
        assert type(loaded.model).__module__.startswith("transformers.")
    assert not sprung.exists()


def test_a_chat_template_can_not_reach_python(copied: Path, sprung: Path) -> None:
    reach = "messages.__class__.__mro__[1].__subclasses__()"
    chosen = ModelSettings(path=str(copied), device="cpu")
    loaded = load_model(fetch_model("mine", chosen, copied.parent), chosen)
    loaded.tokenizer.chat_template = "{{ " + reach + " }}{{ cycler.__init__.__globals__ }}"
    from jinja2.exceptions import SecurityError

    with pytest.raises(SecurityError):
        loaded.tokenizer.apply_chat_template([{"role": "user", "content": "x"}], tokenize=False)
    assert not sprung.exists()
