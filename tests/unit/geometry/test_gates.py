"""Gates are found by what they do, in models of every kind."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import MixtralConfig, MixtralForCausalLM
from transformers.activations import ACT2FN

from probesteer.errors import ProbesteerError
from probesteer.geometry.polytopes.gates import find_gates, gates_between, is_gate
from probesteer.models.blocks import find_blocks
from probesteer.models.loading import LoadedModel
from tests.tiny_models import KINDS
from tests.unit.geometry.image_models import load_image_model

Load = Callable[[str], LoadedModel]
LIKE = torch.zeros(2, 3, 8)


@pytest.mark.parametrize(
    "name",
    ["relu", "relu2", "relu6", "leaky_relu", "gelu", "gelu_new", "quick_gelu", "silu", "mish"],
)
def test_functions_that_shut_on_one_side_are_gates(name: str) -> None:
    assert is_gate(ACT2FN[name], LIKE)


@pytest.mark.parametrize(
    "module",
    [
        nn.Tanh(),
        nn.Sigmoid(),
        nn.Softmax(dim=-1),
        nn.Identity(),
        nn.Dropout(0.5).eval(),
        nn.LayerNorm(8),
        nn.Linear(8, 8),
        nn.Linear(8, 8, bias=False),
        nn.BatchNorm1d(3).eval(),
        nn.MaxPool1d(3, stride=1, padding=1),
        nn.Sequential(nn.ReLU(), nn.AvgPool1d(3, stride=1, padding=1)),
    ],
    ids=lambda module: type(module).__name__,
)
def test_other_modules_are_none(module: nn.Module) -> None:
    assert not is_gate(module, LIKE)


@pytest.mark.parametrize("kind", [*KINDS, "encoder"])
def test_every_block_of_a_text_model_has_one(kind: str, load_tiny: Load) -> None:
    loaded = load_tiny(kind)
    gates = find_gates(loaded)
    assert [gate.layer for gate in gates] == list(range(len(loaded.blocks)))
    for gate in gates:
        assert gate.module in set(loaded.blocks[gate.layer].modules())


@pytest.mark.parametrize(("kind", "each"), [("resnet", 3), ("convnext", 1), ("vit", 1)])
def test_blocks_of_an_image_model_have_all_of_theirs(kind: str, each: int, tmp_path: Path) -> None:
    # A bottleneck has three ReLUs; the stem's and the head's belong to no block.
    loaded = load_image_model(kind, tmp_path)
    layers = [gate.layer for gate in find_gates(loaded)]
    assert layers == [layer for layer in range(3) for _ in range(each)]


def test_gates_of_some_blocks(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    gates = find_gates(loaded)
    assert gates_between(loaded, gates, 1, 2) == gates[1:]
    with pytest.raises(ProbesteerError, match="from layer 3 on has no units"):
        gates_between(loaded, gates, 3, 2)


def test_a_mixture_of_experts_has_no_code(load_tiny: Load) -> None:
    torch.manual_seed(0)
    config = MixtralConfig(
        vocab_size=50,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        num_local_experts=4,
    )
    model = MixtralForCausalLM(config).eval()
    loaded = replace(load_tiny("llama"), name="experts", model=model, blocks=find_blocks(model))
    with pytest.raises(ProbesteerError, match="layer 0 has no units whose sign could be read"):
        gates_between(loaded, find_gates(loaded), 0, 1)


def test_a_module_that_blocks_share_is_a_gate_of_each(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    shared = loaded.blocks[0].get_submodule("mlp.act")
    loaded.blocks[1].get_submodule("mlp").register_module("act", shared)
    gates = find_gates(loaded)
    assert [gate.layer for gate in gates] == [0, 1, 2]
    assert gates[0].module is gates[1].module is shared
