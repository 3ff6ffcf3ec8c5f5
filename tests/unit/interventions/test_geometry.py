"""Angle and norm ratio against vectors that are made explicitly."""

import numpy as np
import torch

from probesteer.interventions.edits import Ablate, Add, Multiply, Rotate
from probesteer.interventions.geometry import angle_and_norm_ratio, turn_and_stretch


def test_equals_the_moved_vectors_themselves() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((7, 5)).astype(np.float32)
    pushes = rng.standard_normal((3, 5)).astype(np.float32) * 4
    angle, ratio = angle_and_norm_ratio(x, pushes)
    for s in range(3):
        for i in range(7):
            a, b = x[i].astype(float), x[i].astype(float) + pushes[s].astype(float)
            lengths = np.linalg.norm(a), np.linalg.norm(b)
            np.testing.assert_allclose(ratio[s, i], lengths[1] / lengths[0], rtol=1e-9)
            cosine = a @ b / lengths[0] / lengths[1]
            np.testing.assert_allclose(angle[s, i], np.degrees(np.arccos(cosine)), atol=1e-6)


def test_known_turns() -> None:
    x = np.array([[1, 0], [2, 0]], dtype=np.float32)
    pushes = np.array([[0, 1], [-4, 0], [1, 0]], dtype=np.float32)
    angle, ratio = angle_and_norm_ratio(x, pushes)
    turned = np.degrees(np.arctan(0.5))
    np.testing.assert_allclose(angle, [[45, turned], [180, 180], [0, 0]], atol=1e-6)
    expected = [[np.sqrt(2), np.sqrt(5) / 2], [3, 1], [2, 1.5]]
    np.testing.assert_allclose(ratio, expected, atol=1e-12)


def test_nothing_can_be_said_of_a_zero_residual() -> None:
    x = np.array([[0, 0], [1, 0]], dtype=np.float32)
    angle, ratio = angle_and_norm_ratio(x, np.array([[1, 0], [-1, 0]], dtype=np.float32))
    assert np.isnan(angle[:, 0]).all()
    assert not np.isfinite(ratio[:, 0]).any()
    assert ratio[1, 1] == 0
    assert np.isnan(angle[1, 1]), "a vector moved to zero has no direction"


def test_an_addition_turns_as_the_closed_form_says() -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((9, 6)).astype(np.float32)
    pushes = rng.standard_normal((4, 6)).astype(np.float32)
    found = turn_and_stretch(x, Add(torch.from_numpy(pushes)))
    for one, expected in zip(found, angle_and_norm_ratio(x, pushes), strict=True):
        np.testing.assert_allclose(one, expected, atol=1e-6)


def test_other_operators_turn_and_stretch_as_they_promise() -> None:
    x = np.array([[3, 4], [0, 2], [5, 0]], dtype=np.float32)
    u = torch.tensor([[0.0, 1]] * 2)
    angle, ratio = turn_and_stretch(x, Rotate(u, torch.tensor([10.0, -1e-3])))
    np.testing.assert_allclose(
        angle, np.array([[10, 0, 10], [1e-3, 0, 1e-3]]), rtol=1e-6, atol=1e-9
    )
    np.testing.assert_allclose(ratio, 1)
    angle, ratio = turn_and_stretch(x, Multiply(torch.tensor([0.5, -2.0])))
    np.testing.assert_allclose(angle, np.array([[0.0] * 3, [180] * 3]), atol=1e-6)
    np.testing.assert_allclose(ratio, np.array([[0.5] * 3, [2] * 3]))
    angle, ratio = turn_and_stretch(x, Ablate(u, torch.ones(2)))
    np.testing.assert_allclose(ratio, np.array([[0.6, 0, 1]] * 2), atol=1e-7)
    np.testing.assert_allclose(angle[0, [0, 2]], [np.degrees(np.arctan2(4, 3)), 0], atol=1e-6)
    assert np.isnan(angle[:, 1]).all()
