"""The proof holds on real architectures, and fails on models that are broken on purpose."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import BartConfig, BartForCausalLM, MambaConfig, MambaForCausalLM

from probesteer.errors import ProbesteerError
from probesteer.models.blocks import Blocks, find_blocks
from probesteer.models.contract import prove_sites
from probesteer.models.inputs import TextInputs
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import places_of
from probesteer.models.tokens import tokenize
from probesteer.places import SITES
from tests.tiny_models import KINDS, TEXTS

Load = Callable[[str], LoadedModel]


def sequences(loaded: LoadedModel) -> list[NDArray[np.int64]]:
    return tokenize(loaded, TEXTS, "text").ids


def refusal(loaded: LoadedModel, sites: Sequence[str] = ("resid_post",)) -> str:
    with pytest.raises(ProbesteerError) as caught:
        prove_sites(loaded, places_of(len(loaded.blocks), sites), TextInputs(sequences(loaded)))
    assert "\n" not in str(caught.value)
    return str(caught.value)


class Around(nn.Module):
    """A block in the place of another, which it holds."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def run(self, hidden: Tensor, *args: Any, **options: Any) -> Tensor:
        output = self.inner(hidden, *args, **options)
        result: Tensor = output[0] if isinstance(output, tuple) else output
        return result


class Deaf(Around):
    """Goes on without its input."""

    def forward(self, hidden_states: Tensor, *args: Any, **options: Any) -> Tensor:
        return self.run(torch.ones_like(hidden_states), *args, **options)


class Mixing(Around):
    """Lets each text see the others of its batch."""

    def forward(self, hidden_states: Tensor, *args: Any, **options: Any) -> Tensor:
        output = self.run(hidden_states, *args, **options)
        return output + output.mean(dim=0, keepdim=True)


class Restless(Around):
    """Gives another result every time."""

    calls = 0

    def forward(self, hidden_states: Tensor, *args: Any, **options: Any) -> Tensor:
        self.calls += 1
        return self.run(hidden_states, *args, **options) + self.calls


def with_block(loaded: LoadedModel, layer: int, kind: type[Around]) -> LoadedModel:
    layers = loaded.model.transformer.h
    layers[layer] = kind(layers[layer])
    return replace(loaded, blocks=Blocks(loaded.model, list(layers)))


class Counting(Around):
    """Adds the number of a token, counted in the pass and not in its text."""

    def forward(self, hidden_states: Tensor, *args: Any, **options: Any) -> Tensor:
        output = self.run(hidden_states, *args, **options)
        return output + torch.arange(output.shape[1])[None, :, None]


class CountingFromTheLast(Around):
    """Adds what only a pass of a single token has."""

    def forward(self, hidden_states: Tensor, *args: Any, **options: Any) -> Tensor:
        output = self.run(hidden_states, *args, **options)
        return output + (output.shape[1] == 1)


@pytest.mark.parametrize("kind", KINDS)
def test_it_holds_on_every_kind(kind: str, load_tiny: Load) -> None:
    loaded = load_tiny(kind)
    places = places_of(len(loaded.blocks), ["resid_pre", "resid_post"])
    contract = prove_sites(loaded, places, TextInputs(sequences(loaded)))
    assert contract.places == [place.stem for place in places]
    assert 0 <= contract.batch_difference <= contract.tolerance == 1e-4
    for difference in (contract.left_padding_difference, contract.cache_difference):
        if loaded.causal:
            assert difference is not None and 0 <= difference <= contract.tolerance
        else:
            assert difference is None


def test_it_holds_at_every_site(load_tiny: Load) -> None:
    loaded = load_tiny("llama")
    contract = prove_sites(loaded, places_of(3, SITES), TextInputs(sequences(loaded)))
    assert len(contract.places) == 3 * len(SITES)


def test_positions_that_left_padding_shifts_are_noted(load_tiny: Load) -> None:
    torch.manual_seed(0)
    config = BartConfig(vocab_size=50, d_model=16, decoder_layers=2, decoder_attention_heads=2)
    model = BartForCausalLM(config).eval()  # counts positions over the padding
    model.model.decoder.embed_positions.weight.data.normal_()
    loaded = replace(load_tiny("gpt2"), model=model, blocks=find_blocks(model))
    texts = TextInputs([np.arange(4, 10), np.arange(6, 15)])
    contract = prove_sites(loaded, places_of(2, ["resid_post"]), texts)
    assert contract.left_padding_difference is not None
    assert contract.left_padding_difference > contract.tolerance
    assert not contract.may_be_padded_on_the_left
    other = load_tiny("gpt2")
    assert prove_sites(other, places_of(3, ["resid_post"]), texts).may_be_padded_on_the_left


def test_a_pass_that_goes_on_from_a_cache_and_differs_is_found(load_tiny: Load) -> None:
    loaded = with_block(load_tiny("gpt2"), 1, CountingFromTheLast)
    found = [ids for ids in sequences(loaded) if len(ids) > 2]
    with pytest.raises(ProbesteerError, match="a text alone and taken up from a cache differ by"):
        prove_sites(loaded, places_of(3, ["resid_post"]), TextInputs(found))


def test_a_recurrent_model_has_no_keys_and_values_to_compare(load_tiny: Load) -> None:
    torch.manual_seed(0)
    config = MambaConfig(vocab_size=50, hidden_size=16, num_hidden_layers=2)
    model = MambaForCausalLM(config).eval()
    loaded = replace(load_tiny("gpt2"), model=model, blocks=find_blocks(model))
    short = [np.arange(4, 10), np.arange(6, 15)]
    contract = prove_sites(loaded, places_of(2, ["resid_post"]), TextInputs(short))
    assert contract.cache_difference is None
    assert contract.left_padding_difference is not None


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_it_holds_in_half_precision(dtype: torch.dtype, load_tiny: Load) -> None:
    loaded = load_tiny("llama")
    loaded.model.to(dtype)
    contract = prove_sites(loaded, places_of(3, ["resid_post"]), TextInputs(sequences(loaded)))
    assert contract.tolerance > 1e-3


def test_it_holds_for_a_single_sequence(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    contract = prove_sites(loaded, places_of(3, ["resid_post"]), TextInputs(sequences(loaded)[:1]))
    assert contract.batch_difference <= contract.tolerance


def test_a_block_that_ignores_its_input_is_found(load_tiny: Load) -> None:
    loaded = with_block(load_tiny("gpt2"), 1, Deaf)
    assert refusal(loaded) == (
        "model gpt2: a change does not reach the output at embedding; "
        "this architecture is not supported"
    )


def test_a_last_block_whose_output_goes_nowhere_is_found(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    entering: list[Tensor] = []
    loaded.blocks[2].register_forward_pre_hook(lambda block, args: entering.append(args[0]))
    loaded.model.transformer.ln_f.register_forward_pre_hook(lambda norm, args: entering[-1])
    assert "a change does not reach the output at layer 2" in refusal(loaded)


def test_texts_that_see_each_other_are_found(load_tiny: Load) -> None:
    message = refusal(with_block(load_tiny("gpt2"), 1, Mixing))
    assert message.startswith("model gpt2: an example alone and in a batch differ by ")
    assert message.endswith("more than 0.0001; its padding or cache is not supported")


def test_a_model_that_ignores_the_mask_gets_no_padding(load_tiny: Load) -> None:
    loaded = load_tiny("bert")
    encoder = loaded.model.base_model
    without_mask = encoder.forward
    encoder.forward = lambda input_ids, attention_mask, **options: without_mask(
        input_ids=input_ids, **options
    )
    contract = prove_sites(loaded, places_of(2, ["resid_post"]), TextInputs(sequences(loaded)))
    assert not contract.padded
    assert contract.batch_difference <= contract.tolerance


def test_a_model_that_changes_by_itself_is_found(load_tiny: Load) -> None:
    loaded = with_block(load_tiny("gpt2"), 1, Restless)
    assert refusal(loaded) == (
        "model gpt2: adding zero changes the activation at layer 1; "
        "this architecture is not supported"
    )


def test_a_change_behind_the_last_block_is_found(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    calls: list[int] = []

    def restless(module: nn.Module, args: Any, output: Tensor) -> Tensor:
        calls.append(1)
        return output + len(calls)

    loaded.model.transformer.ln_f.register_forward_hook(restless)
    assert "adding zero changes the output at layer 2" in refusal(loaded)


def test_a_block_that_runs_twice_is_found(load_tiny: Load) -> None:
    """One place would stand for two."""
    loaded = load_tiny("gpt2")
    loaded.model.transformer.h[1] = loaded.model.transformer.h[0]
    blocks = Blocks(loaded.model, [loaded.blocks[0], loaded.blocks[2]])
    loaded = replace(loaded, blocks=blocks)
    assert refusal(loaded) == (
        "model gpt2: a block runs more than once in a pass at embedding; "
        "this architecture is not supported"
    )


def test_activations_that_are_not_finite_are_left_to_the_reader(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    loaded.model.transformer.h[1].mlp.c_fc.bias[0] = math.nan
    contract = prove_sites(loaded, places_of(3, ["resid_post"]), TextInputs(sequences(loaded)))
    assert math.isnan(contract.batch_difference)
