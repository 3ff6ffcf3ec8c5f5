"""Shuffled labels and token counts."""

import numpy as np
import pytest

from probesteer.errors import ProbesteerError
from probesteer.probes.controls import shuffled_labels, token_counts

SPLITS = np.array(["train"] * 60 + ["validation"] * 20 + ["test"] * 20, dtype=object)
LABELS = np.random.default_rng(0).integers(0, 2, 100)


def test_every_split_keeps_its_balance_and_loses_its_order() -> None:
    shuffled = shuffled_labels(LABELS, np.arange(100), SPLITS, draw=0, seed=0)
    for split in ("train", "validation", "test"):
        assert shuffled[split == SPLITS].sum() == LABELS[split == SPLITS].sum()
        assert not np.array_equal(shuffled[split == SPLITS], LABELS[split == SPLITS])


def test_rows_of_one_example_share_a_label() -> None:
    examples = np.repeat(np.arange(100), np.arange(100) % 4 + 1)
    shuffled = shuffled_labels(LABELS[examples], examples, SPLITS[examples], draw=3, seed=0)
    per_example = shuffled_labels(LABELS, np.arange(100), SPLITS, draw=3, seed=0)
    np.testing.assert_array_equal(shuffled, per_example[examples])


def test_draws_differ_and_repeat() -> None:
    draws = [shuffled_labels(LABELS, np.arange(100), SPLITS, draw, seed=1) for draw in range(5)]
    assert len({draw.tobytes() for draw in draws}) == 5
    again = shuffled_labels(LABELS, np.arange(100), SPLITS, draw=4, seed=1)
    assert again.tobytes() == draws[4].tobytes()
    other = shuffled_labels(LABELS, np.arange(100), SPLITS, draw=4, seed=2)
    assert other.tobytes() != draws[4].tobytes()


def test_every_example_gets_either_label_at_its_rate() -> None:
    draws = [shuffled_labels(LABELS, np.arange(100), SPLITS, draw, seed=0) for draw in range(400)]
    share = np.mean(draws, axis=0)
    rate = LABELS[:60].mean()
    # Four standard errors of a share over 400 draws.
    np.testing.assert_allclose(share[:60], rate, atol=0.1)


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
