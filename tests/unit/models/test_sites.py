"""What is read at a place is what is written there, and no hook stays behind."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from probesteer.errors import ProbesteerError
from probesteer.models.blocks import Blocks
from probesteer.models.inputs import TextInputs
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import at_place, places_of
from probesteer.models.tokens import tokenize
from probesteer.places import EMBEDDING, Place
from tests.tiny_models import KINDS, TEXTS

Load = Callable[[str], LoadedModel]


def batch(loaded: LoadedModel) -> dict[str, Tensor]:
    return TextInputs(tokenize(loaded, TEXTS[:3], "text").ids).batch(loaded, range(3))


def hooks(model: nn.Module) -> int:
    return sum(
        len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules()
    )


@torch.no_grad()
def recorded(loaded: LoadedModel, place: Place) -> tuple[Tensor, Tensor]:
    """The tensor at a place, and the output."""
    seen: list[Tensor] = []
    with at_place(loaded.blocks, place, lambda x: seen.append(x.clone())):
        output = loaded.run_blocks(batch(loaded))
    [x] = seen
    return x, output


def test_places_come_in_the_order_of_the_flow() -> None:
    post = [Place("resid_post", layer) for layer in range(3)]
    pre = [Place("resid_pre", layer) for layer in range(3)]
    assert places_of(3, ["resid_post"]) == [EMBEDDING, *post]
    assert places_of(3, ["resid_pre"]) == pre
    assert places_of(3, ["resid_pre", "resid_post"]) == [
        pre[0], post[0], pre[1], post[1], pre[2], post[2]
    ]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_place_holds_what_transformers_calls_the_hidden_states(
    kind: str, load_tiny: Load
) -> None:
    loaded = load_tiny(kind)
    given = batch(loaded)
    with torch.no_grad():
        states = loaded.model.base_model(**given, output_hidden_states=True).hidden_states
    assert torch.equal(recorded(loaded, EMBEDDING)[0], states[0])
    # The last of the states is normed in most architectures, so it isn't compared.
    for layer in range(len(loaded.blocks) - 1):
        after = recorded(loaded, Place("resid_post", layer))[0]
        before = recorded(loaded, Place("resid_pre", layer + 1))[0]
        assert torch.equal(after, states[layer + 1])
        assert torch.equal(before, after)


@pytest.mark.parametrize("kind", KINDS)
def test_zero_changes_nothing_and_v_moves_the_place_by_v(kind: str, load_tiny: Load) -> None:
    loaded = load_tiny(kind)
    shift = torch.linspace(-1, 2, loaded.width)
    for place in places_of(len(loaded.blocks), ["resid_pre", "resid_post"]):
        plain, plain_output = recorded(loaded, place)
        with at_place(loaded.blocks, place, lambda x: x + torch.zeros_like(shift)):
            same, same_output = recorded(loaded, place)
        assert torch.equal(same, plain)
        assert torch.equal(same_output, plain_output)
        with at_place(loaded.blocks, place, lambda x: x + shift):
            moved, moved_output = recorded(loaded, place)
        assert torch.equal(moved, plain + shift)
        assert not torch.equal(moved_output, plain_output)
        assert torch.equal(recorded(loaded, place)[1], plain_output)


@pytest.mark.parametrize("place", [Place("resid_pre", 1), Place("resid_post", 1)])
def test_functions_of_nested_contexts_run_in_the_order_of_entry(
    place: Place, load_tiny: Load
) -> None:
    loaded = load_tiny("gpt2")
    plain, _ = recorded(loaded, place)
    with (
        at_place(loaded.blocks, place, lambda x: x * 2),
        at_place(loaded.blocks, place, lambda x: x + 1),
    ):
        assert torch.equal(recorded(loaded, place)[0], plain * 2 + 1)
    with (
        at_place(loaded.blocks, place, lambda x: x + 1),
        at_place(loaded.blocks, place, lambda x: x * 2),
    ):
        assert torch.equal(recorded(loaded, place)[0], (plain + 1) * 2)


@pytest.mark.parametrize("place", [Place("resid_pre", 0), Place("resid_post", 2)])
def test_hooks_are_gone_after_the_context_and_after_an_exception(
    place: Place, load_tiny: Load
) -> None:
    loaded = load_tiny("llama")
    assert hooks(loaded.model) == 0
    with at_place(loaded.blocks, place, lambda x: None):
        assert hooks(loaded.model) == 1
    assert hooks(loaded.model) == 0

    def fail(x: Tensor) -> None:
        raise RuntimeError("in the hook")

    with pytest.raises(RuntimeError, match="in the hook"), at_place(loaded.blocks, place, fail):
        loaded.run_blocks(batch(loaded))
    assert hooks(loaded.model) == 0


@pytest.mark.parametrize("layer", [-1, 3, 99])
def test_a_layer_out_of_range_is_one_line(layer: int, load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    with (
        pytest.raises(ProbesteerError) as caught,
        at_place(loaded.blocks, Place("resid_post", layer), lambda x: None),
    ):
        pass
    assert str(caught.value) == (
        f"layer {layer} is not in the model; its 3 blocks count from 0 to 2"
    )
    assert hooks(loaded.model) == 0


def test_an_unknown_site_is_one_line(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    with (
        pytest.raises(ProbesteerError, match="site 'mlp' is unknown; use one of resid_pre"),
        at_place(loaded.blocks, Place("mlp", 0), lambda x: None),
    ):
        pass


def test_a_block_may_take_its_input_by_keyword() -> None:
    class Block(nn.Module):
        def forward(self, hidden_states: Tensor, scale: float) -> tuple[Tensor, float]:
            return hidden_states * scale, scale

    block = Block()
    with at_place(Blocks(block, [block]), EMBEDDING, lambda x: x + 1):
        assert block(hidden_states=torch.ones(1), scale=3.0)[0].item() == 6.0
        assert block(torch.ones(1), 3.0)[0].item() == 6.0
    with at_place(Blocks(block, [block]), Place("resid_post", 0), lambda x: x + 1):
        output = block(torch.ones(1), scale=3.0)
    assert output[0].item() == 4.0
    assert output[1] == 3.0


def test_a_block_without_the_usual_input_is_one_line() -> None:
    class Block(nn.Module):
        def forward(self, *, tokens: Tensor) -> Tensor:
            return tokens

    block = Block()
    with (
        at_place(Blocks(block, [block]), EMBEDDING, lambda x: x),
        pytest.raises(ProbesteerError, match="Block: takes no hidden_states; this architecture"),
    ):
        block(tokens=torch.ones(1))
