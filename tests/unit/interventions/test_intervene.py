"""An intervention in plain calls and inside `generate`."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from probesteer.interventions.edits import Add, Multiply
from probesteer.interventions.intervene import intervene
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import at_place
from probesteer.places import Place
from tests.unit.interventions.naive import CAUSAL, adding, all_places, blocks_of, log_probabilities

Load = Callable[[str], LoadedModel]
PROMPT = (5, 9, 3, 7, 20)
NEW_TOKENS = 6


def pushes(loaded: LoadedModel) -> Tensor:
    drawn = torch.randn(3, loaded.width, generator=torch.Generator().manual_seed(2))
    return drawn * torch.tensor([0.0, 1.0, -3.0])[:, None]


def hooks_of(loaded: LoadedModel) -> int:
    return sum(len(b._forward_hooks) + len(b._forward_pre_hooks) for b in blocks_of(loaded))


@pytest.mark.parametrize("start", [0, 2, len(PROMPT) - 1])
@pytest.mark.parametrize("kind", CAUSAL)
def test_greedy_generation_equals_a_loop_over_tokens(
    kind: str, start: int, load_tiny: Load
) -> None:
    loaded = load_tiny(kind)
    vectors = pushes(loaded)
    written = []
    for place in all_places(loaded):
        with intervene(loaded, place, Add(vectors), start):
            generated = loaded.model.generate(
                torch.tensor([PROMPT]).repeat(len(vectors), 1),
                attention_mask=torch.ones(len(vectors), len(PROMPT), dtype=torch.long),
                max_new_tokens=NEW_TOKENS,
                min_new_tokens=NEW_TOKENS,
                do_sample=False,
                pad_token_id=0,
            )
        ends = loaded.model.generation_config.eos_token_id
        for vector, row in zip(vectors, generated.tolist(), strict=True):
            ids: tuple[int, ...] = PROMPT
            for _ in range(NEW_TOKENS):
                read = log_probabilities(loaded, ids, place, adding(vector), start)[-1]
                if ends is not None:
                    read[ends] = -torch.inf
                ids = (*ids, int(read.argmax()))
            assert tuple(row) == ids
            written.append(ids)
    assert len(set(written)) > 2, "no push changed what was written"
    assert hooks_of(loaded) == 0


@pytest.mark.parametrize("start", [0, 1, 4])
@pytest.mark.parametrize("kind", CAUSAL)
def test_tokens_before_the_start_are_untouched_to_the_bit(
    kind: str, start: int, load_tiny: Load
) -> None:
    loaded = load_tiny(kind)
    vectors, ids = pushes(loaded), torch.tensor([PROMPT]).repeat(3, 1)
    for place in all_places(loaded):
        seen: list[Tensor] = []
        with torch.no_grad(), at_place(loaded.blocks, place, seen.append):
            loaded.model(ids)
        with (
            torch.no_grad(),
            intervene(loaded, place, Add(vectors), start),
            at_place(loaded.blocks, place, seen.append),
        ):
            loaded.model(ids)
        plain, edited = seen
        assert torch.equal(edited[:, :start], plain[:, :start])
        assert torch.equal(edited[:, start:], plain[:, start:] + vectors[:, None])


def test_every_row_gets_its_variants_in_turn(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    rows = torch.tensor([[5, 9], [3, 7]]).repeat_interleave(2, dim=0)
    seen: list[Tensor] = []
    place = Place("resid_post", 0)
    with torch.no_grad(), at_place(loaded.blocks, place, seen.append):
        with intervene(loaded, place, Multiply(torch.tensor([2.0, 0.5]))):
            pass
        loaded.model(rows)
        # Entered before the recording, an edit is seen by it.
    with (
        torch.no_grad(),
        intervene(loaded, place, Multiply(torch.tensor([2.0, 0.5]))),
        at_place(loaded.blocks, place, seen.append),
    ):
        loaded.model(rows)
    assert torch.equal(seen[1], seen[0] * torch.tensor([2.0, 0.5, 2.0, 0.5])[:, None, None])


def test_an_exception_removes_the_hook(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    with (
        pytest.raises(RuntimeError, match="broken off"),
        intervene(loaded, Place("resid_post", 1), Add(pushes(loaded))),
    ):
        assert hooks_of(loaded) == 1
        raise RuntimeError("broken off")
    assert hooks_of(loaded) == 0
