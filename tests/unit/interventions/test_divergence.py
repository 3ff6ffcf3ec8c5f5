"""Comparisons of predictions, against plain sums and `argmax`."""

import numpy as np
import pytest
import torch
from scipy.stats import entropy

from probesteer.interventions.divergence import kl_divergence, likeliest, same_top

INFINITE = float("inf")


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return 2 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_the_divergence_is_that_of_a_plain_sum() -> None:
    before, after = drawn(3, 1, 700).log_softmax(-1), drawn(3, 4, 700, seed=1).log_softmax(-1)
    expected = entropy(before.double().exp(), after.double().exp(), axis=-1)
    np.testing.assert_allclose(kl_divergence(before, after), expected, rtol=1e-5)
    assert kl_divergence(before, before).abs().max() == 0


def test_a_token_that_was_ruled_out_adds_nothing() -> None:
    before, after = drawn(2, 1, 9), drawn(2, 3, 9, seed=1)
    before[..., 4], after[0, :, 4] = -INFINITE, -INFINITE
    before, after = before.log_softmax(-1), after.log_softmax(-1)
    share = before.double().exp()
    expected = torch.where(share > 0, share * (before - after), 0.0).sum(-1)
    np.testing.assert_allclose(kl_divergence(before, after), expected, rtol=1e-5)


@pytest.mark.parametrize("words", [1, 3, 255, 256, 257, 512, 700, 2000])
def test_the_likeliest_is_the_first_of_the_largest(words: int) -> None:
    rounded = drawn(4, 3, 2, words).round()  # many equals
    rounded[1, 0, 0, words // 2] = float("nan")
    rounded[1, 1, 0] = INFINITE
    rounded[2, 0] = -INFINITE
    rounded[3, 0, :, -1] = 100
    np.testing.assert_array_equal(likeliest(rounded)[..., 0], rounded.argmax(dim=-1))


def test_what_overflowed_did_not_stay() -> None:
    before = torch.tensor([[[0.0, 3.0, 1.0]]])
    after = torch.tensor([[[0.0, 2.0, 1.0], [4.0, 2.0, 1.0], [0.0, float("nan"), 1.0]]])
    assert same_top(before, after).tolist() == [[True, False, False]]
