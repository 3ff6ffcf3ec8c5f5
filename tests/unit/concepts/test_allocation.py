"""Dealing out groups: both labels everywhere, shares met, order of no account."""

from itertools import product
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from probesteer.concepts.allocation import allocate, scarce_label

seeded = settings(derandomize=True, database=None, deadline=None)

rows = st.tuples(st.integers(0, 30), st.integers(0, 30)).filter(any)
share_lists = st.lists(st.integers(1, 9), min_size=2, max_size=5).map(
    lambda weights: [weight / sum(weights) for weight in weights]
)


def names(count: int) -> list[str]:
    return [f"group {number}" for number in range(count)]


def held(counts: NDArray[np.int64], parts: NDArray[np.int64], number: int) -> NDArray[np.int64]:
    """Rows of each label in each part, [parts, 2]."""
    return np.array([counts[parts == part].sum(axis=0) for part in range(number)])


@seeded
@given(st.lists(rows, min_size=1, max_size=25), share_lists, st.integers(0, 3))
def test_every_part_has_both_labels_or_a_label_is_scarce(
    groups: list[tuple[int, int]], shares: list[float], seed: int
) -> None:
    counts = np.array(groups)
    label = scarce_label(counts, len(shares))
    if label is None:
        parts = allocate(names(len(groups)), counts, shares, seed)
        assert (held(counts, parts, len(shares)) > 0).all()
    else:
        assert (counts[:, label] > 0).sum() < len(shares)
        with pytest.raises(ValueError, match="too few groups"):
            allocate(names(len(groups)), counts, shares, seed)


@seeded
@given(st.lists(st.sampled_from([(1, 0), (0, 1), (1, 1)]), min_size=2, max_size=7))
def test_a_label_is_scarce_exactly_where_no_allocation_exists(
    groups: list[tuple[int, int]],
) -> None:
    counts = np.array(groups)
    exists = any(
        (held(counts, np.array(parts), 3) > 0).all()
        for parts in product(range(3), repeat=len(groups))
    )
    assert exists == (scarce_label(counts, 3) is None)


@seeded
@given(
    st.integers(10, 150),
    st.integers(10, 150),
    st.sampled_from([[0.6, 0.2, 0.2], [0.8, 0.1, 0.1], [0.5, 0.25, 0.25], [0.5, 0.5]]),
    st.integers(0, 1000),
)
def test_groups_of_one_row_meet_their_shares_within_one_row(
    zeros: int, ones: int, shares: list[float], seed: int
) -> None:
    counts = np.array([(1, 0)] * zeros + [(0, 1)] * ones)
    parts = allocate(names(zeros + ones), counts, shares, seed)
    wanted = np.outer(shares, [zeros, ones])
    assert (np.abs(held(counts, parts, len(shares)) - wanted) <= 1).all()


@seeded
@given(st.lists(rows, min_size=30, max_size=80), st.integers(0, 1000))
def test_uneven_groups_meet_their_shares_within_a_large_group(
    groups: list[tuple[int, int]], seed: int
) -> None:
    counts = np.array(groups)
    if scarce_label(counts, 3) is not None:
        return
    parts = allocate(names(len(groups)), counts, [0.6, 0.2, 0.2], seed)
    wanted = np.outer([0.6, 0.2, 0.2], counts.sum(axis=0))
    assert (np.abs(held(counts, parts, 3) - wanted) <= counts.sum(axis=1).max()).all()


def test_a_group_that_fills_half_of_the_rows_goes_to_the_largest_part() -> None:
    counts = np.array([(2, 3)] * 5 + [(25, 25)] + [(3, 2)] * 4)
    for seed in range(20):
        parts = allocate(names(10), counts, [0.2, 0.6, 0.2], seed)
        assert parts[5] == 1
        assert sorted(held(counts, parts, 3).sum(axis=1).tolist()) == [20, 20, 55]


@seeded
@given(
    st.lists(rows, min_size=12, max_size=40).filter(
        lambda groups: scarce_label(np.array(groups), 3) is None
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_groups_is_of_no_account(
    groups: list[tuple[int, int]], random: Random
) -> None:
    order = list(range(len(groups)))
    random.shuffle(order)
    called, counts = names(len(groups)), np.array(groups)
    parts = allocate(called, counts, [0.6, 0.2, 0.2], 0)
    shuffled = allocate([called[place] for place in order], counts[order], [0.6, 0.2, 0.2], 0)
    assert shuffled.tolist() == parts[order].tolist()


def test_the_seed_decides() -> None:
    counts = np.array([(size, 1) for size in range(1, 41)])
    found = {
        tuple(allocate(names(40), counts, [0.6, 0.2, 0.2], seed).tolist()) for seed in range(20)
    }
    assert len(found) == 20


several = st.lists(st.tuples(*[st.integers(0, 9)] * 4).filter(any), min_size=40, max_size=60)


@seeded
@given(several, st.integers(0, 1000))
def test_each_of_four_labels_is_in_every_part_in_about_its_share(
    groups: list[tuple[int, int, int, int]], seed: int
) -> None:
    counts = np.array(groups)
    if scarce_label(counts, 3) is not None:
        return
    parts = allocate(names(len(groups)), counts, [0.6, 0.2, 0.2], seed)
    found = held(counts, parts, 3)
    assert (found > 0).all()
    wanted = np.outer([0.6, 0.2, 0.2], counts.sum(axis=0))
    assert (np.abs(found - wanted) <= counts.sum(axis=1).max()).all()


def test_labels_that_come_in_twos_are_dealt_out_where_it_can_be_done() -> None:
    """Two parts need two complementary groups each; an order that strands one is given up."""
    counts = np.array([(1, 1, 0, 0), (0, 0, 1, 1), (1, 0, 1, 0), (0, 1, 0, 1)])
    for seed in range(20):
        parts = allocate(names(4), counts, [0.5, 0.5], seed)
        assert (held(counts, parts, 2) > 0).all()


def test_where_no_deal_exists_it_is_said() -> None:
    counts = np.array([(1, 1, 0), (0, 1, 1), (1, 0, 1)])
    assert scarce_label(counts, 2) is None
    with pytest.raises(ValueError, match="no way was found"):
        allocate(names(3), counts, [0.5, 0.5], 0)
