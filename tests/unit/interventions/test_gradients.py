"""Gradients of the read-out against differences, prompt by prompt."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from probesteer.interventions.gradients import logit_gradients
from probesteer.interventions.scoring import ScoredRow
from probesteer.models.loading import LoadedModel
from probesteer.places import Place
from tests.unit.interventions.naive import (
    CAUSAL,
    PROMPTS,
    adding,
    all_places,
    logit_difference,
)

Load = Callable[[str], LoadedModel]
STEP = 3e-4


def rows_of_all() -> list[ScoredRow]:
    return [row for item, prompt in enumerate(PROMPTS) for row in prompt.rows(item)]


@pytest.mark.parametrize("kind", CAUSAL)
def test_a_small_step_changes_the_logit_difference_by_the_gradient(
    kind: str, load_tiny: Load
) -> None:
    loaded = load_tiny(kind)
    loaded.model.double()
    places = all_places(loaded)
    gradients = logit_gradients(loaded, rows_of_all(), places, batch_tokens=8)
    along = torch.randn(
        loaded.width, generator=torch.Generator().manual_seed(3), dtype=torch.float64
    )
    for place in places:
        assert gradients[place].shape == (len(PROMPTS), loaded.width)
        for item, prompt in enumerate(PROMPTS):
            up, down = (
                logit_difference(loaded, prompt, place, adding(sign * STEP * along), "from_last")
                for sign in (1, -1)
            )
            expected = (up - down) / (2 * STEP)
            assert gradients[place][item] @ along.numpy() == pytest.approx(
                expected, rel=5e-3, abs=2e-3
            )


@pytest.mark.parametrize("site", ["attn_out", "resid_mid", "mlp_act"])
def test_sites_inside_a_block_have_gradients_too(site: str, load_tiny: Load) -> None:
    loaded = load_tiny("llama")
    place, end = Place(site, 2), Place("resid_post", 2)
    found = logit_gradients(loaded, rows_of_all(), [place, end], batch_tokens=64)
    if site == "attn_out":
        # What attention adds reaches the MLP as well.
        middle = logit_gradients(loaded, rows_of_all(), [Place("resid_mid", 2)], 64)
        np.testing.assert_allclose(found[place], middle[Place("resid_mid", 2)], rtol=1e-4)
    if site == "mlp_act":
        # Through the last linear map of the MLP.
        weight = loaded.model.model.layers[2].mlp.down_proj.weight.detach().numpy()
        np.testing.assert_allclose(found[place], found[end] @ weight, rtol=1e-3, atol=1e-5)
    assert np.abs(found[place]).max() > 0


def test_batches_make_no_difference_and_the_model_keeps_no_gradient(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    places = all_places(loaded)
    one, other = (logit_gradients(loaded, rows_of_all(), places, size) for size in (1, 1_000))
    for place in places:
        np.testing.assert_allclose(one[place], other[place], rtol=1e-4, atol=1e-6)
    assert all(weights.grad is None for weights in loaded.model.parameters())
    assert not any(weights.requires_grad for weights in loaded.model.parameters())
    assert all(not block._forward_hooks for block in loaded.blocks)


def test_half_precision_is_summed_in_single(load_tiny: Load) -> None:
    exact = logit_gradients(load_tiny("llama"), rows_of_all(), [Place("resid_post", 1)], 64)
    loaded = load_tiny("llama")
    loaded.model.to(torch.bfloat16)
    rounded = logit_gradients(loaded, rows_of_all(), [Place("resid_post", 1)], 64)
    for one, other in zip(exact.values(), rounded.values(), strict=True):
        assert other.dtype == np.float32
        for a, b in zip(one, other, strict=True):
            assert a @ b / np.linalg.norm(a) / np.linalg.norm(b) > 0.99
