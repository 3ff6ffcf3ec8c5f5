"""The sites inside a block: what they hold, and that a change there is a change in the model."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor

from probesteer.errors import ProbesteerError
from probesteer.models.blocks import Blocks, find_blocks
from probesteer.models.loading import LoadedModel
from probesteer.models.short_inputs import short_inputs
from probesteer.models.sites import at_place
from probesteer.places import SITES, Place
from tests.tiny_models import KINDS

Load = Callable[[str], LoadedModel]
LACKING = {"gptneox": {"resid_mid"}}
SMALL = {
    "vocab_size": 50,
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}


def causal(config: str, **changed: Any) -> Any:
    """A random causal model of a config class."""
    torch.manual_seed(0)
    model = transformers.AutoModelForCausalLM.from_config(
        getattr(transformers, config)(**{**SMALL, **changed})
    )
    with torch.no_grad():
        for weights in model.parameters():
            if weights.dim() > 1:
                weights.normal_(0, 0.25)
    return model.eval()


@torch.no_grad()
def read(model: Any, blocks: Blocks, places: list[Place]) -> tuple[dict[Place, Tensor], Tensor]:
    """What is at each place, and the model's output."""
    found: dict[Place, Tensor] = {}
    with ExitStack() as hooks:
        for place in places:

            def keep(at: Place, x: Tensor) -> None:
                found[at] = x.clone()

            hooks.enter_context(at_place(blocks, place, partial(keep, place)))
        output: Tensor = model(**short_inputs(model))[0]
    return found, output


def sites(model: Any, layer: int, *names: str) -> list[Tensor]:
    blocks = find_blocks(model)
    places = [Place(name, layer) for name in names]
    found, _ = read(model, blocks, places)
    return [found[place] for place in places]


@pytest.mark.parametrize("kind", ["gpt2", "llama", "opt"])
def test_the_sites_of_sequential_blocks_add_up_to_the_bit(kind: str, load_tiny: Load) -> None:
    model = load_tiny(kind).model
    for layer in (0, 1):
        pre, attention, mid, mlp, post = sites(
            model, layer, "resid_pre", "attn_out", "resid_mid", "mlp_out", "resid_post"
        )
        assert torch.equal(mid, pre + attention)
        assert torch.equal(post, mid + mlp)


@pytest.mark.parametrize("config", ["FalconConfig", "GPTNeoXConfig", "CohereConfig"])
def test_the_sites_of_parallel_blocks_add_up(config: str) -> None:
    model = causal(config)
    pre, attention, mlp, post = sites(model, 1, "resid_pre", "attn_out", "mlp_out", "resid_post")
    assert torch.allclose(post, pre + attention + mlp, atol=1e-5)


def test_scaled_residuals_add_up() -> None:
    model = causal("GraniteConfig", residual_multiplier=0.5)
    pre, attention, mid, mlp, post = sites(
        model, 1, "resid_pre", "attn_out", "resid_mid", "mlp_out", "resid_post"
    )
    assert torch.allclose(mid, pre + 0.5 * attention, atol=1e-5)
    assert torch.allclose(post, mid + 0.5 * mlp, atol=1e-5)


@pytest.mark.parametrize("config", ["Gemma2Config", "Olmo2Config"])
def test_norms_after_attention_and_mlp(config: str) -> None:
    model = causal(config, **({"head_dim": 4} if config == "Gemma2Config" else {}))
    pre, attention, mid, mlp, post = sites(
        model, 1, "resid_pre", "attn_out", "resid_mid", "mlp_out", "resid_post"
    )
    block = model.model.layers[1]
    with torch.no_grad():
        assert torch.allclose(mid, pre + block.post_attention_layernorm(attention), atol=1e-5)
        assert torch.allclose(post, mid + block.post_feedforward_layernorm(mlp), atol=1e-5)


@pytest.mark.parametrize("config", ["MixtralConfig", "Qwen2MoeConfig"])
def test_a_mixture_of_experts_counts_as_a_whole(config: str) -> None:
    model = causal(config)
    mid, mlp, post = sites(model, 1, "resid_mid", "mlp_out", "resid_post")
    assert torch.allclose(post, mid + mlp, atol=1e-5)
    with pytest.raises(ProbesteerError, match="layer 1 has no mlp_act: no MLP that ends in one"):
        sites(model, 1, "mlp_act")


def test_bert_adds_before_it_norms(load_tiny: Load) -> None:
    model = load_tiny("bert").model
    block = model.bert.encoder.layer[1] if hasattr(model, "bert") else model.encoder.layer[1]
    pre, attention, mid, mlp, post = sites(
        model, 1, "resid_pre", "attn_out", "resid_mid", "mlp_out", "resid_post"
    )
    with torch.no_grad():
        assert torch.allclose(mid, block.attention.output.LayerNorm(pre + attention), atol=1e-6)
        assert torch.allclose(post, block.output.LayerNorm(mid + mlp), atol=1e-6)


def test_neurons_and_heads_are_what_the_last_maps_get(load_tiny: Load) -> None:
    model = load_tiny("gpt2").model
    block = model.transformer.h[2]
    mid, neurons, mlp, heads, attention = sites(
        model, 2, "resid_mid", "mlp_act", "mlp_out", "head", "attn_out"
    )
    with torch.no_grad():
        assert torch.equal(neurons, block.mlp.act(block.mlp.c_fc(block.ln_2(mid))))
        assert torch.equal(block.mlp.c_proj(neurons), mlp)
        assert torch.equal(block.attn.c_proj(heads), attention)


def test_heads_may_be_wider_than_the_residual_stream() -> None:
    model = causal("LlamaConfig", head_dim=8)
    [heads] = sites(model, 0, "head")
    assert heads.shape == (2, 6, 32)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("site", SITES)
def test_v_moves_a_site_by_v_and_reaches_the_output(kind: str, site: str, load_tiny: Load) -> None:
    model = load_tiny(kind).model
    blocks = find_blocks(model)
    for layer in range(len(blocks)):
        place = Place(site, layer)
        if site in LACKING.get(kind, ()):
            with pytest.raises(ProbesteerError, match=f"layer {layer} has no {site}: its attent"):
                read(model, blocks, [place])
            continue
        plain, output = read(model, blocks, [place])
        shift = torch.linspace(-1, 2, plain[place].shape[-1])
        with at_place(blocks, place, torch.zeros_like(shift).add):
            same, same_output = read(model, blocks, [place])
        assert torch.equal(same[place], plain[place]) and torch.equal(same_output, output)
        with at_place(blocks, place, shift.add):
            moved, moved_output = read(model, blocks, [place])
        assert torch.equal(moved[place], plain[place] + shift)
        assert not torch.equal(moved_output, output)
        assert torch.equal(read(model, blocks, [place])[1], output)


@pytest.mark.parametrize("kind", ["gpt2", "llama", "opt"])
def test_the_skip_around_the_mlp_takes_a_change_at_resid_mid(kind: str, load_tiny: Load) -> None:
    model = load_tiny(kind).model
    blocks = find_blocks(model)
    places = [Place("resid_mid", 1), Place("mlp_out", 1), Place("resid_post", 1)]
    with at_place(blocks, places[0], lambda x: x + 3):
        found, _ = read(model, blocks, places)
    assert torch.equal(found[places[2]], found[places[0]] + found[places[1]])


@pytest.mark.parametrize("site", ["attn_out", "head", "resid_mid", "mlp_out", "mlp_act"])
def test_a_recurrent_block_has_no_attention_and_no_mlp(site: str) -> None:
    torch.manual_seed(0)
    config = transformers.MambaConfig(vocab_size=50, hidden_size=16, num_hidden_layers=1)
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    with pytest.raises(ProbesteerError, match=f"MambaBlock: layer 0 has no {site}: "):
        sites(model, 0, site)
