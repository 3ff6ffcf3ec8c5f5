"""Shuffled labels and token counts."""

import numpy as np
import pytest
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.probes.controls import shuffled_labels, token_counts

Mask = NDArray[np.bool_]

SPLITS = np.array(["train"] * 60 + ["validation"] * 20 + ["test"] * 20, dtype=object)
LABELS = np.random.default_rng(0).integers(0, 2, 100)
PAIRS = np.arange(100) // 2


def test_every_split_keeps_its_balance_and_loses_its_order() -> None:
    shuffled = shuffled_labels(LABELS, np.arange(100), PAIRS, SPLITS, draw=0, seed=0)
    for split in ("train", "validation", "test"):
        assert shuffled[split == SPLITS].sum() == LABELS[split == SPLITS].sum()
        assert not np.array_equal(shuffled[split == SPLITS], LABELS[split == SPLITS])


def test_rows_of_one_example_share_a_label() -> None:
    examples = np.repeat(np.arange(100), np.arange(100) % 4 + 1)
    shuffled = shuffled_labels(
        LABELS[examples], examples, PAIRS[examples], SPLITS[examples], draw=3, seed=0
    )
    per_example = shuffled_labels(LABELS, np.arange(100), PAIRS, SPLITS, draw=3, seed=0)
    np.testing.assert_array_equal(shuffled, per_example[examples])


def test_draws_differ_and_repeat() -> None:
    draws = [
        shuffled_labels(LABELS, np.arange(100), PAIRS, SPLITS, draw, seed=1) for draw in range(5)
    ]
    assert len({draw.tobytes() for draw in draws}) == 5
    again = shuffled_labels(LABELS, np.arange(100), PAIRS, SPLITS, draw=4, seed=1)
    assert again.tobytes() == draws[4].tobytes()
    other = shuffled_labels(LABELS, np.arange(100), PAIRS, SPLITS, draw=4, seed=2)
    assert other.tobytes() != draws[4].tobytes()


def test_every_example_gets_either_label_at_its_rate() -> None:
    draws = [
        shuffled_labels(LABELS, np.arange(100), PAIRS, SPLITS, draw, seed=0) for draw in range(400)
    ]
    share = np.mean(draws, axis=0)
    rate = LABELS[:60].mean()
    # Four standard errors of a share over 400 draws.
    np.testing.assert_allclose(share[:60], rate, atol=0.1)


SIZES = np.random.default_rng(1).integers(1, 9, 60)
TOPICS = np.repeat(np.arange(60), SIZES)
TOPIC_LABELS = np.random.default_rng(2).integers(0, 2, 60)
TOPIC_SPLITS = np.repeat(["train", "validation", "test"], [36, 12, 12])


def test_groups_of_one_label_are_permuted_whole() -> None:
    rows = np.arange(len(TOPICS))
    draws = [
        shuffled_labels(TOPIC_LABELS[TOPICS], rows, TOPICS, TOPIC_SPLITS[TOPICS], draw, 0)
        for draw in range(200)
    ]
    for draw in draws:
        by_topic = np.bincount(TOPICS, weights=draw) / SIZES
        assert set(by_topic) == {0, 1}
        for split in ("train", "validation", "test"):
            members = split == TOPIC_SPLITS
            assert by_topic[members].sum() == TOPIC_LABELS[members].sum()
    assert len({draw.tobytes() for draw in draws}) == 200
    share, rate = np.mean(draws, axis=0)[TOPICS < 36], TOPIC_LABELS[:36].mean()
    np.testing.assert_allclose(share, rate, atol=0.15)


def test_one_group_of_both_labels_has_the_examples_permuted() -> None:
    labels, rows = TOPIC_LABELS[TOPICS], np.arange(len(TOPICS))
    labels[np.flatnonzero(int(np.argmax(SIZES)) == TOPICS)[0]] ^= 1
    splits = TOPIC_SPLITS[TOPICS]
    shuffled = shuffled_labels(labels, rows, TOPICS, splits, 0, 0)
    by_example = shuffled_labels(labels, rows, rows, splits, 0, 0)
    np.testing.assert_array_equal(shuffled, by_example)


def nearest_mean_accuracy(X: NDArray[np.float64], y: NDArray[np.int64], train: Mask) -> float:
    """Accuracy outside training of a projection on the difference of the class means."""
    ones, zeros = X[train & (y == 1)].mean(axis=0), X[train & (y == 0)].mean(axis=0)
    found = (X - (ones + zeros) / 2) @ (ones - zeros) > 0
    return float((found == y)[~train].mean())


def test_the_null_is_as_wide_as_chance_on_clustered_data() -> None:
    # 40 groups of 10 rows that are nearly alike; the label is the group's and means nothing
    generator = np.random.default_rng(4)
    groups = np.repeat(np.arange(40), 10)
    shared = generator.standard_normal((40, 8))[groups]
    X = shared + 0.2 * generator.standard_normal((400, 8))
    train = groups < 28
    splits, rows = np.where(train, "train", "test"), np.arange(400)
    balanced = np.concatenate([np.arange(28) % 2, np.arange(12) % 2])

    def chance() -> float:
        y = np.concatenate(
            [generator.permutation(balanced[:28]), generator.permutation(balanced[28:])]
        )
        return nearest_mean_accuracy(X, y[groups], train)

    def null(units: NDArray[np.int64], draw: int) -> float:
        y = shuffled_labels(balanced[groups], rows, units, splits, draw, 0)
        return nearest_mean_accuracy(X, y, train)

    width = np.std([chance() for _ in range(400)])
    by_group = np.std([null(groups, draw) for draw in range(400)])
    by_row = np.std([null(rows, draw) for draw in range(400)])
    assert by_group == pytest.approx(width, rel=0.2)
    assert by_row < width / 2


def test_counts_of_three_texts_with_a_vocabulary_from_training() -> None:
    ids = np.array([7, 2, 7, 9, 2, 5, 7])
    lengths = np.array([3, 1, 3])
    counts = token_counts(ids, lengths, np.array([True, False, True]))
    # Columns: tokens 2, 5, 7. Token 9 occurs outside training only.
    np.testing.assert_array_equal(counts.toarray(), [[1, 0, 2], [0, 0, 0], [1, 1, 1]])


def test_an_empty_text_has_no_counts() -> None:
    counts = token_counts(np.array([3, 3]), np.array([0, 2]), np.array([True, True]))
    np.testing.assert_array_equal(counts.toarray(), [[0], [2]])


def test_lengths_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ProbesteerError, match="add up to 3 and there are 2 ids"):
        token_counts(np.array([1, 2]), np.array([1, 2]), np.array([True, True]))
