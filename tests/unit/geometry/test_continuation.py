"""Codes and predictions of models that go on from activations, against reading them by hand."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from probesteer.errors import ProbesteerError
from probesteer.geometry.polytopes.continuation import ModelContinuation
from probesteer.models.inputs import TextInputs
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import at_place
from probesteer.models.tokens import tokenize
from probesteer.places import Place
from tests.tiny_models import KINDS, TEXTS
from tests.unit.geometry.image_models import load_image_model, noise

Load = Callable[[str], LoadedModel]

# The linear map in front of the non-linearity, by the kind of the tiny model.
BEFORE_GATE = {
    "gpt2": "mlp.c_fc",
    "llama": "mlp.gate_proj",
    "opt": "fc1",
    "gptneox": "mlp.dense_h_to_4h",
    "bert": "intermediate.dense",
}


@torch.no_grad()
def by_hand(
    loaded: LoadedModel, ids: NDArray[np.int64], token: int, place: Place, new: Tensor | None
) -> tuple[NDArray[np.bool_], Tensor]:
    """Signs after `place` at one token of one text, and the logits there."""
    signs: list[Tensor] = []

    def edit(x: Tensor) -> Tensor:
        changed = x.clone()
        if new is not None:
            changed[0, token] = new
        return changed

    with ExitStack() as hooks:
        for block in loaded.blocks[place.layer + 1 :]:
            linear = block.get_submodule(BEFORE_GATE[loaded.name])
            handle = linear.register_forward_hook(
                lambda _, __, out: signs.append(out.reshape(len(ids), -1)[token] > 0)
            )
            hooks.callback(handle.remove)
        hooks.enter_context(at_place(loaded.blocks, place, edit))
        logits = loaded.model(torch.from_numpy(ids)[None]).logits[0, token]
    return torch.cat(signs).numpy(), logits


@pytest.mark.parametrize("kind", KINDS)
def test_codes_are_the_signs_before_the_gates(kind: str, load_tiny: Load) -> None:
    loaded = load_tiny(kind)
    ids = tokenize(loaded, TEXTS, "text").ids
    token = np.array([len(sequence) - 1 - number % 2 for number, sequence in enumerate(ids)])
    place = Place("resid_post", 0)
    model = ModelContinuation(loaded, TextInputs(ids), place, token, outputs=[3, 7])
    examples = np.array([5, 0, 3, 3, 6])
    new = model.activations(examples) * np.linspace(0.5, 2, 5, dtype=np.float32)[:, None]
    passage = model(new, examples)
    unchanged = model.codes_of(examples).unpacked()
    for row, example in enumerate(examples):
        where = loaded, ids[example], int(token[example]), place
        signs, logits = by_hand(*where, torch.from_numpy(new[row]))
        assert np.array_equal(passage.codes.unpacked()[row], signs)
        np.testing.assert_allclose(passage.scores[row], logits[[3, 7]], rtol=1e-4, atol=1e-5)
        assert passage.predicted[row] == int(logits.argmax())
        assert np.array_equal(unchanged[row], by_hand(*where, None)[0])


def test_codes_to_a_layer_are_the_first_of_all(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    inputs = TextInputs(tokenize(loaded, TEXTS[:3], "text").ids)
    examples, token = np.arange(3), inputs.lengths - 1
    place = Place("resid_pre", 1)
    whole = ModelContinuation(loaded, inputs, place, token).codes_of(examples).unpacked()
    part = ModelContinuation(loaded, inputs, place, token, last_layer=1).codes_of(examples)
    assert whole.shape == (3, 2 * 64)
    assert np.array_equal(part.unpacked(), whole[:, :64])


@pytest.mark.parametrize("place", [Place("resid_pre", 0), Place("resid_post", 0)])
def test_blocks_may_share_a_module(place: Place, load_tiny: Load) -> None:
    loaded, sharing = load_tiny("gpt2"), load_tiny("gpt2")
    shared = sharing.blocks[0].get_submodule("mlp.act")
    for block in sharing.blocks[1:]:
        block.get_submodule("mlp").register_module("act", shared)
    inputs = TextInputs(tokenize(loaded, TEXTS[:3], "text").ids)
    examples = np.arange(3)
    one, other = (
        ModelContinuation(each, inputs, place, inputs.lengths - 1) for each in (loaded, sharing)
    )
    new = one.activations(examples) * 2
    assert np.array_equal(other(new, examples).codes.words, one(new, examples).codes.words)


def test_a_block_that_runs_twice_is_refused(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    loaded.model.transformer.h[1] = loaded.blocks[0]
    inputs = TextInputs(tokenize(loaded, TEXTS[:2], "text").ids)
    with pytest.raises(ProbesteerError, match="a block that runs several times"):
        ModelContinuation(loaded, inputs, Place("resid_pre", 0), inputs.lengths - 1)


def test_units_that_see_other_rows_in_another_pass_are_refused(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    inputs = TextInputs(tokenize(loaded, TEXTS[:2], "text").ids)
    model = ModelContinuation(loaded, inputs, Place("resid_pre", 0), inputs.lengths - 1)

    def first_token_alone(_: nn.Module, args: tuple[Any, ...]) -> Any:
        return (args[0][:, :1],)

    loaded.blocks[1].get_submodule("mlp.act").register_forward_pre_hook(
        first_token_alone, prepend=True
    )
    with pytest.raises(ProbesteerError, match="layer 1 shows its units other rows"):
        model.codes_of(np.arange(2))


def test_batches_change_nothing(load_tiny: Load) -> None:
    loaded = load_tiny("llama")
    inputs = TextInputs(tokenize(loaded, TEXTS, "text").ids)
    examples, place = np.tile(np.arange(len(TEXTS)), 3), Place("resid_post", 1)
    passages = [
        ModelContinuation(loaded, inputs, place, inputs.lengths - 1, None, [1], batch_tokens)
        for batch_tokens in (8, 4096)
    ]
    new = passages[0].activations(examples) * 1.5
    small, large = (model(new, examples) for model in passages)
    assert np.array_equal(small.codes.words, large.codes.words)
    np.testing.assert_allclose(small.scores, large.scores, rtol=1e-4, atol=1e-6)


@torch.no_grad()
@pytest.mark.parametrize("layer", [0, 1])
def test_maps_of_an_image_model_are_read_whole(layer: int, tmp_path: Path) -> None:
    loaded = load_image_model("resnet", tmp_path)
    images = noise(4)
    model = ModelContinuation(loaded, images, Place("resid_post", layer), outputs=[0, 2])
    examples = np.array([2, 0, 2])
    new = model.activations(examples) * np.float32(1.7)
    passage = model(new, examples)
    for row, example in enumerate(examples):
        signs: list[Tensor] = []

        def scale(_: nn.Module, __: Any, output: Tensor) -> Tensor:
            return output * 1.7

        with ExitStack() as hooks:
            hooks.callback(loaded.blocks[layer].register_forward_hook(scale).remove)
            for block in loaded.blocks[layer + 1 :]:
                for relu in (m for m in block.modules() if isinstance(m, nn.ReLU)):
                    handle = relu.register_forward_pre_hook(
                        lambda _, args, signs=signs: signs.append((args[0] > 0).flatten())
                    )
                    hooks.callback(handle.remove)
            logits = loaded.model(images.pixels[[example]]).logits[0]
        assert np.array_equal(passage.codes.unpacked()[row], torch.cat(signs).numpy())
        np.testing.assert_allclose(passage.scores[row], logits[[0, 2]], rtol=1e-4, atol=1e-5)
        assert passage.predicted[row] == int(logits.argmax())


@torch.no_grad()
@pytest.mark.parametrize(
    ("kind", "share"),
    [
        ("opt", lambda x: (x > 0).float()),
        ("llama", torch.sigmoid),
        ("gpt2", lambda x: (torch.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)) + 1) / 2),
        ("bert", torch.special.ndtr),
    ],
)
def test_soft_codes_are_the_share_that_is_let_through(
    kind: str, share: Callable[[Tensor], Tensor], load_tiny: Load
) -> None:
    loaded = load_tiny(kind)
    ids = tokenize(loaded, TEXTS[:4], "text").ids
    place, token = Place("resid_post", 0), np.array([len(sequence) - 1 for sequence in ids])
    model = ModelContinuation(loaded, TextInputs(ids), place, token)
    examples = np.array([2, 0, 3])
    soft = model.soft_codes_of(examples)
    seen: list[Tensor] = []
    linear = loaded.blocks[1].get_submodule(BEFORE_GATE[kind])
    linear.register_forward_hook(lambda _, __, out: seen.append(out.reshape(-1, out.shape[-1])[-1]))
    for row, example in enumerate(examples):
        loaded.model(torch.from_numpy(ids[example])[None])
        expected = share(seen[-1])
        np.testing.assert_allclose(soft[row, : len(expected)], expected, atol=2e-4)
    # Half open is where the sign changes.
    assert np.array_equal(soft > 0.5, model.codes_of(examples).unpacked())
    pushed = model.soft_codes_of(examples, 3 * model.activations(examples))
    assert not np.array_equal(pushed, soft)


@torch.no_grad()
def test_soft_codes_of_relu_maps_are_the_bits(tmp_path: Path) -> None:
    model = ModelContinuation(load_image_model("resnet", tmp_path), noise(3), Place("resid_pre", 1))
    examples = np.arange(3)
    assert np.array_equal(model.soft_codes_of(examples), model.codes_of(examples).unpacked())


def test_a_model_without_a_head_predicts_nothing(load_tiny: Load) -> None:
    loaded = load_tiny("encoder")
    inputs = TextInputs(tokenize(loaded, TEXTS[:2], "text").ids)
    model = ModelContinuation(loaded, inputs, Place("resid_post", 0), inputs.lengths - 1)
    examples = np.arange(2)
    passage = model(model.activations(examples), examples)
    assert passage.predicted.tolist() == [-1, -1]
    assert passage.codes.bits == 32


def test_what_cannot_be_read_is_said(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    inputs = TextInputs(tokenize(loaded, TEXTS[:2], "text").ids)
    with pytest.raises(ProbesteerError, match="from layer 3 on has no units"):
        ModelContinuation(loaded, inputs, Place("resid_post", 2), inputs.lengths - 1)
    with pytest.raises(ValueError, match="texts need the token"):
        ModelContinuation(loaded, inputs, Place("resid_post", 0))
    with pytest.raises(ProbesteerError, match="an encoder and a decoder"):
        ModelContinuation(load_tiny("t5"), inputs, Place("resid_post", 0), inputs.lengths - 1)
