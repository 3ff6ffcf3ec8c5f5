"""A steered model: what it computes, and that it is left as it was."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from probesteer.errors import ProbesteerError
from probesteer.export.steered import Steered
from probesteer.interventions.edited_tokens import FromToken
from probesteer.models.loading import LoadedModel
from probesteer.places import EMBEDDING, Place
from tests.unit.export.exported import made_up
from tests.unit.interventions.naive import CAUSAL

Load = Callable[[str], LoadedModel]
IDS = torch.tensor([[5, 9, 3, 7, 20]])
AT = made_up(Place("resid_post", 1))


def state(model: Any) -> tuple[int, dict[str, Any]]:
    """Hooks on the model's modules, and what the model itself holds."""
    hooks = sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules())
    return hooks, {key: value for key, value in vars(model).items() if "hook" not in key}


@torch.no_grad()
def logits(model: Any) -> Tensor:
    found: Tensor = model(input_ids=IDS).logits
    return found


def by_hand(loaded: LoadedModel, strength: float, first: int = 0) -> Tensor:
    """With a hook of torch's own on the block."""
    push = torch.from_numpy(AT.push(strength, "gap").astype(np.float32))

    def hook(_: Any, __: Any, output: Any) -> Any:
        x = (output[0] if isinstance(output, tuple) else output).clone()
        x[:, first:] += push
        return (x, *output[1:]) if isinstance(output, tuple) else x

    handle = loaded.blocks[1].register_forward_hook(hook)
    try:
        return logits(loaded.model)
    finally:
        handle.remove()


@pytest.mark.parametrize("kind", CAUSAL)
def test_it_computes_what_a_hook_of_torch_does(kind: str, load_tiny: Load) -> None:
    loaded = load_tiny(kind)
    plain, before = logits(loaded.model), state(loaded.model)
    steered = Steered(loaded, AT, 2)
    assert torch.equal(logits(steered), by_hand(loaded, 2))
    with steered as entered:
        assert entered is steered and steered.attached
        assert torch.equal(logits(loaded.model), logits(steered))
    assert not steered.attached and state(loaded.model) == before
    assert torch.equal(logits(loaded.model), plain) and not torch.equal(plain, by_hand(loaded, 2))


def test_a_model_of_transformers_as_it_is(load_tiny: Load) -> None:
    loaded = load_tiny("llama")
    bare = copy.deepcopy(loaded.model)
    assert torch.equal(logits(Steered(bare, AT, -1.5)), by_hand(loaded, -1.5))


def test_positions_may_be_named_or_counted(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    named = Steered(loaded, AT, 2, positions="from_last")
    assert torch.equal(logits(named), by_hand(loaded, 2, first=4))
    assert torch.equal(
        logits(Steered(loaded, AT, 2, positions=FromToken(2))), by_hand(loaded, 2, 2)
    )


def test_another_operator_takes_its_own_unit(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    seen: list[Tensor] = []
    handle = loaded.blocks[2].register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    logits(Steered(loaded, AT, 1, operator="ablate"))
    handle.remove()
    projected = seen[-1] @ torch.from_numpy(AT.vector)
    torch.testing.assert_close(projected, torch.zeros_like(projected), atol=1e-5, rtol=0)


def test_generation_is_steered_and_then_as_it_was(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    options = {"max_new_tokens": 6, "do_sample": False, "pad_token_id": 0}

    def written(model: Any) -> Tensor:
        found: Tensor = model.generate(IDS, attention_mask=torch.ones_like(IDS), **options)
        return found

    plain = written(loaded.model)
    steered = Steered(loaded, AT, 8)
    outside = written(steered)
    with steered:
        assert torch.equal(written(loaded.model), outside)
    assert not torch.equal(outside, plain)
    assert torch.equal(written(loaded.model), plain) and "generate" not in vars(loaded.model)


def test_an_exception_leaves_the_model_as_it_was(load_tiny: Load) -> None:
    loaded = load_tiny("opt")
    before = state(loaded.model)
    with pytest.raises(RuntimeError, match="halt"), Steered(loaded, AT, 2):
        raise RuntimeError("halt")
    with pytest.raises(ValueError, match="input_ids"):
        Steered(loaded, AT, 2)(input_ids=None)
    assert state(loaded.model) == before


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_several_may_be_detached_in_any_order(order: tuple[int, ...], load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    plain, before = logits(loaded.model), state(loaded.model)
    places = (EMBEDDING, Place("resid_post", 0), Place("mlp_out", 1))
    several = [Steered(loaded, made_up(place), 1).attach() for place in places]
    for number in order:
        several[number].detach()
        remaining = [one for one in several if one.attached]
        found = logits(loaded.model)
        for one in several:
            one.detach()
        assert torch.equal(logits(loaded.model), plain)
        for one in remaining:
            one.attach()
        assert torch.equal(logits(loaded.model), found)
        assert torch.equal(found, plain) == (not remaining)
    assert state(loaded.model) == before


def test_what_is_not_its_own_is_the_models(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    steered = Steered(loaded, AT, 1)
    assert steered.model is loaded.model and steered.config is loaded.model.config
    assert steered.device == loaded.model.device
    with pytest.raises(AttributeError, match="no_such_thing"):
        _ = steered.no_such_thing


def test_faults_are_told_when_it_is_made(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    with pytest.raises(ProbesteerError, match="16 wide, but the direction has 8 numbers"):
        Steered(loaded, made_up(Place("resid_post", 1), width=8), 1)
    with pytest.raises(ProbesteerError, match="layer 7 is not in the model"):
        Steered(loaded, made_up(Place("resid_post", 7)), 1)
    with pytest.raises(ProbesteerError, match="positions: 'first' is unknown"):
        Steered(loaded, AT, 1, positions="first")
    with pytest.raises(ProbesteerError, match="operator: 'shift' is unknown"):
        Steered(loaded, AT, 1, operator="shift")
    with pytest.raises(ProbesteerError, match="add takes no 'share'"):
        Steered(loaded, AT, 1, unit="share")
    steered = Steered(loaded, AT, 1).attach()
    with pytest.raises(ProbesteerError, match="attached already"):
        steered.attach()
    steered.detach()
    steered.detach()  # once is enough
    assert state(loaded.model)[0] == 0


def test_lm_evaluation_harness_reads_the_steered_model(load_tiny: Load) -> None:
    reason = "lm-eval is an extra that people ask for: pip install -e '.[harness]'"
    huggingface = pytest.importorskip("lm_eval.models.huggingface", reason=reason)
    instance = pytest.importorskip("lm_eval.api.instance", reason=reason).Instance
    loaded = load_tiny("gpt2")
    text, end = "The cat is", " happy today"
    ids = [loaded.tokenizer(part)["input_ids"] for part in (text, text + end)]

    def read(model: Any) -> float:
        harness = huggingface.HFLM(model, tokenizer=loaded.tokenizer, max_length=32)
        asked = [instance("loglikelihood", {}, (text, end), 0)]
        return float(harness.loglikelihood(asked, disable_tqdm=True)[0][0])

    steered = Steered(loaded, AT, 2)
    with torch.no_grad():
        by_token = steered(torch.tensor([ids[1][:-1]])).logits[0].log_softmax(dim=-1)
    expected = sum(float(by_token[at - 1, ids[1][at]]) for at in range(len(ids[0]), len(ids[1])))
    assert read(steered) == pytest.approx(expected, abs=1e-4)
    with steered:
        assert read(steered.model) == pytest.approx(expected, abs=1e-4)
    assert read(loaded.model) != pytest.approx(expected, abs=1e-2)
