"""A sweep gives what one hooked pass for every prompt and every strength gives."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import MistralConfig, MistralForCausalLM

import probesteer.interventions.passes as passes_module
import probesteer.interventions.sweep as sweep_module
from probesteer.interventions.edits import Add, Edit, Multiply
from probesteer.interventions.sweep import Sweep, run_sweep
from probesteer.models.blocks import find_blocks
from probesteer.models.loading import LoadedModel
from probesteer.places import Place
from tests.unit.interventions.naive import (
    CAUSAL,
    PROMPTS,
    Change,
    adding,
    all_places,
    blocks_of,
    logit_difference,
    multiplying,
    next_token,
)

Load = Callable[[str], LoadedModel]
ROWS = [row for item, prompt in enumerate(PROMPTS) for row in prompt.rows(item)]
FACTORS = (0.0, 0.5, 1.0, 3.0)


def pushes(loaded: LoadedModel) -> Tensor:
    """Four pushes, the third of length 0: [4, d]."""
    drawn = torch.randn(4, loaded.width, generator=torch.Generator().manual_seed(1))
    return drawn * torch.tensor([0.3, -1.0, 0.0, 5.0])[:, None]


def edit_of(operator: str, loaded: LoadedModel) -> tuple[Edit, list[Change]]:
    """The stacked edit, and each of its variants as a plain function."""
    if operator == "multiply":
        return Multiply(torch.tensor(FACTORS)), [multiplying(factor) for factor in FACTORS]
    vectors = pushes(loaded)
    return Add(vectors), [adding(vector) for vector in vectors]


def sweep_of(loaded: LoadedModel, edit: Edit, positions: str, tokens: int, **options: Any) -> Sweep:
    return run_sweep(
        loaded, ROWS, dict.fromkeys(all_places(loaded), edit), positions, tokens, **options
    )


@pytest.mark.parametrize("operator", ["add", "multiply"])
@pytest.mark.parametrize("positions", ["from_last", "all"])
@pytest.mark.parametrize("kind", CAUSAL)
def test_resumed_and_hooked_passes_equal_the_plain_reference(
    kind: str, positions: str, operator: str, load_tiny: Load
) -> None:
    loaded = load_tiny(kind)
    edit, changes = edit_of(operator, loaded)
    resumed = sweep_of(loaded, edit, positions, 4096)
    hooked = sweep_of(loaded, edit, positions, 4096, direct=True)
    plain = np.array([logit_difference(loaded, prompt) for prompt in PROMPTS])
    np.testing.assert_allclose(resumed.score, plain, atol=1e-4)
    before = [next_token(loaded, prompt) for prompt in PROMPTS]
    for place in all_places(loaded):
        score, kl, same = (np.zeros((len(changes), len(PROMPTS))) for _ in range(3))
        for s, change in enumerate(changes):
            for p, prompt in enumerate(PROMPTS):
                score[s, p] = logit_difference(loaded, prompt, place, change, positions)
                after = next_token(loaded, prompt, place, change, positions)
                kl[s, p] = float((before[p].exp() * (before[p] - after)).sum())
                same[s, p] = float(before[p].argmax() == after.argmax())
        for result in (resumed.results[place], hooked.results[place]):
            np.testing.assert_allclose(result.score, score, atol=1e-4, rtol=1e-5)
            np.testing.assert_allclose(result.kl, kl, atol=1e-4, rtol=1e-5)
            np.testing.assert_array_equal(result.same_top, same)
            assert (result.kl >= 0).all()
            # The third variant changes nothing.
            np.testing.assert_allclose(result.score[2], plain, atol=1e-4)
            np.testing.assert_allclose(result.kl[2], 0, atol=1e-6)
            np.testing.assert_array_equal(result.same_top[2], 1)
        assert resumed.results[place].same_top.min() == 0


@pytest.mark.parametrize("positions", ["from_last", "all"])
@pytest.mark.parametrize("kind", CAUSAL)
def test_batches_of_one_variant_equal_large_ones(
    kind: str, positions: str, load_tiny: Load
) -> None:
    loaded = load_tiny(kind)
    edit, _ = edit_of("add", loaded)
    large, small = (sweep_of(loaded, edit, positions, tokens) for tokens in (4096, 1))
    np.testing.assert_allclose(small.score, large.score, atol=1e-5)
    for place in all_places(loaded):
        for name in ("score", "kl", "same_top"):
            one, other = (getattr(s.results[place], name) for s in (small, large))
            np.testing.assert_allclose(one, other, atol=1e-4, rtol=1e-5)
        np.testing.assert_allclose(small.residuals[place], large.residuals[place], atol=1e-5)


def test_few_logits_at_once_change_nothing(
    load_tiny: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load_tiny("gpt2")
    edit, _ = edit_of("add", loaded)
    large = sweep_of(loaded, edit, "all", 4096)
    monkeypatch.setattr(sweep_module, "_LOGITS_AT_ONCE", 1)
    sizes: list[int] = []
    handle = loaded.model.lm_head.register_forward_hook(
        lambda _, args, __: sizes.append(args[0].shape[0])
    )
    small = sweep_of(loaded, edit, "all", 4096)
    handle.remove()
    assert set(sizes) == {1}
    for place in all_places(loaded):
        np.testing.assert_allclose(
            small.results[place].score, large.results[place].score, atol=1e-4, rtol=1e-5
        )


@pytest.mark.parametrize("kind", CAUSAL)
def test_residuals_are_those_of_the_last_prompt_token(kind: str, load_tiny: Load) -> None:
    loaded = load_tiny(kind)
    edit, _ = edit_of("add", loaded)
    sweep = sweep_of(loaded, edit, "from_last", 4096)
    seen: list[Tensor] = []
    for place in all_places(loaded)[1:]:
        for item, prompt in enumerate(PROMPTS):
            seen.clear()
            handle = blocks_of(loaded)[place.layer].register_forward_hook(
                lambda _, __, output: seen.append(output if torch.is_tensor(output) else output[0])
            )
            with torch.no_grad():
                loaded.model(torch.tensor([prompt.ids]))
            handle.remove()
            np.testing.assert_allclose(
                sweep.residuals[place][item], seen[0][0, -1].numpy(), atol=1e-5
            )


@pytest.mark.parametrize(("positions", "tokens"), [("from_last", 1), ("all", 4)])
def test_blocks_below_an_edit_run_once_for_each_batch(
    positions: str, tokens: int, load_tiny: Load
) -> None:
    loaded = load_tiny("gpt2")
    edit, _ = edit_of("add", loaded)
    assert not loaded.blocks.tokens_first  # seen in a short pass of its own
    seen: list[tuple[int, ...]] = []
    handle = blocks_of(loaded)[1].mlp.register_forward_hook(
        lambda _, args, __: seen.append(tuple(args[0].shape[:2]))
    )
    rows = PROMPTS[0].rows(0)
    place = Place("resid_post", 1)
    run_sweep(loaded, rows, {place: edit}, positions, 4096)
    # The tokens before the edit, and the others without it; twice, as both ways are compared.
    own = [(1, 3), (1, 1)] if positions == "from_last" else [(1, 4)]
    assert seen == [*own, (1, 4), (1, 4), *own]
    seen.clear()
    run_sweep(loaded, rows, {Place("resid_post", 0): edit}, positions, 4096)
    assert seen == [*own, (1, 4), (1, 4), (1, tokens), *own, (edit.size, tokens)]
    handle.remove()


def test_a_model_with_a_sliding_window_runs_all_tokens() -> None:
    torch.manual_seed(0)
    model = MistralForCausalLM(
        MistralConfig(
            vocab_size=30,
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=2,
            sliding_window=3,
        )
    ).eval()
    loaded = LoadedModel("mistral", model, None, find_blocks(model), torch.device("cpu"), "causal")
    edit, changes = edit_of("add", loaded)
    sweep = sweep_of(loaded, edit, "from_last", 4096)
    for place in all_places(loaded):
        expected = [
            [logit_difference(loaded, p, place, change, "from_last") for p in PROMPTS]
            for change in changes
        ]
        np.testing.assert_allclose(sweep.results[place].score, expected, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("positions", ["from_last", "all"])
@pytest.mark.parametrize("kind", CAUSAL)
def test_an_overflowing_model_gives_no_number_and_no_crash(
    kind: str, positions: str, load_tiny: Load
) -> None:
    loaded = load_tiny(kind)
    overflowed = torch.full((1, loaded.width), float("inf"))
    sweep = sweep_of(loaded, Add(overflowed), positions, 4096)
    assert np.isfinite(sweep.score).all()
    for place in all_places(loaded):
        result = sweep.results[place]
        assert not np.isfinite(result.score).any()
        assert not np.isfinite(result.kl).any()
        np.testing.assert_array_equal(result.same_top, 0)


@dataclass(frozen=True)
class Failing(Add):
    """Breaks off in the middle of a sweep."""

    def __call__(self, x: Tensor) -> Tensor:
        raise RuntimeError("broken off")

    def part(self, first: int, last: int) -> "Failing":
        return Failing(self.pushes[first:last])

    def to(self, like: Tensor) -> "Failing":
        return self


@contextmanager
def unchanged(loaded: LoadedModel) -> Iterator[None]:
    """The model gives the same to the bit after the context, and carries nothing new."""

    def state() -> list[tuple[int, int, set[str]]]:
        return [
            (len(m._forward_hooks), len(m._forward_pre_hooks), set(m.__dict__))
            for m in loaded.model.modules()
        ]

    ids = torch.tensor([[5, 9, 3, 7]])
    before, logits = state(), loaded.model(ids).logits
    yield
    assert state() == before
    assert torch.equal(loaded.model(ids).logits, logits)


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("positions", ["from_last", "all"])
@pytest.mark.parametrize("kind", CAUSAL)
def test_the_model_is_left_as_it_was(
    kind: str, positions: str, direct: bool, load_tiny: Load
) -> None:
    loaded = load_tiny(kind)
    edit, _ = edit_of("add", loaded)
    with unchanged(loaded):
        sweep_of(loaded, edit, positions, 4096, direct=direct)
    with unchanged(loaded), pytest.raises(RuntimeError, match="broken off"):
        sweep_of(loaded, Failing(pushes(loaded)), positions, 4096, direct=direct)


@pytest.mark.parametrize("positions", ["from_last", "all"])
def test_a_model_that_fails_inside_a_resumed_pass_is_restored(
    positions: str, load_tiny: Load
) -> None:
    loaded = load_tiny("gpt2")
    edit, _ = edit_of("add", loaded)
    calls = 0

    def fail_late(*_: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise RuntimeError("broken off")

    with unchanged(loaded):
        handle = loaded.model.lm_head.register_forward_hook(fail_late)
        with pytest.raises(RuntimeError, match="broken off"):
            sweep_of(loaded, edit, positions, 4096)
        handle.remove()
        assert calls == 4


@pytest.mark.parametrize("operator", ["add", "multiply"])
@pytest.mark.parametrize("positions", ["from_last", "all"])
def test_a_model_whose_resumed_passes_differ_is_run_whole(
    operator: str,
    positions: str,
    load_tiny: Load,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    loaded = load_tiny("llama")
    edit, _ = edit_of(operator, loaded)
    whole = sweep_of(loaded, edit, positions, 4096, direct=True)
    resume = passes_module._Resumed.__call__

    def wrong(self: Any, place: Place, edit: Edit) -> Tensor:
        return resume(self, place, edit) + 0.5

    monkeypatch.setattr(passes_module._Resumed, "__call__", wrong)
    found = sweep_of(loaded, edit, positions, 4096)
    assert "model llama: resumed passes differ; running it whole" in caplog.text
    for place, result in whole.results.items():
        np.testing.assert_array_equal(found.results[place].score, result.score)
        np.testing.assert_array_equal(found.results[place].kl, result.kl)
