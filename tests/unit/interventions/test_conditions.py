"""Sequences that are steered because of what a probe reads in their prompt."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from probesteer.errors import ProbesteerError
from probesteer.interventions.conditions import PromptCondition
from probesteer.interventions.edits import Multiply
from probesteer.interventions.intervene import intervene
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import at_place
from probesteer.places import Place
from tests.unit.interventions.padded_batches import (
    ROWS,
    assert_untouched,
    inputs_of,
    padded,
    recorded_at,
    written,
)

Load = Callable[[str], LoadedModel]
READ, EDITED = Place("resid_post", 0), Place("attn_out", 1)


def splitting(loaded: LoadedModel, side: str) -> tuple[PromptCondition, list[bool]]:
    """A condition that the prompt in the middle, by read-out, just fails; who meets it."""
    plain = recorded_at(loaded, READ, inputs_of(loaded, side))
    mask = inputs_of(loaded, side)["attention_mask"]
    coefficient = torch.randn(loaded.width, generator=torch.Generator().manual_seed(4))
    ends = [int(row.nonzero().max()) for row in mask]
    read = torch.stack([plain[row, end] @ coefficient for row, end in enumerate(ends)]) - 1.5
    threshold = float(read.median()) + 1e-4
    met = (read > threshold).tolist()
    assert sum(met) == 1
    return PromptCondition(READ, coefficient, -1.5, threshold), met


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("kind", ["gpt2", "llama", "bert"])
def test_only_sequences_that_meet_it_are_edited(kind: str, side: str, load_tiny: Load) -> None:
    loaded = load_tiny(kind)
    condition, met = splitting(loaded, side)
    inputs = inputs_of(loaded, side)
    plain = recorded_at(loaded, EDITED, inputs)
    with intervene(loaded, EDITED, Multiply(torch.tensor([2.0])), condition=condition):
        edited = recorded_at(loaded, EDITED, inputs)
        # Another batch is decided anew.
        alone = {name: x[1:2] for name, x in inputs.items()}
        again = recorded_at(loaded, EDITED, alone)
    wanted = torch.tensor(met)[:, None] & inputs["attention_mask"].bool()
    assert torch.equal(edited, torch.where(wanted[..., None], 2 * plain, plain))
    assert again.shape[0] == 1
    assert bool((again != recorded_at(loaded, EDITED, alone)).any()) == met[1]
    assert_untouched(loaded)


def test_what_is_decided_at_the_prompt_holds_for_all_that_is_written(load_tiny: Load) -> None:
    loaded = load_tiny("llama")
    condition, met = splitting(loaded, "left")
    ids, mask = padded("left")
    seen: list[Tensor] = []
    with (
        intervene(loaded, EDITED, Multiply(torch.zeros(1)), condition=condition),
        at_place(loaded.blocks, EDITED, seen.append),
    ):
        output = written(loaded, ids, mask)
    for x in seen:
        assert (x[:, -1] == 0).all(dim=-1).tolist() == met
    plain = written(loaded, ids, mask)
    same = (output == plain).all(dim=1)
    assert [bool(one) for one in same] == [not one for one in met]


def test_every_variant_of_a_row_is_decided_by_its_own_prompt(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    condition, met = splitting(loaded, "right")
    inputs = {name: x.repeat_interleave(2, dim=0) for name, x in inputs_of(loaded, "right").items()}
    with intervene(loaded, EDITED, Multiply(torch.tensor([1.0, 0.0])), condition=condition):
        edited = recorded_at(loaded, EDITED, inputs)
    zero = (edited[:, 0] == 0).all(dim=-1).tolist()
    assert zero == [flag for one in met for flag in (False, one)]
    assert len(zero) == 2 * len(ROWS)


def test_a_condition_that_comes_too_late_is_refused(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    condition = PromptCondition(Place("mlp_out", 1), torch.ones(loaded.width), 0.0)
    with (
        pytest.raises(ProbesteerError, match="the edit at layer 1 attn_out comes before the"),
        intervene(loaded, EDITED, Multiply(torch.zeros(1)), condition=condition),
    ):
        pass
    assert_untouched(loaded)
