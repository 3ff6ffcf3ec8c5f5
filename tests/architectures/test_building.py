"""Tiny models of nearly every architecture are built, and make one forward pass."""

import contextlib
import io

import pytest
import torch
from torch import Tensor
from transformers import LlavaConfig
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from tests.architectures.entries import Entry, Kind, build, entries, padded_pair
from tests.architectures.shrinking import tiny_config

# How many architectures of each kind run at least, with transformers 5.23; the rest need a
# package that isn't installed, or a passage that the message of a failure names.
FLOORS: dict[Kind, int] = {"causal": 186, "masked": 51, "encoder_decoder": 37, "image": 44}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", list(FLOORS))
def test_tiny_models_run(kind: Kind) -> None:
    faults = {entry.architecture: fault_of(entry) for entry in entries(kind)}
    failed = [f"{architecture}: {fault}" for architecture, fault in faults.items() if fault]
    assert len(entries(kind)) - len(failed) >= FLOORS[kind], "\n".join(failed)


def fault_of(entry: Entry) -> str:
    """Why a model isn't built, or has no finite output; empty where it has."""
    try:
        with contextlib.redirect_stdout(io.StringIO()), torch.no_grad():
            model = build(entry)
            found = model(**padded_pair(entry, model))
    # Whatever a model's code raises with these sizes is the reason.
    except Exception as fault:
        return f"{type(fault).__name__}: {str(fault).strip()[:160]}"
    outputs: Tensor = found.logits if "logits" in found else found[0]
    return "" if bool(torch.isfinite(outputs).all()) else "the output isn't finite"


@pytest.mark.filterwarnings("ignore")
def test_a_model_is_the_same_every_time() -> None:
    entry = Entry("causal", "llama", "LlamaForCausalLM")
    first, second = (build(entry).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["model.norm.weight"], torch.ones(32))


def test_pair_of_texts_is_padded_on_the_right() -> None:
    entry = Entry("causal", "gpt2", "GPT2LMHeadModel")
    pair = padded_pair(entry, build(entry))
    assert pair["input_ids"].shape == (2, 7)
    assert pair["attention_mask"].sum(1).tolist() == [7, 5]
    assert pair["attention_mask"][1].tolist() == [1, 1, 1, 1, 1, 0, 0]
    assert bool((pair["input_ids"][pair["attention_mask"] == 1] >= 10).all())
    assert pair["input_ids"][1, 5:].tolist() == [0, 0]


@pytest.mark.parametrize("model_type", ["gemma3_text", "llama4_text", "lfm3", "qwen3_next"])
def test_layers_of_every_kind_are_there(model_type: str) -> None:
    kind = CONFIG_MAPPING[model_type]
    small, large = tiny_config(kind), kind()
    assert len(small.layer_types) == small.num_hidden_layers <= 4
    assert len(set(large.layer_types)) > 1
    assert set(small.layer_types) == set(large.layer_types)


def test_parts_of_a_configuration_are_small_too() -> None:
    config = tiny_config(LlavaConfig)
    assert config.text_config.hidden_size == config.vision_config.hidden_size == 32
    assert config.text_config.num_hidden_layers == config.vision_config.num_hidden_layers == 3
