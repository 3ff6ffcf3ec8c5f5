"""Operators against numbers by hand, and edits against operators."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from probesteer.directions.direction import Direction
from probesteer.directions.leace import fit_eraser
from probesteer.errors import ProbesteerError
from probesteer.interventions.edits import (
    Ablate,
    Add,
    Clamp,
    Edit,
    Erase,
    Multiply,
    Reflect,
    Rotate,
    When,
)
from probesteer.interventions.operators.affine import add, erase, scale
from probesteer.interventions.operators.doses import (
    OPERATORS,
    erasing_edit,
    stacked_edit,
    where_read,
)
from probesteer.interventions.operators.projection import ablate, clamp, reflect
from probesteer.interventions.operators.rotation import rotate
from probesteer.places import Place
from probesteer.probes.probe import LogisticProbe

HALF = (torch.float16, torch.bfloat16)


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


X = torch.tensor([[3.0, 4, 0], [-1, 2, 2], [0, 0, 0]])
ALONG = torch.tensor([0.0, 2, 0])  # of length 2: only where it points counts


def test_projections_by_hand() -> None:
    expected = torch.tensor([[3.0, 0, 0], [-1, 0, 2], [0, 0, 0]])
    assert torch.equal(ablate(X, ALONG), expected)
    expected[:, 1] = torch.tensor([3.0, 1.5, 0])
    assert torch.equal(ablate(X, ALONG, 0.25), expected)
    expected[:, 1] = -1.5
    assert torch.equal(clamp(X, ALONG, -1.5), expected)
    expected[:, 1] = torch.tensor([-4.0, -2, 0])
    assert torch.equal(reflect(X, ALONG), expected)
    expected[:, 1] = torch.tensor([-2.0, 0, 2])
    assert torch.equal(reflect(X, ALONG, about=1.0), expected)
    assert torch.equal(reflect(X, ALONG, about=1.0, share=0.5), clamp(X, ALONG, 1.0))


def test_a_value_for_each_activation() -> None:
    values = torch.tensor([1.0, 2, 3])
    assert clamp(X, ALONG, values)[:, 1].tolist() == [1, 2, 3]
    assert ablate(X, ALONG, torch.tensor([0.0, 0.5, 1]))[:, 1].tolist() == [4, 1, 0]
    assert torch.equal(scale(X, values), X * values[:, None])
    directions = torch.eye(3)
    assert torch.equal(ablate(X, directions), torch.tensor([[0.0, 4, 0], [-1, 0, 2], [0, 0, 0]]))


def test_reflecting_twice_is_doing_nothing_and_the_length_stays() -> None:
    x, u = drawn(20, 8), drawn(8, seed=1)
    torch.testing.assert_close(reflect(reflect(x, u, 0.7), u, 0.7), x)
    torch.testing.assert_close(reflect(x, u).norm(dim=1), x.norm(dim=1))


def test_rotation_by_hand() -> None:
    x, u = torch.tensor([[2.0, 0, 0], [0, 3, 4]]), torch.tensor([0.0, 5, 0])
    quarter = rotate(x, u, 90.0)
    # (0, 3, 4) is 53.13 degrees away from u; a quarter turn goes past it.
    torch.testing.assert_close(quarter, torch.tensor([[0.0, 2, 0], [0, 4, -3]]))
    third = rotate(x[:1], u, 30.0)
    torch.testing.assert_close(third, torch.tensor([[3**0.5, 1, 0]]))
    torch.testing.assert_close(rotate(x[:1], u, -30.0), third * torch.tensor([1.0, -1, 1]))
    torch.testing.assert_close(
        rotate(x, u, torch.tensor([90.0, math.degrees(math.atan2(4, 3))])),
        torch.tensor([[0.0, 2, 0], [0, 5, 0]]),
    )


@pytest.mark.parametrize("degrees", [-170.0, -45, 1e-3, 10, 90, 180])
def test_rotation_keeps_the_norm_and_turns_by_the_angle(degrees: float) -> None:
    x, u = drawn(50, 12).double(), drawn(12, seed=1).double()
    turned = rotate(x, u, degrees)
    torch.testing.assert_close(turned.norm(dim=1), x.norm(dim=1))
    cosine = (turned * x).sum(dim=1) / x.norm(dim=1) ** 2
    expected = torch.full((50,), math.cos(math.radians(degrees)), dtype=torch.float64)
    torch.testing.assert_close(cosine, expected)
    # In the plane of x and u: what is orthogonal to both has no part of it.
    basis = torch.linalg.qr(torch.stack([x[0], u], dim=1))[0]
    torch.testing.assert_close(basis @ (basis.T @ turned[0]), turned[0])


def test_nothing_to_turn_in_is_left_alone() -> None:
    u = torch.tensor([0.0, 2, 0])
    x = torch.tensor([[0.0, 0, 0], [0, 3, 0], [0, -3, 0]])
    assert torch.equal(rotate(x, u, 40.0), x)


@pytest.mark.parametrize("dtype", HALF)
def test_half_precision_is_rounded_once(dtype: torch.dtype) -> None:
    x, u = (drawn(200, 64) * 30).to(dtype), drawn(64, seed=1)
    for found, exact in (
        (ablate(x, u), ablate(x.double(), u.double())),
        (clamp(x, u, 5.0), clamp(x.double(), u.double(), 5.0)),
        (reflect(x, u, 1.0), reflect(x.double(), u.double(), 1.0)),
        (rotate(x, u, 30.0), rotate(x.double(), u.double(), 30.0)),
    ):
        assert found.dtype == dtype
        torch.testing.assert_close(found, exact.to(dtype), rtol=torch.finfo(dtype).eps, atol=2e-5)


@pytest.mark.parametrize("dtype", [torch.float32, *HALF])
def test_nothing_asked_for_changes_nothing_to_the_bit(dtype: torch.dtype) -> None:
    x, u = (drawn(40, 16) * 10).to(dtype), drawn(16, seed=1)
    eraser = torch.ones(16), drawn(1, 16), drawn(1, 16)
    for same in (
        add(x, torch.zeros(16)),
        scale(x, 1.0),
        ablate(x, u, 0.0),
        reflect(x, u, 3.0, 0.0),
        rotate(x, u, 0.0),
        erase(x, *eraser, 0.0),
    ):
        assert same.dtype == dtype
        assert torch.equal(same, x)


def test_erasing_is_that_of_the_eraser() -> None:
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    X = rng.standard_normal((60, 7)) + np.eye(7)[y] * 3
    eraser = fit_eraser(X, y)
    parts = (torch.from_numpy(part) for part in (eraser.mean, eraser.read, eraser.write))
    np.testing.assert_allclose(
        erase(torch.from_numpy(X), *parts).numpy(), eraser.erased(X), atol=1e-12
    )
    edit = erasing_edit(eraser, [0.0, 0.5, 1.0])
    assert edit.size == 3
    x = torch.from_numpy(X)[None, None].expand(1, 3, 60, 7).float()
    edited = edit(x)[0].numpy()
    for share, found in zip((0, 0.5, 1), edited, strict=True):
        np.testing.assert_allclose(found, X + share * (eraser.erased(X) - X), atol=1e-5)
    torch.testing.assert_close(edit.part(1, 2)(x[:, 1:2])[0, 0], torch.from_numpy(edited[1]))


def edits() -> dict[str, tuple[Edit, list[Tensor]]]:
    """Three variants each, and what the operator gives for every variant on `BATCH`."""
    u, values = drawn(3, 6, seed=3), torch.tensor([0.5, -2.0, 1.0])
    mean, read, write = drawn(6, seed=4), drawn(2, 6, seed=5), drawn(2, 6, seed=6)
    x = [BATCH[:, s] for s in range(3)]
    v = values.tolist()
    return {
        "add": (Add(u), [add(x[s], u[s]) for s in range(3)]),
        "scale": (Multiply(values), [scale(x[s], v[s]) for s in range(3)]),
        "ablate": (Ablate(u, values), [ablate(x[s], u[s], v[s]) for s in range(3)]),
        "clamp": (Clamp(u, values), [clamp(x[s], u[s], v[s]) for s in range(3)]),
        "reflect": (
            Reflect(u, values, 2 * values),
            [reflect(x[s], u[s], v[s], 2 * v[s]) for s in range(3)],
        ),
        "rotate": (Rotate(u, 20 * values), [rotate(x[s], u[s], 20 * v[s]) for s in range(3)]),
        "erase": (
            Erase(values, mean, read, write),
            [erase(x[s], mean, read, write, v[s]) for s in range(3)],
        ),
    }


BATCH = drawn(2, 3, 4, 6)  # two rows, three variants, four tokens


@pytest.mark.parametrize("name", ["add", "scale", "ablate", "clamp", "reflect", "rotate", "erase"])
def test_every_variant_of_an_edit_is_its_operator(name: str) -> None:
    edit, expected = edits()[name]
    assert edit.size == 3
    whole = edit(BATCH)
    for s in range(3):
        torch.testing.assert_close(whole[:, s], expected[s], rtol=1e-6, atol=1e-6)
    assert torch.equal(edit.part(1, 3)(BATCH[:, 1:]), whole[:, 1:])
    half = BATCH.half()
    assert edit.to(half)(half).dtype == torch.float16


def test_only_what_a_probe_reads_above_the_threshold_is_edited() -> None:
    coefficient = drawn(6, seed=7)
    add_one = Add(torch.ones(3, 6))
    edit = When(add_one, coefficient, intercept=0.3, threshold=0.5).to(BATCH)
    above = BATCH @ coefficient + 0.3 > 0.5
    assert 0 < above.sum() < above.numel()
    edited = edit(BATCH)
    assert torch.equal(edited[above], BATCH[above] + 1)
    assert torch.equal(edited[~above], BATCH[~above])
    assert edit.size == 3
    assert torch.equal(edit.part(2, 3)(BATCH[:, 2:]), edited[:, 2:])
    half = BATCH.half()
    assert edit.to(half)(half).dtype == torch.float16


def test_a_probe_is_read_as_it_was_fitted() -> None:
    probe = LogisticProbe(np.array([0.5, -1.0, 2.0]), -0.25, 1.0, True)
    x = drawn(1, 1, 40, 3)
    edited = where_read(Multiply(torch.zeros(1)), probe, threshold=0.75)(x)[0, 0]
    above = probe.scores(x[0, 0].double().numpy()) > 0.75
    assert 0 < above.sum() < 40
    assert torch.equal((edited == 0).all(dim=1), torch.from_numpy(above))


def direction(seed: int) -> Direction:
    vector = drawn(5, seed=seed).numpy()
    vector /= np.linalg.norm(vector)
    return Direction(vector, Place("resid_post", 0), "lda", -1, 2.0, 0.5, 4.0, 10.0, 0.25, 9)


def test_doses_are_stacked_direction_by_direction() -> None:
    pair = [direction(0), direction(1)]
    x = drawn(1, 4, 1, 5)
    vectors = [torch.from_numpy(pair[i].vector) for i in (0, 0, 1, 1)]
    strengths = [-1.0, 2.0, -1.0, 2.0]

    def result(operator: str, unit: str) -> list[Tensor]:
        edit = stacked_edit(operator, pair, [-1.0, 2.0], unit)
        assert edit.size == 4
        return list(edit(x)[0, :, 0])

    rows = list(x[0, :, 0])
    expected = {
        ("add", "gap"): [r + 2 * s * u for r, s, u in zip(rows, strengths, vectors, strict=True)],
        ("add", "angle"): [
            r + 10 * math.tan(math.radians(s)) * u
            for r, s, u in zip(rows, strengths, vectors, strict=True)
        ],
        ("clamp", "sigma"): [
            clamp(r, u, 0.25 + 0.5 * s) for r, s, u in zip(rows, strengths, vectors, strict=True)
        ],
        ("rotate", "angle"): [
            rotate(r, u, s) for r, s, u in zip(rows, strengths, vectors, strict=True)
        ],
        ("rotate", "norm"): [
            rotate(r, u, math.degrees(math.atan(s)))
            for r, s, u in zip(rows, strengths, vectors, strict=True)
        ],
        ("ablate", "share"): [
            ablate(r, u, s) for r, s, u in zip(rows, strengths, vectors, strict=True)
        ],
        ("reflect", "share"): [
            reflect(r, u, 0.25, s) for r, s, u in zip(rows, strengths, vectors, strict=True)
        ],
        ("scale", "share"): [(1 + s) * r for r, s in zip(rows, strengths, strict=True)],
    }
    assert {operator for operator, _ in expected} == set(OPERATORS)
    for (operator, unit), wanted in expected.items():
        for found, one in zip(result(operator, unit), wanted, strict=True):
            torch.testing.assert_close(found, one, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("operator", sorted(set(OPERATORS) - {"clamp"}))
def test_a_dose_of_zero_is_nothing(operator: str) -> None:
    units, _ = OPERATORS[operator]
    x = drawn(1, 1, 3, 5)
    for unit in units:
        assert torch.equal(stacked_edit(operator, [direction(0)], [0.0], unit)(x), x)


def test_a_turn_and_a_push_of_one_strength_end_in_one_direction() -> None:
    one = direction(0)
    u = torch.from_numpy(one.vector)
    x = drawn(5, seed=9)
    x = (x - (x @ u) * u) / (x - (x @ u) * u).norm() * one.mean_norm
    pushed = stacked_edit("add", [one], [3.0], "gap")(x[None, None, None])
    turned = stacked_edit("rotate", [one], [3.0], "gap")(x[None, None, None])
    torch.testing.assert_close(pushed / pushed.norm(), turned / turned.norm())
    torch.testing.assert_close(turned.norm(), x.norm())


def test_unknown_operators_and_units_are_told_in_one_line() -> None:
    with pytest.raises(ProbesteerError, match="operator: 'push' is unknown; choose one of add"):
        stacked_edit("push", [direction(0)], [1.0], "gap")
    with pytest.raises(ProbesteerError, match="unit: ablate takes no 'gap'; choose one of share"):
        stacked_edit("ablate", [direction(0)], [1.0], "gap")
