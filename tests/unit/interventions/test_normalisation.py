"""What blocks after a scaled activation see of the factor."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch

from probesteer.interventions.normalisation import LaterChange, measure_later_change
from probesteer.models.loading import LoadedModel
from probesteer.places import EMBEDDING, Place

Load = Callable[[str], LoadedModel]
FACTORS = [0.0, 0.5, 1.0, 3.0]
PROMPTS = pd.DataFrame(
    [("The cat is", "happy", "sad"), ("Tom was", "good", "bad"), ("She was", "good", "bad")],
    columns=["prompt", "positive", "negative"],
)
FIRST = Place("resid_post", 0)


def measured(loaded: LoadedModel, *places: Place, batch_tokens: int = 64) -> list[LaterChange]:
    found = measure_later_change(loaded, PROMPTS, places, FACTORS, batch_tokens, "concept x:")
    return [found[place] for place in places]


@pytest.mark.parametrize("kind", ["gpt2", "llama", "opt", "gptneox"])
def test_the_attention_after_a_norm_sees_no_factor_but_the_stream_does(
    kind: str, load_tiny: Load
) -> None:
    (found,) = measured(load_tiny(kind), FIRST)
    expected = np.abs(np.array(FACTORS) - 1)[:, None] * np.ones(len(PROMPTS))
    np.testing.assert_allclose(found.input_change, expected, atol=1e-5)
    # The norm's epsilon is all that is left of the factor.
    assert found.attention_change[1:].max() < 0.02
    assert (found.normalised_share[[1, 3]] > 0.95).all()
    assert np.isnan(found.normalised_share[2]).all()
    # At the factor 0 there is nothing to normalise.
    assert (found.attention_change[0] > 0.5).all()
    for same in (found.next_change, found.later_change, found.final_change):
        np.testing.assert_allclose(same[2], 0, atol=1e-5)
    np.testing.assert_allclose(found.next_cosine[2], 1)


def test_a_model_that_normalises_after_its_blocks_sees_the_factor(load_tiny: Load) -> None:
    (found,) = measured(load_tiny("bert"), FIRST)
    assert found.attention_change[3].min() > 0.1
    assert found.normalised_share[3].max() < 0.95


def test_changes_are_those_of_a_hook_of_torch(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    (found,) = measured(loaded, FIRST)
    blocks = loaded.model.transformer.h

    def streams(prompt: str, factor: float) -> list[torch.Tensor]:
        kept: list[torch.Tensor] = []
        hooks = [blocks[0].register_forward_hook(lambda *a: _scaled(a[2], factor))]
        for block in blocks[1:]:
            hooks.append(block.register_forward_pre_hook(lambda _, a: kept.append(a[0][0, -1])))
            hooks.append(block.register_forward_hook(lambda *a: kept.append(_first(a[2])[0, -1])))
        with torch.no_grad():
            loaded.model(**loaded.tokenizer(prompt, return_tensors="pt"))
        for hook in hooks:
            hook.remove()
        return [kept[0], kept[1], kept[-1]]

    for item, prompt in enumerate(PROMPTS["prompt"]):
        entering, leaving, final = streams(prompt, 1.0)
        for number, factor in enumerate(FACTORS):
            after, left, last = streams(prompt, factor)
            own, changed = leaving - entering, left - after
            expected = float((changed - own).norm() / own.norm())
            assert found.next_change[number, item] == pytest.approx(expected, abs=1e-5)
            cosine = float(torch.cosine_similarity(own, changed, dim=0))
            assert found.next_cosine[number, item] == pytest.approx(cosine, abs=1e-5)
            later, changed = final - entering, last - after
            expected = float((changed - later).norm() / later.norm())
            assert found.later_change[number, item] == pytest.approx(expected, abs=1e-5)
            expected = float((last - final).norm() / final.norm())
            assert found.final_change[number, item] == pytest.approx(expected, abs=1e-5)


def _first(output: torch.Tensor | tuple[torch.Tensor, ...]) -> torch.Tensor:
    return output if isinstance(output, torch.Tensor) else output[0]


def _scaled(
    output: torch.Tensor | tuple[torch.Tensor, ...], factor: float
) -> torch.Tensor | tuple[torch.Tensor, ...]:
    first = _first(output) * factor
    return first if isinstance(output, torch.Tensor) else (first, *output[1:])


def test_batches_of_any_size_give_the_same(load_tiny: Load) -> None:
    loaded = load_tiny("llama")
    places = (EMBEDDING, FIRST)
    for one, other in zip(
        measured(loaded, *places), measured(loaded, *places, batch_tokens=1), strict=True
    ):
        np.testing.assert_allclose(one.next_change, other.next_change, atol=1e-5)
        np.testing.assert_allclose(one.final_cosine, other.final_cosine, atol=1e-5)


def test_after_the_last_block_and_in_two_stacks_there_is_nothing_to_show(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    last = Place("resid_post", len(loaded.blocks) - 1)
    found = measure_later_change(loaded, PROMPTS, [FIRST, last], FACTORS, 64, "concept x:")
    assert list(found) == [FIRST]
    written = measure_later_change(load_tiny("t5"), PROMPTS, [FIRST], FACTORS, 64, "concept x:")
    assert written == {}
