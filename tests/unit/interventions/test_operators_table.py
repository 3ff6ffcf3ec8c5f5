"""Every operator through the dose response, against passes hooked by hand."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from probesteer.directions.direction import Direction
from probesteer.directions.leace import Eraser
from probesteer.errors import ProbesteerError
from probesteer.figures.rows import matching
from probesteer.interventions.dose_response import DoseGrid, measure_dose_response
from probesteer.interventions.operators_table import Doses, operators_table
from probesteer.models.loading import LoadedModel
from probesteer.places import EMBEDDING, Place
from tests.tiny_models import WIDTH
from tests.unit.interventions.naive import blocks_of

PROMPTS = pd.DataFrame(
    {
        "prompt": ["The cat is", "Tom was", "She saw the dog and"],
        "positive": ["happy", "very good today", "was happy"],
        "negative": ["sad", "bad", "was sad"],
        "group": ["a", "b", "c"],
        "split": ["validation", "test", "test"],
    }
)
NEUTRAL = ["The cat saw a bird", "Tom was sad."]
PLACES = [EMBEDDING, Place("resid_post", 1)]
GRID = DoseGrid([-1.0, 0.0, 1.0], "gap", ["from_last", "all", "last", "generated"], 64, 100, 0)
DOSES = {
    "add": Doses([-2.0, 3.0], "gap"),
    "ablate": Doses([0.5, 1.0], "share"),
    "clamp": Doses([-1.0, 0.0], "sigma"),
    "reflect": Doses([1.0], "share"),
    "rotate": Doses([-30.0, 120.0], "angle"),
    "scale": Doses([-0.5, 2.0], "share"),
    "erase": Doses([1.0], "share"),
}


def directions() -> list[Direction]:
    rng = np.random.default_rng(0)
    found = []
    for place in PLACES:
        for method, draw in (("difference_of_means", -1), ("random", 0)):
            vector = rng.standard_normal(WIDTH)
            unit = (vector / np.linalg.norm(vector)).astype(np.float32)
            found.append(Direction(unit, place, method, draw, 1.5, 0.7, 1.0, 2.0, 0.3, 9))
    return found


def erasers() -> dict[Place, Eraser]:
    rng = np.random.default_rng(1)
    return {
        place: Eraser(m, r[None], w[None])
        for place, (m, r, w) in zip(PLACES, 0.3 * rng.standard_normal((2, 3, WIDTH)), strict=True)
    }


def by_hand(operator: str, strength: float, one: Direction, eraser: Eraser, x: Tensor) -> Tensor:
    """x: [..., d] in double precision, from the definitions."""
    u = torch.from_numpy(one.vector).double()
    along = (x @ u)[..., None]
    if operator == "add":
        return x + strength * one.gap * u
    if operator == "ablate":
        return x - strength * along * u
    if operator == "clamp":
        return x - along * u + (one.offset + strength * one.sigma) * u
    if operator == "reflect":
        return x - 2 * strength * (along - one.offset) * u
    if operator == "scale":
        return (1 + strength) * x
    if operator == "erase":
        mean, read, write = map(torch.from_numpy, (eraser.mean, eraser.read[0], eraser.write[0]))
        return x - strength * ((x - mean) @ read)[..., None] * write
    across = x - along * u
    length = across.norm(dim=-1, keepdim=True)
    # In the plane of u and x: the angle from x's other part towards u grows by the strength.
    angle = torch.atan2(along, length) + np.radians(strength)
    turned = angle.sin() * u + angle.cos() * across / length
    found: Tensor = x.norm(dim=-1, keepdim=True) * turned
    return found


def edited_logits(
    loaded: LoadedModel,
    ids: list[int],
    place: Place,
    change: Callable[[Tensor], Tensor],
    part: slice,
) -> Tensor:
    """Log-probabilities [tokens, vocabulary] with the tokens of `part` changed at `place`."""

    def edited(x: Tensor) -> Tensor:
        changed = x.clone()
        changed[:, part] = change(x[:, part].double()).to(x.dtype)
        return changed

    def before(_: object, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (edited(args[0]), *args[1:])

    def after(_: object, __: object, output: Tensor) -> Tensor:
        return edited(output)

    block = blocks_of(loaded)[place.layer]
    entry = place.site == "resid_pre"
    handle = (
        block.register_forward_pre_hook(before) if entry else block.register_forward_hook(after)
    )
    with torch.no_grad():
        try:
            logits = loaded.model(torch.tensor([ids]), use_cache=False).logits[0]
        finally:
            handle.remove()
    read: Tensor = logits.double().log_softmax(dim=-1)
    return read


def difference(
    loaded: LoadedModel,
    row: pd.Series,
    place: Place,
    change: Callable[[Tensor], Tensor],
    positions: str,
) -> float:
    """The logit difference of a prompt with the tokens at `positions` changed."""
    prompt = loaded.tokenizer(row["prompt"])["input_ids"]
    total = 0.0
    for sign, side in ((1, "positive"), (-1, "negative")):
        whole = loaded.tokenizer(f"{row['prompt']} {row[side]}")["input_ids"]
        last = len(prompt) - 1
        part = {
            "from_last": slice(last, None),
            "all": slice(None),
            "last": slice(last, last + 1),
            "generated": slice(last + 1, None),
        }[positions]
        read = edited_logits(loaded, whole[:-1], place, change, part)
        total += sign * sum(float(read[i - 1, whole[i]]) for i in range(last + 1, len(whole)))
    return total


@pytest.mark.parametrize("operator", DOSES)
def test_every_operator_equals_hooks_by_hand_at_all_positions(
    operator: str, load_tiny: Callable[[str], LoadedModel]
) -> None:
    loaded = load_tiny("gpt2")
    doses, given, erased = DOSES[operator], directions(), erasers()
    if operator == "erase":
        given = [one for one in given if one.draw < 0]
    grid = replace(GRID, strengths=list(doses.strengths), unit=doses.unit, operator=operator)
    measured = measure_dose_response(loaded, PROMPTS, NEUTRAL, given, grid, "x:", erased)
    assert list(measured) == ["from_last", "all", "last", "generated"]
    for positions, places in measured.items():
        for place, response in places.items():
            for d, one in enumerate(response.directions):
                for s, strength in enumerate(doses.strengths):

                    def change(x: Tensor) -> Tensor:
                        return by_hand(operator, strength, one, erased[place], x)  # noqa: B023

                    for p, (_, row) in enumerate(PROMPTS.iterrows()):
                        after = difference(loaded, row, place, change, positions)
                        before = difference(loaded, row, place, lambda x: x, positions)
                        found = response.change[d, s, p]
                        assert found == pytest.approx(after - before, abs=3e-4)
    # Tokens after the prompt are read by longer continuations alone, and change no next token.
    later = measured["generated"][PLACES[0]]
    np.testing.assert_allclose(later.change[..., 0], 0, atol=1e-5)
    assert (np.abs(later.change[..., 1:]) > 1e-3).any()
    np.testing.assert_allclose(later.kl, 0, atol=1e-6)


def test_angles_and_norms_are_those_of_the_edit(load_tiny: Callable[[str], LoadedModel]) -> None:
    grid = replace(GRID, strengths=[-30.0, 0.0, 45.0], unit="angle", operator="rotate")
    turned = measure_dose_response(load_tiny("gpt2"), PROMPTS, NEUTRAL, directions(), grid, "x:")
    scaled = measure_dose_response(
        load_tiny("gpt2"),
        PROMPTS,
        NEUTRAL,
        directions(),
        replace(GRID, strengths=[-0.5, 0.0, 2.0], unit="share", operator="scale"),
        "x:",
    )
    for place in PLACES:
        response = turned["all"][place]
        np.testing.assert_allclose(response.norm_ratio, 1, atol=1e-6)
        np.testing.assert_allclose(response.angle[:, 0], 30, atol=1e-4)
        np.testing.assert_array_equal(response.angle[:, 1], 0)
        np.testing.assert_allclose(response.angle[:, 2], 45, atol=1e-4)
        ratios = scaled["last"][place].norm_ratio
        np.testing.assert_allclose(ratios[:, [0, 2]], [[[0.5] * 3, [3.0] * 3]] * 2, rtol=1e-6)


def test_clamping_at_zero_is_run_and_others_are_not() -> None:
    clamped = replace(GRID, operator="clamp")
    assert clamped.pushed == [-1.0, 0.0, 1.0]
    values = np.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(clamped.with_zero(values, np.array([9.0, 9.0])), values)
    assert replace(GRID, operator="rotate").pushed == [-1.0, 1.0]


def test_the_table_has_every_operator(load_tiny: Callable[[str], LoadedModel]) -> None:
    grid = replace(GRID, positions=["from_last"])
    table = operators_table(
        load_tiny("gpt2"), PROMPTS, NEUTRAL, directions(), DOSES, grid, erasers(), "x:"
    )
    assert list(table["operator"].unique()) == list(DOSES)
    for operator, doses in DOSES.items():
        rows = matching(table, operator=operator, metric="kl")
        unchanged = set() if operator == "clamp" else {0.0}
        assert set(rows["strength"]) == {*doses.strengths, *unchanged}
        assert set(rows["unit"]) == {doses.unit}
    kl_at_zero = matching(table, metric="kl", strength=0.0)
    assert (matching(kl_at_zero, operator="clamp")["value"] > 0).all()
    assert (kl_at_zero[kl_at_zero["operator"] != "clamp"]["value"] == 0).all()
    assert set(matching(table, operator="scale")["method"]) == {"none"}
    assert set(matching(table, operator="erase")["method"]) == {"leace"}
    along = matching(table, operator="ablate")
    assert set(zip(along["method"], along["draw"], strict=True)) == {
        ("difference_of_means", -1),
        ("random", 0),
        ("random", -1),
    }
    # A slope needs strengths on both sides of 0.
    assert set(matching(table, metric="slope")["operator"]) == {"add", "rotate", "scale"}


def test_nothing_asked_for_is_an_empty_table(load_tiny: Callable[[str], LoadedModel]) -> None:
    given = (load_tiny("gpt2"), PROMPTS, NEUTRAL, directions())
    table = operators_table(*given, {}, GRID, {}, "x:")
    assert table.empty
    assert {"operator", "unit", "strength", "value"} <= set(table.columns)


def test_what_can_not_be_done_is_said(load_tiny: Callable[[str], LoadedModel]) -> None:
    erase = {"erase": Doses([1.0], "share")}
    with pytest.raises(ProbesteerError, match="no eraser; add leace to directions"):
        operators_table(
            load_tiny("gpt2"), PROMPTS, NEUTRAL, directions(), erase, GRID, {}, "concept x:"
        )
    with pytest.raises(ProbesteerError, match="'last' are those of a causal model, which t5 is"):
        measure_dose_response(load_tiny("t5"), PROMPTS, NEUTRAL, directions(), GRID, "concept x:")
