"""Which tokens are edited: in padded batches, at every site, and over several passes."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from probesteer.errors import ProbesteerError
from probesteer.interventions.edited_tokens import POSITIONS, Span
from probesteer.interventions.edits import Ablate, Clamp, Multiply
from probesteer.interventions.intervene import intervene
from probesteer.interventions.operators.projection import ablate, clamp
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import at_place
from probesteer.places import Place
from tests.unit.interventions.padded_batches import (
    POSITIONED,
    assert_untouched,
    inputs_of,
    known_sites,
    padded,
    recorded_at,
)

Load = Callable[[str], LoadedModel]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("kind", ["gpt2", "llama", "gptneox", "bert", "t5", "encoder"])
def test_what_is_recorded_is_what_was_edited_and_padding_never_is(
    kind: str, side: str, load_tiny: Load
) -> None:
    loaded = load_tiny(kind)
    inputs = inputs_of(loaded, side)
    for place in known_sites(loaded):
        plain = recorded_at(loaded, place, inputs)
        edit = Clamp(torch.ones(1, plain.shape[-1]), torch.tensor([7.0]))
        in_decoder = loaded.decoder_layer is not None and place.layer >= loaded.decoder_layer
        mask = inputs["decoder_attention_mask" if in_decoder else "attention_mask"]
        for positions, wanted in POSITIONED.values():
            with intervene(loaded, place, edit, positions):
                edited = recorded_at(loaded, place, inputs)
            expected = plain.clone()
            for row, real in enumerate(mask.bool()):
                columns = real.nonzero().flatten()
                chosen = columns[
                    sorted(i for i in wanted(len(columns), len(columns)) if i < len(columns))
                ]
                expected[row, chosen] = clamp(plain[row, chosen], torch.ones(plain.shape[-1]), 7.0)
                assert torch.equal(edited[row, ~real], plain[row, ~real])
            assert torch.equal(edited, expected), (place, positions)
        assert torch.equal(recorded_at(loaded, place, inputs), plain)


def test_parallel_attention_was_among_them(load_tiny: Load) -> None:
    loaded = load_tiny("gptneox")
    assert loaded.model.config.use_parallel_residual
    assert Place("resid_mid", 1) not in known_sites(loaded)
    assert Place("resid_mid", 2) in known_sites(load_tiny("llama"))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("kind", ["gpt2", "llama", "gptneox", "bert", "t5"])
def test_half_precision_is_edited_as_recorded(
    kind: str, dtype: torch.dtype, load_tiny: Load
) -> None:
    loaded = load_tiny(kind)
    loaded.model.to(dtype)
    inputs = inputs_of(loaded, "right")
    for site in ("resid_post", "attn_out"):
        place = Place(site, len(loaded.blocks) - 1)
        plain = recorded_at(loaded, place, inputs)
        assert plain.dtype == dtype
        u = torch.randn(1, loaded.width, generator=torch.Generator().manual_seed(1))
        with intervene(loaded, place, Ablate(u, torch.ones(1)), POSITIONS["last"]):
            edited = recorded_at(loaded, place, inputs)
        mask = inputs["decoder_attention_mask" if loaded.decoder_layer else "attention_mask"]
        expected = plain.clone()
        for row, length in enumerate(mask.sum(dim=1).tolist()):
            expected[row, length - 1] = ablate(plain[row, length - 1], u[0])
        assert edited.dtype == dtype
        assert torch.equal(edited, expected)
        with intervene(loaded, place, Ablate(u, torch.zeros(1))):
            assert torch.equal(recorded_at(loaded, place, inputs), plain)


def test_passes_in_succession_start_anew_and_those_on_a_cache_go_on(load_tiny: Load) -> None:
    loaded = load_tiny("llama")
    place = Place("resid_post", 1)
    seen: list[Tensor] = []
    with (
        torch.no_grad(),
        intervene(loaded, place, Multiply(torch.zeros(1)), POSITIONS["from_last"]),
        at_place(loaded.blocks, place, seen.append),
    ):
        loaded.model(torch.tensor([[5, 9, 3]]))
        past = loaded.model(torch.tensor([[5, 9, 3, 7]]), use_cache=True).past_key_values
        loaded.model(torch.tensor([[4, 6]]), past_key_values=past)
        loaded.model(torch.tensor([[8, 4]]))
    zeros = [(x[0] == 0).all(dim=-1).tolist() for x in seen]
    assert zeros == [[False] * 2 + [True], [False] * 3 + [True], [True] * 2, [False, True]]


def test_prompt_lengths_tell_prompt_from_continuation(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    place = Place("resid_post", 1)
    ids, mask = padded("right")
    edit = Multiply(torch.tensor([1.0, 0.0]))
    inputs = {
        name: x.repeat_interleave(2, dim=0)
        for name, x in (("input_ids", ids), ("attention_mask", mask))
    }
    with intervene(loaded, place, edit, POSITIONS["generated"], prompt_lengths=[2, 1, 3]):
        edited = recorded_at(loaded, place, inputs)
    zero = (edited == 0).all(dim=-1)
    assert not zero[::2].any()
    assert zero[1::2].tolist() == [
        [False, False, True, True, True],
        [False, True, True, False, False],
        [False, False, False, True, False],
    ]
    rows = Span((0, 1, 2), (1, 3, 3))
    with intervene(loaded, place, edit, rows):
        zero = (recorded_at(loaded, place, inputs) == 0).all(dim=-1)
    assert [row.nonzero().flatten().tolist() for row in zero[1::2]] == [[0], [1, 2], [2]]
    with (
        pytest.raises(ProbesteerError, match="positions: 4 numbers for a batch of 6 rows"),
        intervene(loaded, place, edit, Span((0, 1, 2, 3), 9)),
    ):
        recorded_at(loaded, place, inputs)
    assert_untouched(loaded)
