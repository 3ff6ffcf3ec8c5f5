"""Interventions inside `generate`: with a cache and without, in padded batches, in a decoder."""

import copy
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from probesteer.errors import ProbesteerError
from probesteer.interventions.edited_tokens import POSITIONS, Positions, Span
from probesteer.interventions.edits import Clamp, Multiply
from probesteer.interventions.intervene import intervene
from probesteer.interventions.operators.projection import clamp
from probesteer.models.blocks import find_blocks
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import at_place
from probesteer.places import Place
from tests.unit.interventions.naive import CAUSAL, log_probabilities
from tests.unit.interventions.padded_batches import (
    NEW_TOKENS,
    POSITIONED,
    ROWS,
    Wanted,
    assert_untouched,
    padded,
    written,
)

Load = Callable[[str], LoadedModel]


def greedy_alone(
    loaded: LoadedModel,
    prompt: tuple[int, ...],
    place: Place,
    change: Callable[[Tensor], Tensor],
    wanted: Wanted,
) -> tuple[int, ...]:
    """Written without a cache or padding, with the change made at the wanted tokens."""
    ids, ends = prompt, loaded.model.generation_config.eos_token_id
    for _ in range(NEW_TOKENS):
        chosen = sorted(i for i in wanted(len(ids), len(prompt)) if i < len(ids))

        def edited(x: Tensor, chosen: list[int] = chosen) -> Tensor:
            x = x.clone()
            x[:, chosen] = change(x[:, chosen])
            return x

        read = log_probabilities(loaded, ids, place, edited)[-1]
        if ends is not None:
            read[ends] = -torch.inf
        ids = (*ids, int(read.argmax()))
    return ids


@pytest.mark.parametrize("name", POSITIONED)
@pytest.mark.parametrize("kind", CAUSAL)
def test_a_padded_batch_is_written_as_each_row_alone(kind: str, name: str, load_tiny: Load) -> None:
    loaded = load_tiny(kind)
    positions, wanted = POSITIONED[name]
    direction = torch.randn(loaded.width, generator=torch.Generator().manual_seed(5))
    place = Place("resid_post", 0)
    ids, mask = padded("left")
    clamped = Clamp(direction[None], torch.tensor([20.0]))
    with intervene(loaded, place, clamped, positions):
        cached = written(loaded, ids, mask)
        uncached = written(loaded, ids, mask, use_cache=False)
    expected = [
        greedy_alone(loaded, row, place, lambda x: clamp(x, direction, 20.0), wanted)
        for row in ROWS
    ]
    for row, alone in enumerate(expected):
        assert tuple(cached[row, -len(alone) :].tolist()) == alone
    assert torch.equal(cached, uncached)
    assert any(
        alone != greedy_alone(loaded, row, place, lambda x: x, wanted)
        for row, alone in zip(ROWS, expected, strict=True)
    ), "the edit changed nothing"


def with_equal_stacks(loaded: LoadedModel) -> LoadedModel:
    """Caches of transformers 5.23 fail where a decoder has more layers than its encoder."""
    config = copy.deepcopy(loaded.model.config)
    config.num_decoder_layers = config.num_layers
    model = type(loaded.model)(config).eval()
    return replace(loaded, model=model, blocks=find_blocks(model))


def test_a_decoder_counts_what_it_has_written(load_tiny: Load) -> None:
    loaded = with_equal_stacks(load_tiny("t5"))
    assert loaded.decoder_layer is not None
    ids, mask = padded("right")
    places = [
        Place("resid_post", loaded.decoder_layer - 1),
        Place("resid_post", loaded.decoder_layer),
    ]

    def run(positions: Positions) -> dict[Place, list[Tensor]]:
        found: dict[Place, list[Tensor]] = {place: [] for place in places}
        with ExitStack() as hooks:
            hooks.enter_context(intervene(loaded, places, Multiply(torch.zeros(1)), positions))
            for place in places:
                hooks.enter_context(at_place(loaded.blocks, place, found[place].append))
            written(loaded, ids, mask)
        return found

    last = run(POSITIONS["last"])
    # The encoder's prompt is the text, whose last tokens stand in different columns.
    (encoded,) = last[places[0]]
    zero = (encoded == 0).all(dim=-1)
    assert zero.nonzero().tolist() == [[row, len(tokens) - 1] for row, tokens in enumerate(ROWS)]
    # The decoder's is the token that it starts from.
    decoded = [(x == 0).all(dim=-1) for x in last[places[1]]]
    assert [bool(x.all()) for x in decoded] == [True] + [False] * (NEW_TOKENS - 1)
    generated = run(POSITIONS["generated"])
    assert not (generated[places[0]][0] == 0).all(dim=-1).any()
    decoded = [(x == 0).all(dim=-1) for x in generated[places[1]]]
    assert [bool(x.all()) for x in decoded] == [False] + [True] * (NEW_TOKENS - 1)


def test_a_static_cache_needs_the_mask_of_the_prompt(load_tiny: Load) -> None:
    loaded = load_tiny("llama")
    place, edit = Place("resid_post", 0), Multiply(torch.tensor([0.5]))
    ids, mask = padded("left")
    with intervene(loaded, place, edit, POSITIONS["from_last"]):
        expected = written(loaded, ids, mask)
    with intervene(loaded, place, edit, POSITIONS["from_last"], prompt_mask=mask):
        static = written(loaded, ids, mask, cache_implementation="static", disable_compile=True)
    assert torch.equal(static, expected)
    with (
        pytest.raises(ProbesteerError, match="the attention mask doesn't tell which tokens are"),
        intervene(loaded, place, edit, POSITIONS["from_last"]),
    ):
        written(loaded, ids, mask, cache_implementation="static", disable_compile=True)
    assert_untouched(loaded)


def test_a_recurrent_state_does_not_count_its_tokens(load_tiny: Load) -> None:
    from transformers import MambaConfig, MambaForCausalLM

    torch.manual_seed(0)
    sizes = {"vocab_size": 40, "hidden_size": 16, "intermediate_size": 32, "state_size": 4}
    config = MambaConfig(**sizes, num_hidden_layers=2, time_step_rank=4, eos_token_id=None)
    model = MambaForCausalLM(config).eval()
    blocks = find_blocks(model)
    loaded = replace(load_tiny("gpt2"), model=model, blocks=blocks, name="mamba")
    place, (ids, mask) = Place("resid_post", 0), padded("left")
    for name, expected in (("last", [1, 0, 0]), ("generated", [0, 1, 1]), ("from_last", [1, 1, 1])):
        seen: list[Tensor] = []
        with (
            intervene(loaded, place, Multiply(torch.zeros(1)), POSITIONS[name]),
            at_place(loaded.blocks, place, seen.append),
        ):
            written(loaded, ids, mask)
        last = [(x[:, -1] == 0).all(dim=-1).tolist() for x in seen[:3]]
        assert last == [[bool(edited)] * 3 for edited in expected]
    span: list[Tensor] = []
    with (
        intervene(loaded, place, Multiply(torch.zeros(1)), Span(4, 6)),
        at_place(loaded.blocks, place, span.append),
    ):
        written(loaded, ids, mask)
    # Prompts of 5, 3 and 4 real tokens: their tokens 4 and 5 come in passes of their own.
    zeros = torch.stack([(x[:, -1] == 0).all(dim=-1) for x in span])
    assert zeros.int().T.tolist() == [
        [1, 1, 0, 0, 0, 0],
        [0, 0, 1, 1, 0, 0],
        [0, 1, 1, 0, 0, 0],
    ]
