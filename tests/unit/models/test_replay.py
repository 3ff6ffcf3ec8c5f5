"""Going on from stored residuals equals the whole forward pass with the same change."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from probesteer.models.blocks import Blocks
from probesteer.models.inputs import TextInputs
from probesteer.models.loading import LoadedModel
from probesteer.models.replay import resumed_after, returns_only_residual
from probesteer.models.sites import at_place, places_of
from probesteer.models.tokens import tokenize
from probesteer.places import Place
from tests.tiny_models import KINDS, TEXTS

Load = Callable[[str], LoadedModel]


def batch(loaded: LoadedModel) -> dict[str, Tensor]:
    return TextInputs(tokenize(loaded, TEXTS[:3], "text").ids).batch(loaded, range(3))


@torch.no_grad()
def block_outputs(loaded: LoadedModel) -> list[Any]:
    outputs: list[Any] = []
    with ExitStack() as hooks:
        for block in loaded.blocks:
            handle = block.register_forward_hook(
                lambda module, args, output: outputs.append(output)
            )
            hooks.callback(handle.remove)
        loaded.run_blocks(batch(loaded))
    return outputs


@pytest.mark.parametrize("kind", KINDS)
def test_resumed_equals_the_hooked_pass_to_the_bit(kind: str, load_tiny: Load) -> None:
    loaded = load_tiny(kind)
    given = batch(loaded)
    outputs = block_outputs(loaded)
    shift = torch.linspace(-1, 1, loaded.width)
    for place in places_of(len(loaded.blocks), ["resid_pre", "resid_post"]):
        seen: dict[Place, Tensor] = {}
        with torch.no_grad():
            with at_place(loaded.blocks, place, partial(seen.__setitem__, place)):
                loaded.run_blocks(given)
            with at_place(loaded.blocks, place, lambda x: x + shift):
                hooked = loaded.run_blocks(given)
            with resumed_after(loaded.blocks, place, seen[place] + shift, outputs):
                resumed = loaded.run_blocks(given)
        assert torch.equal(resumed, hooked)


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_up_to_the_place_do_not_run(kind: str, load_tiny: Load) -> None:
    loaded = load_tiny(kind)
    outputs = block_outputs(loaded)
    place = Place("resid_post", 0)
    inner = next(module for module in loaded.blocks[0].modules() if isinstance(module, nn.LayerNorm)
                 or "RMSNorm" in type(module).__name__)  # fmt: skip
    runs: list[int] = []
    inner.register_forward_pre_hook(lambda module, args: runs.append(1))
    given = batch(loaded)
    with torch.no_grad(), resumed_after(loaded.blocks, place, _first(outputs[0]), outputs):
        resumed = loaded.run_blocks(given)
    assert runs == []
    with torch.no_grad():
        assert torch.equal(resumed, loaded.run_blocks(given))
    assert runs == [1]


def _first(output: Any) -> Tensor:
    first: Tensor = output[0] if isinstance(output, tuple) else output
    return first


def test_the_blocks_are_themselves_again_after_an_exception(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    outputs = block_outputs(loaded)
    before = [dict(block.__dict__) for block in loaded.blocks]
    with (
        pytest.raises(RuntimeError, match="inside"),
        resumed_after(loaded.blocks, Place("resid_post", 1), _first(outputs[1]), outputs),
    ):
        assert "forward" in loaded.blocks[0].__dict__
        raise RuntimeError("inside")
    for block, own in zip(loaded.blocks, before, strict=True):
        assert block.__dict__.keys() == own.keys()
        assert not block._forward_hooks and not block._forward_pre_hooks


def test_a_forward_that_was_replaced_before_comes_back(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    outputs = block_outputs(loaded)
    block = loaded.blocks[0]
    own = block.forward

    def replacement(*args: Any, **options: Any) -> Any:
        return own(*args, **options)

    block.forward = replacement
    with resumed_after(loaded.blocks, Place("resid_post", 0), _first(outputs[0]), outputs):
        assert block.__dict__["forward"] is not replacement
    assert block.__dict__["forward"] is replacement


def test_blocks_that_return_more_are_run_and_their_result_replaced() -> None:
    class Block(nn.Module):
        runs = 0

        def forward(self, hidden_states: Tensor) -> tuple[Tensor, Tensor]:
            self.runs += 1
            return hidden_states + 1, hidden_states

    blocks = [Block(), Block()]
    x = torch.zeros(1, 1, 2)
    outputs: list[Any] = [blocks[0](x), blocks[1](x)]
    stored = torch.full((1, 1, 2), 5.0)
    with resumed_after(Blocks(nn.Identity(), blocks), Place("resid_post", 0), stored, outputs):
        hidden, extra = blocks[0](x)
    assert torch.equal(hidden, stored) and torch.equal(extra, x)
    assert blocks[0].runs == 2


@pytest.mark.parametrize(
    ("output", "only"),
    [
        (torch.zeros(1), True),
        ((torch.zeros(1),), True),
        ((torch.zeros(1), None), True),
        ((torch.zeros(1), torch.zeros(1)), False),
        ([torch.zeros(1)], False),
        ({"hidden": torch.zeros(1)}, False),
    ],
)
def test_which_outputs_carry_only_the_residual(output: Any, only: bool) -> None:
    assert returns_only_residual(output) is only
