"""Vector arithmetic and composition against loops, and where the answer is planted."""

import numpy as np
import pytest

from probesteer.geometry.superposition.arithmetic import (
    analogies,
    parallelogram,
    shuffled_analogies,
)
from probesteer.geometry.superposition.composition import compose
from probesteer.geometry.superposition.two_pairs import TwoPairs

RNG = np.random.default_rng(0)
FIRST, OTHERS = RNG.standard_normal((7, 20)), RNG.standard_normal((11, 20))
SECOND = FIRST + RNG.standard_normal(20) + RNG.standard_normal((7, 20))


def test_offsets_are_compared_two_by_two() -> None:
    offsets = SECOND - FIRST
    units = offsets / np.linalg.norm(offsets, axis=1, keepdims=True)
    expected = (units @ units.T)[np.triu_indices(7, 1)].mean()
    found = parallelogram(FIRST, SECOND, seed=0)
    assert found.cosine == pytest.approx(expected)
    assert found.pairs == 7
    assert np.array_equal(found.draws, parallelogram(FIRST, SECOND, seed=0).draws)


def test_ranks_are_those_of_a_loop() -> None:
    rows = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (FIRST, SECOND, OTHERS)]
    pool = np.concatenate(rows)
    expected, with_inputs = [], []
    for i in range(7):
        for j in range(7):
            if i == j:
                continue
            query = rows[1][i] - rows[0][i] + rows[0][j]
            ahead = [c for c in range(25) if pool[c] @ query > pool[7 + j] @ query]
            with_inputs.append(1 + len(ahead))
            expected.append(1 + len(set(ahead) - {i, 7 + i, j}))
    found = analogies(FIRST, SECOND, OTHERS)
    assert found.rank.tolist() == expected
    assert found.rank_with_inputs.tolist() == with_inputs
    assert found.candidates == 22
    assert found.top(3) == np.mean(np.array(expected) <= 3)
    assert found.top_with_inputs(1) == np.mean(np.array(with_inputs) <= 1)


def test_a_common_offset_is_found_and_is_lost_when_shuffled() -> None:
    # Two offsets: the pairs of each share one, so shuffling mixes them.
    bases = RNG.standard_normal((12, 30)) * 0.3
    ends = bases + np.repeat(RNG.standard_normal((1, 30)), 12, axis=0)
    true, dealt = analogies(bases, ends), shuffled_analogies(bases, ends, seed=0)
    assert true.top(1) == 1
    assert dealt.top(1) < 0.3
    offsets = parallelogram(bases, ends, seed=0)
    assert offsets.cosine == pytest.approx(1)
    assert offsets.shuffled < 0.95
    assert offsets.share_of_draws_as_high == pytest.approx(1 / 201)


def test_an_offset_of_the_sides_alone_is_seen_as_such() -> None:
    # Ends unrelated to their starts, but all in one far place: shuffling changes nothing.
    found = parallelogram(FIRST, RNG.standard_normal((7, 20)) + 10, seed=0)
    assert found.cosine > 0.9
    assert found.share_of_draws_as_high > 0.02
    assert found.shuffled == pytest.approx(found.cosine, abs=0.02)


def test_pairs_of_one_group_are_not_compared() -> None:
    groups = list("aabbbcc")
    other = np.array([[one != two for one in groups] for two in groups])
    offsets = SECOND - FIRST
    units = offsets / np.linalg.norm(offsets, axis=1, keepdims=True)
    found = parallelogram(FIRST, SECOND, seed=0, groups=groups)
    assert found.cosine == pytest.approx((units @ units.T)[other].mean())
    asked, every = analogies(FIRST, SECOND, groups=groups), analogies(FIRST, SECOND)
    assert asked.rank.tolist() == every.rank[other[~np.eye(7, dtype=bool)]].tolist()
    matrix = asked.over_pairs(asked.rank).values
    np.testing.assert_array_equal(np.isnan(matrix), ~other)
    np.testing.assert_array_equal(matrix[other], asked.rank)


def test_offsets_of_length_zero_have_no_cosine() -> None:
    second = SECOND.copy()
    second[:2] = FIRST[:2]
    found = parallelogram(FIRST, second, seed=0)
    assert found.cosine == pytest.approx(parallelogram(FIRST[2:], SECOND[2:], seed=0).cosine)
    nowhere = parallelogram(FIRST, FIRST + 1e-14, seed=0)
    assert np.isnan(nowhere.cosine)
    assert np.isnan(nowhere.share_of_draws_as_high)


def test_neighbours_of_c_are_ranked_as_in_a_loop() -> None:
    a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (FIRST, SECOND))
    pool = np.concatenate([a, b])
    expected = []
    for i in range(7):
        for j in [j for j in range(7) if j != i]:
            ahead = {c for c in range(14) if pool[c] @ a[j] > b[j] @ a[j]} - {i, 7 + i, j}
            expected.append(1 + len(ahead))
    found = analogies(FIRST, SECOND)
    assert found.rank_without_offset.tolist() == expected
    assert found.top_without_offset(2) == np.mean(np.array(expected) <= 2)


def test_intervals_leave_out_a_group_beside_itself() -> None:
    names = np.arange(12)
    # One number off the diagonal: whatever is drawn, the mean is that number.
    same = TwoPairs(np.where(np.eye(12) == 1, 99.0, 0.5), names).interval(50, 0)
    assert (same.low, same.high) == (0.5, 0.5)
    of_sums = np.add.outer(names, names) / 2
    mean = TwoPairs(of_sums, names)
    ends = mean.interval(2_000, 0)
    assert mean.mean == pytest.approx(5.5)
    # The mean of numbers 0 to 11 has a deviation of 1 in bootstrap samples of twelve.
    assert (ends.low, ends.high) == pytest.approx((5.5 - 1.96, 5.5 + 1.96), abs=0.25)
    few = TwoPairs(of_sums, names // 4).interval(50, 0)
    assert np.isnan([few.low, few.high]).all()


def test_too_few_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="3 or more"):
        parallelogram(FIRST[:2], SECOND[:2], seed=0)
    with pytest.raises(ValueError, match="two pairs"):
        analogies(FIRST[:1], SECOND[:1])


@pytest.mark.parametrize("unseen", [(1, 1), (0, 1), (1, 0), (0, 0)])
def test_what_adds_up_is_foreseen_exactly(unseen: tuple[int, int]) -> None:
    bits = np.tile([[0, 0], [0, 1], [1, 0], [1, 1]], (3, 1))
    X = bits @ RNG.standard_normal((2, 9)) + RNG.standard_normal(9)
    found = compose(X, bits, unseen=unseen)
    assert found.cosine == pytest.approx(1)
    assert found.error == pytest.approx(0, abs=1e-12)
    assert found.nearest == 1
    assert found.examples == 3


def test_an_exclusive_or_is_not_foreseen() -> None:
    bits = np.tile([[0, 0], [0, 1], [1, 0], [1, 1]], (50, 1))
    differ = (bits[:, 0] != bits[:, 1])[:, None]
    X = differ * np.eye(4)[:1] + 0.01 * RNG.standard_normal((200, 4))
    found = compose(X, bits, unseen=(1, 1))
    assert found.error > 10 * found.error_of_noise
    assert found.nearest < 0.1


def test_error_of_noise_is_the_error_of_concepts_that_add_up() -> None:
    axes = RNG.standard_normal((2, 9)) * 3
    bits = np.tile([[0, 0], [0, 1], [1, 0], [1, 1]], (20, 1))
    found = [
        compose(bits @ axes + np.random.default_rng(seed).standard_normal((80, 9)), bits, (1, 1))
        for seed in range(200)
    ]
    squares = np.array([(each.error**2, each.error_of_noise**2) for each in found]).mean(axis=0)
    assert squares[0] == pytest.approx(squares[1], rel=0.1)


def test_a_combination_without_examples_is_refused() -> None:
    bits = np.array([[0, 0], [0, 0], [0, 1], [0, 1], [1, 0], [1, 0], [1, 1]])
    with pytest.raises(ValueError, match="every combination"):
        compose(np.zeros((7, 2)), bits, unseen=(1, 1))
