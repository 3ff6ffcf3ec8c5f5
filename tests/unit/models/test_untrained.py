"""Weights drawn anew: none is left as trained, and they are those that transformers would draw."""

import contextlib
import copy
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import FNetConfig, FNetForMaskedLM
from transformers.initialization import no_init_weights

from probesteer.models.blocks import find_blocks
from probesteer.models.loading import LoadedModel
from probesteer.models.untrained import NotReinitialised, reinitialise
from tests.architectures.entries import Kind, build, entries
from tests.architectures.test_building import FLOORS
from tests.tiny_image_models import IMAGE_KINDS, save_tiny_image_model
from tests.tiny_models import ALL_KINDS

Load = Callable[[str], LoadedModel]


@pytest.fixture
def load(load_tiny: Load, tmp_path: Path) -> Load:
    """A tiny model of texts or images in which every weight is one of training: none is 0 or 1."""

    def of_kind(kind: str) -> LoadedModel:
        loaded = load_tiny("gpt2" if kind in IMAGE_KINDS else kind)
        if kind in IMAGE_KINDS:
            from transformers import AutoModelForImageClassification

            folder = save_tiny_image_model(kind, tmp_path / kind)
            model = AutoModelForImageClassification.from_pretrained(folder).eval()
            model.requires_grad_(False)
            loaded = replace(loaded, model=model, blocks=find_blocks(model), kind="image")
        generator = torch.Generator().manual_seed(1)
        for weights in loaded.model.parameters():
            weights.add_(torch.rand(weights.shape, generator=generator) + 0.01)
        return loaded

    return of_kind


def tensors_of(model: Any) -> dict[str, torch.Tensor]:
    """Weights and buffers, tied ones under every name."""
    named = [*model.named_parameters(remove_duplicate=False), *model.named_buffers()]
    return {name: tensor.clone() for name, tensor in named}


@pytest.mark.parametrize("kind", [*ALL_KINDS, *IMAGE_KINDS])
def test_no_number_is_left_as_trained(kind: str, load: Load) -> None:
    loaded = load(kind)
    before = {name: weights.clone() for name, weights in loaded.model.named_parameters()}
    reinitialise(loaded)
    after = dict(loaded.model.named_parameters())
    assert after.keys() == before.keys()
    drawn = []
    for name, weights in after.items():
        assert weights.shape == before[name].shape and weights.dtype == before[name].dtype
        assert not weights.requires_grad
        assert not (weights == before[name]).any(), name
        if weights.std() > 0:
            drawn.append(name)
            # Nor is it the old number at another scale.
            both = torch.stack([weights.flatten(), before[name].flatten()])
            assert weights.numel() < 500 or abs(torch.corrcoef(both)[0, 1]) < 0.2
    # Norms become the identity, biases 0, and ConvNext's layer scale its small constant.
    fixed = [after[name] for name in after.keys() - set(drawn)]
    assert all(weights.dim() == 1 for weights in fixed)
    constants = {round(float(weights[0]), 9) for weights in fixed}
    # Llama and T5 have no biases.
    expected = {"llama": {1.0}, "t5": {1.0}, "convnext": {0.0, 1.0, 1e-6}}
    assert constants == expected.get(kind, {0.0, 1.0})
    assert len(drawn) >= 4


@pytest.mark.parametrize("kind", [*ALL_KINDS, *IMAGE_KINDS])
def test_they_are_those_of_a_model_made_from_its_configuration(kind: str, load: Load) -> None:
    loaded = load(kind)
    with no_init_weights():
        made = type(loaded.model)(copy.deepcopy(loaded.model.config))
    for target in made.all_tied_weights_keys:
        made.get_parameter(target)._is_hf_initialized = True  # as those of a checkpoint are
    with torch.random.fork_rng():
        torch.manual_seed(7)
        made.init_weights()
    reinitialise(loaded, seed=7)
    expected, found = tensors_of(made), tensors_of(loaded.model)
    assert expected.keys() == found.keys()
    for name, tensor in expected.items():
        assert torch.equal(found[name], tensor), name


@pytest.mark.parametrize("kind", ["gpt2", "t5", "resnet"])
def test_a_seed_gives_the_same_numbers_and_leaves_others_alone(kind: str, load: Load) -> None:
    first, second, third = load(kind), load(kind), load(kind)
    state = torch.random.get_rng_state()
    reinitialise(first)
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.rand(5)
    reinitialise(second)
    reinitialise(third, seed=1)
    one, same, other = (tensors_of(loaded.model) for loaded in (first, second, third))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("kind", ["gpt2", "bert", "t5"])
def test_tied_weights_stay_tied(kind: str, load: Load) -> None:
    model = load(kind).model
    pairs = [
        (model.get_parameter(target), model.get_parameter(source))
        for target, source in model.all_tied_weights_keys.items()
    ]
    loaded = replace(load("gpt2"), model=model)
    assert pairs and all(target is source for target, source in pairs)
    memory = [weights.data_ptr() for weights in model.parameters()]
    reinitialise(loaded)
    for target, source in model.all_tied_weights_keys.items():
        assert model.get_parameter(target) is model.get_parameter(source)
    assert [weights.data_ptr() for weights in model.parameters()] == memory  # no second copy


def test_the_embedding_of_a_padding_is_zero(load: Load) -> None:
    """The tied head, whose row it is too, must not be drawn over it."""
    loaded = load("bert")
    embedding = loaded.model.get_input_embeddings()
    reinitialise(loaded)
    assert embedding.padding_idx == 0
    assert not embedding.weight[0].any() and embedding.weight[1:].all()


def test_tables_of_positions_and_running_statistics_are_right(load: Load) -> None:
    llama = load("llama")
    rotary = llama.model.model.rotary_emb
    table = rotary.inv_freq.clone()
    reinitialise(llama)
    assert torch.equal(rotary.inv_freq, table) and table[0] == 1
    resnet = load("resnet")
    norms: list[Any] = [m for m in resnet.model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.running_mean.fill_(3.0)
        norm.running_var.fill_(5.0)
    reinitialise(resnet)
    assert norms and not resnet.model.training
    assert all(not norm.running_mean.any() and (norm.running_var == 1).all() for norm in norms)


def test_the_dtype_stays(load: Load) -> None:
    loaded = load("llama")
    loaded.model.to(torch.bfloat16)
    reinitialise(loaded)
    assert {weights.dtype for weights in loaded.model.parameters()} == {torch.bfloat16}
    assert loaded.model.lm_head.weight.float().std() == pytest.approx(0.02, rel=0.1)


def test_what_only_the_constructor_fills_is_taken_from_there(load: Load) -> None:
    sizes = {"vocab_size": 30, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2}
    model = FNetForMaskedLM(FNetConfig(**sizes)).eval().requires_grad_(False)
    for weights in model.parameters():
        weights.fill_(0.5)
    reinitialise(replace(load("gpt2"), model=model))
    assert not model.cls.predictions.bias.any()  # by no rule of this architecture
    assert not any((weights == 0.5).any() for weights in model.parameters())


@pytest.mark.parametrize("fault", ["quantised", "offloaded", "whole numbers"])
def test_weights_that_cannot_be_drawn_are_left_as_they_are(fault: str, load: Load) -> None:
    loaded = load("gpt2")
    if fault == "quantised":
        loaded.model.hf_quantizer = object()
    first = loaded.model.transformer.wte
    if fault == "offloaded":
        first.weight = torch.nn.Parameter(first.weight.to("meta"), requires_grad=False)
    if fault == "whole numbers":
        first.weight = torch.nn.Parameter(first.weight.to(torch.int8), requires_grad=False)
    before = tensors_of(loaded.model)
    reason = {
        "quantised": "its weights are quantised",
        "offloaded": "its weights are offloaded, such as transformer.wte.weight",
        "whole numbers": "transformer.wte.weight holds torch.int8",
    }
    with pytest.raises(NotReinitialised) as caught:
        reinitialise(loaded)
    assert str(caught.value) == reason[fault]
    after = tensors_of(loaded.model)
    assert all(
        tensor.is_meta or torch.equal(tensor, before[name]) for name, tensor in after.items()
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["causal", "masked", "encoder_decoder", "image"])
def test_every_architecture_is_drawn_anew(kind: Kind, load: Load) -> None:
    """Tables of positions stay as they are; every other number is another one, or a constant."""
    template, drawn = load("gpt2"), 0
    for entry in entries(kind):
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                model = build(entry)
        # Whatever its code raises where it can't be built; tests/architectures counts these.
        except Exception:
            continue
        tables = dict(model.named_non_persistent_buffers())
        weights = dict(model.named_parameters())
        before = tensors_of(model)
        reinitialise(replace(template, model=model))
        for name, tensor in tensors_of(model).items():
            where = (entry.architecture, name)
            assert not tensor.isnan().any(), where
            if name in tables:
                assert torch.equal(tensor, before[name]), where
            # `build` has moved them off their constants, a few by less than rounding.
            elif name in weights and tensor.is_floating_point():
                same = (tensor == before[name]) & (tensor != 0)
                assert int(same.sum()) <= 0.1 * tensor.numel(), where
        drawn += 1
    assert drawn >= FLOORS[kind] - 4  # as many as are built there, give or take a forward pass
