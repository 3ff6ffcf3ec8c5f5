"""An intervention in plain calls and inside `generate`."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
import torch
from torch import Tensor

from probesteer.errors import ProbesteerError
from probesteer.interventions.edited_tokens import POSITIONS
from probesteer.interventions.edits import Ablate, Add, Multiply, Rotate, When
from probesteer.interventions.intervene import intervene
from probesteer.models.blocks import find_blocks
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import at_place
from probesteer.places import Place
from tests.tiny_image_models import save_tiny_image_model
from tests.unit.interventions.naive import CAUSAL, adding, all_places, blocks_of, log_probabilities
from tests.unit.interventions.padded_batches import (
    NEW_TOKENS,
    assert_untouched,
    inputs_of,
    known_sites,
    recorded_at,
    written,
)

Load = Callable[[str], LoadedModel]
PROMPT = (5, 9, 3, 7, 20)


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


def test_several_layers_and_nested_edits(load_tiny: Load) -> None:
    loaded = load_tiny("llama")
    inputs = inputs_of(loaded, "right")
    places = [Place("resid_post", 0), Place("attn_out", 2), Place("resid_post", 2)]
    u = torch.randn(1, loaded.width, generator=torch.Generator().manual_seed(1))
    real = inputs["attention_mask"].bool()
    with intervene(loaded, places, Ablate(u, torch.ones(1))):
        for place in places:
            along = recorded_at(loaded, place, inputs) @ u[0]
            assert float(along[real].abs().max()) < 1e-5
    # One after the other: twice as much and one more is not one more and twice as much.
    place, plain = places[0], recorded_at(loaded, places[0], inputs)
    with (
        intervene(loaded, place, Multiply(torch.tensor([2.0]))),
        intervene(loaded, place, Add(torch.ones(1, loaded.width))),
    ):
        edited = recorded_at(loaded, place, inputs)
        assert torch.equal(edited[real], 2 * plain[real] + 1)
    assert torch.equal(edited[~real], plain[~real])
    assert_untouched(loaded)


def test_parts_are_found_as_they_are_while_an_edit_is_made(load_tiny: Load) -> None:
    expected = load_tiny("llama").blocks.parts
    loaded = load_tiny("llama")
    with intervene(loaded, Place("resid_post", 0), Multiply(torch.tensor([1e-3]))):
        assert "parts" not in vars(loaded.blocks)
        assert loaded.blocks.parts == expected


def test_a_probe_decides_token_by_token(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    inputs, place = inputs_of(loaded, "left"), Place("resid_post", 1)
    plain = recorded_at(loaded, place, inputs)
    coefficient = torch.randn(loaded.width, generator=torch.Generator().manual_seed(1))
    edit = When(Add(torch.ones(1, loaded.width)), coefficient, 0.1, 0.4)
    with intervene(loaded, place, edit):
        edited = recorded_at(loaded, place, inputs)
    above = (plain @ coefficient + 0.1 > 0.4) & inputs["attention_mask"].bool()
    assert 0 < above.sum() < inputs["attention_mask"].sum()
    assert torch.equal(edited, torch.where(above[..., None], plain + 1, plain))


@pytest.mark.parametrize("kind", ["gpt2", "llama", "gptneox", "bert", "t5"])
def test_leaving_restores_the_model_to_the_bit(kind: str, load_tiny: Load) -> None:
    loaded = load_tiny(kind)
    inputs = inputs_of(loaded, "right")
    with torch.no_grad():
        before = loaded.model(**inputs).logits
    weights = {name: x.clone() for name, x in loaded.model.state_dict().items()}
    places = known_sites(loaded)
    widths = {place: recorded_at(loaded, place, inputs).shape[-1] for place in places}
    with torch.no_grad(), ExitStack() as hooks:
        for place in places:
            edit = Rotate(torch.ones(1, widths[place]), torch.tensor([40.0]))
            hooks.enter_context(intervene(loaded, place, edit))
        assert not torch.equal(loaded.model(**inputs).logits, before)
    assert_untouched(loaded)
    with torch.no_grad():
        assert torch.equal(loaded.model(**inputs).logits, before)
    for name, x in loaded.model.state_dict().items():
        assert torch.equal(x, weights[name])


def test_an_exception_inside_a_pass_leaves_the_model_usable(load_tiny: Load) -> None:
    loaded = load_tiny("llama")
    place, inputs = Place("resid_post", 1), inputs_of(loaded, "left")

    def break_off(x: Tensor) -> None:
        raise RuntimeError("broken off")

    edit = Multiply(torch.zeros(1))
    with intervene(loaded, place, edit, POSITIONS["last"]):
        expected = recorded_at(loaded, place, inputs)
        with (
            pytest.raises(RuntimeError, match="broken off"),
            at_place(loaded.blocks, Place("resid_post", 0), break_off),
        ):
            written(loaded, inputs["input_ids"], inputs["attention_mask"])
        # Inside the same context the next pass is counted from its start.
        assert torch.equal(recorded_at(loaded, place, inputs), expected)
    assert_untouched(loaded)
    with (
        pytest.raises(ProbesteerError, match="has no resid_mid"),
        intervene(load_tiny("gptneox"), Place("resid_mid", 0), edit),
    ):
        pass


def test_images_have_no_prompt(tmp_path: Path) -> None:
    from transformers import ViTForImageClassification

    model = ViTForImageClassification.from_pretrained(save_tiny_image_model("vit", tmp_path))
    device = torch.device("cpu")
    loaded = LoadedModel("vit", model.eval(), None, find_blocks(model), device, "image")
    inputs = {"pixel_values": torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))}
    place = Place("resid_post", 0)
    plain = recorded_at(loaded, place, inputs)
    with intervene(loaded, place, Multiply(torch.tensor([2.0]))):
        assert torch.equal(recorded_at(loaded, place, inputs), 2 * plain)
