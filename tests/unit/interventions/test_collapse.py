"""Signs of collapse, counted by hand."""

import math

import pytest

from probesteer.interventions.collapse import distinct, repetition


@pytest.mark.parametrize(
    ("tokens", "shares"),
    [
        ([1, 2, 3, 4, 5], (1, 1, 1, 0)),
        ([7, 7, 7, 7, 7], (1 / 5, 1 / 4, 1 / 3, 1 / 2)),
        # pairs 12 23 31 12 23 31 12, triples 123 231 312 123 231 312, fours 1231 2312 3123 1231 …
        ([1, 2, 3, 1, 2, 3, 1, 2], (3 / 8, 3 / 7, 3 / 6, 2 / 5)),
    ],
)
def test_shares_by_hand(tokens: list[int], shares: tuple[float, ...]) -> None:
    found = (*(distinct(tokens, n) for n in (1, 2, 3)), repetition(tokens))
    assert found == pytest.approx(shares)


def test_too_few_tokens_tell_nothing() -> None:
    assert math.isnan(distinct([], 1))
    assert math.isnan(distinct([1, 1], 3))
    assert math.isnan(repetition([1, 1, 1]))
