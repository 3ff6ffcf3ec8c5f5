"""The blocks are found, in order, by what transformers declares and by structure alone."""

from collections.abc import Callable

import pytest
import torch
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel

from probesteer.errors import ProbesteerError
from probesteer.models.blocks import find_blocks
from probesteer.models.loading import LoadedModel
from tests.tiny_models import KINDS

WHERE = {
    "gpt2": "transformer.h",
    "llama": "model.layers",
    "opt": "model.decoder.layers",
    "gptneox": "gpt_neox.layers",
    "bert": "bert.encoder.layer",
}


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_blocks_of_every_kind(
    kind: str,
    declared: bool,
    load_tiny: Callable[[str], LoadedModel],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = load_tiny(kind).model
    if not declared:
        for module in model.modules():
            if getattr(type(module), "_can_record_outputs", None):
                monkeypatch.setattr(type(module), "_can_record_outputs", None)
            module.__dict__.pop("_can_record_outputs", None)
    expected = list(model.get_submodule(WHERE[kind]))
    found = find_blocks(model)
    assert len(found) == model.config.num_hidden_layers
    assert all(one is other for one, other in zip(found, expected, strict=True))


def test_a_declaration_may_be_a_list_or_a_recorder() -> None:
    class Recorder:
        target_class = nn.Linear

    for declaration in (nn.Linear, [nn.Linear], Recorder()):
        model = nn.Sequential(nn.Linear(1, 1), nn.ReLU(), nn.Linear(1, 1))
        model._can_record_outputs = {"hidden_states": declaration}  # type: ignore[assignment]
        assert list(find_blocks(model)) == [model[0], model[2]]


def test_the_longest_list_of_one_class_is_taken() -> None:
    model = nn.Module()
    model.mixed = nn.ModuleList([nn.Linear(1, 1), nn.ReLU(), nn.Linear(1, 1), nn.ReLU()])
    model.short = nn.ModuleList([nn.Linear(1, 1)])
    model.long = nn.ModuleList([nn.Linear(1, 1), nn.Linear(1, 1)])
    assert list(find_blocks(model)) == list(model.long)


def test_a_model_without_blocks_is_one_line() -> None:
    with pytest.raises(ProbesteerError) as caught:
        find_blocks(nn.Linear(1, 1))
    assert str(caught.value) == (
        "Linear: no blocks found; name their list in the model's YAML, such as blocks: model.layers"
    )


def test_the_settings_may_name_the_list() -> None:
    model = nn.Module()
    model.inner = nn.Module()
    model.inner.layers = nn.ModuleList([nn.Linear(1, 1)])
    model.longer = nn.ModuleList([nn.ReLU(), nn.ReLU()])
    assert list(find_blocks(model, "inner.layers")) == list(model.inner.layers)
    with pytest.raises(ProbesteerError, match=r"Module: has no inner.blocks; correct blocks in"):
        find_blocks(model, "inner.blocks")
    with pytest.raises(ProbesteerError, match=r"inner.layers.0 holds no modules; correct blocks"):
        find_blocks(model, "inner.layers.0")


def test_a_model_of_many_blocks_keeps_their_order() -> None:
    """Ten and more: order by number, not by name."""
    torch.manual_seed(0)
    model = GPT2LMHeadModel(GPT2Config(n_layer=12, n_embd=4, n_head=1, vocab_size=5, n_positions=8))
    assert list(find_blocks(model)) == [model.transformer.h[number] for number in range(12)]
