"""Loading: the right weights on the right device, or one line that says what is wrong."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import RobertaConfig, RobertaForMaskedLM

from probesteer.errors import ProbesteerError
from probesteer.models.fetching import fetch_model
from probesteer.models.loading import LoadedModel, load_model
from probesteer.settings.schema import ModelSettings
from tests.tiny_models import CONTEXT, KINDS, WIDTH

Folder = Callable[[str], Path]


@pytest.fixture
def copied(tmp_path: Path, model_folder: Folder) -> Path:
    """A copy of the tiny GPT-2's folder, to change."""
    return Path(shutil.copytree(model_folder("gpt2"), tmp_path / "copied"))


def load(folder: Path, **settings: Any) -> LoadedModel:
    wanted = ModelSettings(path=str(folder), **{"device": "cpu", **settings})
    return load_model(fetch_model("mine", wanted, folder), wanted)


def refusal(folder: Path, **settings: Any) -> str:
    with pytest.raises(ProbesteerError) as caught:
        load(folder, **settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_loads_with_its_own_weights(kind: str, model_folder: Folder) -> None:
    loaded = load(model_folder(kind))
    file = load_file(model_folder(kind) / "model.safetensors")
    own = loaded.model.state_dict()
    compared = [name for name in file if name in own]
    assert len(compared) >= 10 * len(loaded.blocks)
    assert all(torch.equal(file[name], own[name]) for name in compared)
    assert (loaded.width, loaded.context_length) == (WIDTH, CONTEXT)
    assert not loaded.model.training
    assert not any(weights.requires_grad for weights in loaded.model.parameters())


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_the_dtype_is_the_one_asked_for(dtype: str, model_folder: Folder) -> None:
    loaded = load(model_folder("llama"), dtype=dtype)
    assert {weights.dtype for weights in loaded.model.parameters()} == {getattr(torch, dtype)}


def test_run_blocks_gives_what_the_head_gets(load_tiny: Callable[[str], LoadedModel]) -> None:
    loaded = load_tiny("gpt2")
    ids = torch.tensor([[3, 4, 5]])
    with torch.no_grad():
        hidden = loaded.run_blocks({"input_ids": ids, "attention_mask": torch.ones_like(ids)})
        logits = loaded.model(input_ids=ids).logits
    assert torch.equal(loaded.model.lm_head(hidden), logits)


def test_an_unknown_device_is_one_line(model_folder: Folder) -> None:
    message = refusal(model_folder("gpt2"), device="abacus")
    assert message == "device 'abacus' is unknown; use auto, cpu or cuda"


def test_a_missing_gpu_is_one_line(model_folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    message = refusal(model_folder("gpt2"), device="cuda:1")
    assert message == "device 'cuda:1': no GPU is to be seen here; use auto or cpu"
    assert load(model_folder("gpt2"), device="auto").device.type == "cpu"


def test_pickled_weights_load_where_they_are_allowed(copied: Path) -> None:
    weights = load_file(copied / "model.safetensors")
    torch.save(weights, copied / "pytorch_model.bin")
    (copied / "model.safetensors").unlink()
    loaded = load(copied, allow_pickle_weights=True)
    assert torch.equal(loaded.model.transformer.wte.weight, weights["transformer.wte.weight"])


def test_safetensors_win_over_pickled_weights_that_are_allowed(copied: Path) -> None:
    (copied / "pytorch_model.bin").write_bytes(b"never read")
    loaded = load(copied, allow_pickle_weights=True)
    assert len(loaded.blocks) == 3


class Trap:
    """Its pickle would write a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_even_allowed_weights_run_no_code(copied: Path, tmp_path: Path) -> None:
    torch.save({"transformer.wte.weight": Trap(tmp_path / "sprung")}, copied / "pytorch_model.bin")
    (copied / "model.safetensors").unlink()
    assert "can't be loaded" in refusal(copied, allow_pickle_weights=True)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("damage", ["empty", "words", "truncated", "long header"])
def test_corrupt_weights_are_one_line(damage: str, copied: Path) -> None:
    path = copied / "model.safetensors"
    whole = path.read_bytes()
    damaged = {
        "empty": b"",
        "words": b"only words, and enough of them",
        "truncated": whole[: len(whole) // 2],
        "long header": b"\xff" * 8 + whole[8:],
    }
    path.write_bytes(damaged[damage])
    message = refusal(copied)
    assert message.startswith(f"model mine: {copied} can't be loaded: ")
    assert message.endswith("; fetch or save it anew")


@pytest.mark.parametrize("content", ["{", "{}", '{"version": 3}'])
def test_a_corrupt_tokenizer_is_one_line(content: str, copied: Path) -> None:
    (copied / "tokenizer.json").write_text(content)
    assert refusal(copied).startswith(f"model mine: {copied} can't be loaded: ")


def test_weights_of_another_size_are_one_line(copied: Path) -> None:
    config = json.loads((copied / "config.json").read_text())
    (copied / "config.json").write_text(json.dumps({**config, "n_embd": 32}))
    assert refusal(copied).startswith(f"model mine: {copied} can't be loaded: ")


def test_an_unknown_model_type_is_one_line(copied: Path) -> None:
    config = json.loads((copied / "config.json").read_text())
    (copied / "config.json").write_text(json.dumps({**config, "model_type": "abacus"}))
    message = refusal(copied)
    assert message.startswith(f"model mine: {copied} can't be loaded: ")
    assert "abacus" in message


def test_weights_that_lack_a_tensor_are_refused_not_made_up(copied: Path) -> None:
    weights = load_file(copied / "model.safetensors")
    del weights["transformer.h.1.mlp.c_fc.weight"]
    save_file(weights, copied / "model.safetensors", {"format": "pt"})
    assert refusal(copied) == (
        f"model mine: {copied} lacks 1 weights, the first is transformer.h.1.mlp.c_fc.weight; "
        "fetch or save it anew"
    )


def test_code_beside_the_weights_is_not_run(copied: Path, tmp_path: Path) -> None:
    config = json.loads((copied / "config.json").read_text())
    own = {"AutoModelForCausalLM": "own.Own", "AutoConfig": "own.OwnConfig"}
    (copied / "config.json").write_text(
        json.dumps({**config, "model_type": "own", "auto_map": own})
    )
    (copied / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    assert "can't be loaded" in refusal(copied)
    assert not (tmp_path / "ran").exists()


def test_the_blocks_of_a_decoder_follow_the_encoders(
    load_tiny: Callable[[str], LoadedModel],
) -> None:
    loaded = load_tiny("t5")
    assert list(loaded.blocks) == [*loaded.model.encoder.block, *loaded.model.decoder.block]
    assert (loaded.kind, loaded.decoder_layer, loaded.decoder_start_id) == ("encoder_decoder", 2, 0)


def test_positions_that_padding_takes_are_no_context(
    load_tiny: Callable[[str], LoadedModel],
) -> None:
    config = RobertaConfig(
        vocab_size=50,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=34,
        pad_token_id=1,
    )
    loaded = replace(load_tiny("bert"), model=RobertaForMaskedLM(config))
    assert loaded.context_length == 32
    longest = torch.full((1, 32), 5)
    loaded.model(input_ids=longest)
    with pytest.raises((IndexError, RuntimeError), match="out of"):
        loaded.model(input_ids=torch.full((1, 33), 5))
    assert load_tiny("bert").context_length == CONTEXT
