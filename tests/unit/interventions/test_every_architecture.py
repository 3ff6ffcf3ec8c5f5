"""Interventions in a padded batch and inside `generate`, on every architecture that is built."""

import contextlib
import io
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from probesteer.interventions.edited_tokens import POSITIONS, Positions, Span
from probesteer.interventions.edits import Multiply
from probesteer.interventions.intervene import intervene
from probesteer.models.blocks import find_blocks
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import at_place
from probesteer.places import Place
from tests.architectures.entries import Entry, Kind, build, entries, inputs
from tests.unit.interventions.padded_batches import recorded_at

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

# Beside those whose sites aren't proved, in docs/architectures.md.
NOT_ASKED = {
    # The contract refuses them: blocks that run twice, tokens that aren't the text's.
    *("HrmTextForCausalLM", "AlbertForMaskedLM", "ProphetNetForCausalLM", "CpmAntForCausalLM"),
    *("ProphetNetForConditionalGeneration", "BltForCausalLM", "Gemma3nForCausalLM"),
    "SqueezeBertForMaskedLM",
    # In transformers 5.23 a batch of several rows gets tokens of its own from the state.
    "RwkvForCausalLM",
    # Encoder-decoders that transformers lists as masked models too; asked as what they are.
    *("BartForConditionalGeneration", "MBartForConditionalGeneration"),
    "MvpForConditionalGeneration",
    # They can't run on what is given: sound, or without a start token.
    *(
        "MusicgenForCausalLM",
        "MusicgenMelodyForCausalLM",
        "VoxtralRealtimeForConditionalGeneration",
    ),
}
# Measured: 178 causal models, 46 masked, 33 encoder-decoders.
LEAST: dict[Kind, int] = {"causal": 175, "masked": 44, "encoder_decoder": 32}
ROWS = ((5, 9, 3, 7, 8), (4, 6, 8))


@pytest.mark.parametrize("kind", list(LEAST))
def test_edited_tokens_are_those_asked_for(kind: Kind) -> None:
    held, failed = 0, []
    for entry in entries(kind):
        if entry.architecture in NOT_ASKED:
            continue
        loaded = built(entry)
        if loaded is None:
            continue
        wrong = wrong_in_a_batch(loaded)
        if kind == "causal":
            wrong += wrong_in_generation(loaded)
        held += not wrong
        failed += [f"{entry.architecture}: {', '.join(wrong)}"] if wrong else []
    assert not failed, "\n".join(failed)
    assert held >= LEAST[kind]


def built(entry: Entry) -> LoadedModel | None:
    """None for what can't be built small, or doesn't read the text that it is given."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            model = build(entry)
            inputs(entry, model)
            blocks = find_blocks(model)
    # Whatever a model's code raises with these sizes.
    except Exception:
        return None
    return LoadedModel(entry.model_type, model, None, blocks, torch.device("cpu"), entry.kind)


def batch(side: str) -> tuple[Tensor, Tensor]:
    ids, mask = torch.full((2, 5), 6), torch.zeros(2, 5).long()
    for row, tokens in enumerate(ROWS):
        part = slice(5 - len(tokens), None) if side == "left" else slice(len(tokens))
        ids[row, part], mask[row, part] = torch.tensor(tokens), 1
    return ids, mask


def place_of(loaded: LoadedModel) -> Place:
    return Place("resid_post", loaded.decoder_layer or 0)


def wrong_in_a_batch(loaded: LoadedModel) -> list[str]:
    """Padding sides and positions at which other tokens were edited."""
    chosen: list[tuple[Positions, Any]] = [
        (POSITIONS["last"], lambda length: [length - 1]),
        (POSITIONS["all"], range),
        (Span(1, 2), lambda length: [1]),
    ]
    place, wrong = place_of(loaded), []
    for side in ("right", "left") if loaded.causal else ("right",):
        ids, mask = batch(side)
        given = {"input_ids": ids, "attention_mask": mask}
        if loaded.kind == "encoder_decoder":
            given |= {"decoder_input_ids": ids, "decoder_attention_mask": mask}
        for positions, wanted in chosen:
            expected = recorded_at(loaded, place, given)
            with intervene(loaded, place, Multiply(torch.tensor([2.0])), positions):
                edited = recorded_at(loaded, place, given)
            for row in range(2):
                columns = mask[row].nonzero().flatten()
                expected[row, columns[list(wanted(len(columns)))]] *= 2
            if not torch.equal(edited.nan_to_num(), expected.nan_to_num()):
                wrong.append(f"{positions} padded on the {side}")
    return wrong


def keep(seen: list[Tensor], x: Tensor) -> None:
    """A copy, as some blocks go on in place."""
    seen.append(x.clone())


def wrong_in_generation(loaded: LoadedModel) -> list[str]:
    """Positions at which the last tokens of three passes were edited otherwise than asked."""
    ids, mask = batch("left")
    wrong = []
    for name, wanted in (("last", [1, 0, 0]), ("from_last", [1, 1, 1]), ("generated", [0, 1, 1])):
        seen: list[Tensor] = []
        with (
            intervene(loaded, place_of(loaded), Multiply(torch.zeros(1)), POSITIONS[name]),
            at_place(loaded.blocks, place_of(loaded), partial(keep, seen)),
        ):
            loaded.model.generate(
                ids,
                attention_mask=mask,
                max_new_tokens=3,
                min_new_tokens=3,
                do_sample=False,
                pad_token_id=0,
                eos_token_id=None,
            )
        found = [(x[:, -1] == 0).all(dim=-1).int().tolist() for x in seen[:3]]
        if found != [[edited] * 2 for edited in wanted]:
            wrong.append(f"generated with {name}")
    return wrong
