"""Shuffled labels: what is exchanged, what stays, and how often noise passes for a concept."""

import numpy as np
import pytest
from numpy.typing import NDArray

from probesteer.probes.controls.shuffled_labels import agree_within_groups, shuffled_labels
from probesteer.probes.controls.significance import permutation_p_value
from probesteer.probes.solver.batch import fit_logistic_batch

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


def test_a_lone_row_moves_with_the_label_of_its_group() -> None:
    """One row of the largest group disagrees: groups still go whole, and one row disagrees."""
    labels, rows = TOPIC_LABELS[TOPICS], np.arange(len(TOPICS))
    odd = int(np.argmax(SIZES))
    labels[np.flatnonzero(odd == TOPICS)[0]] ^= 1
    places = set()
    for draw in range(60):
        shuffled = shuffled_labels(labels, rows, TOPICS, TOPIC_SPLITS[TOPICS], draw, 0)
        ones = np.bincount(TOPICS, weights=shuffled)
        pure = np.delete(np.arange(60), odd)
        assert set(ones[pure] / SIZES[pure]) == {0, 1}
        assert ones[odd] in (1, SIZES[odd] - 1)
        common = ones > SIZES / 2
        for split in ("train", "validation", "test"):
            members = split == TOPIC_SPLITS
            assert common[members].sum() == TOPIC_LABELS[members].sum()
        of_odd = shuffled[odd == TOPICS]
        places.add(int(np.argmax(of_odd != common[odd])))
    assert len(places) > SIZES[odd] / 2


def test_groups_of_one_size_exchange_their_labels_as_they_stand() -> None:
    generator = np.random.default_rng(6)
    groups = np.repeat(np.arange(30), 5)
    labels = (generator.random(150) < np.repeat(generator.integers(0, 2, 30), 5) * 0.9).astype(int)
    splits, rows = np.where(groups < 20, "train", "test"), np.arange(150)
    counts = np.bincount(groups, weights=labels)
    shuffled = [shuffled_labels(labels, rows, groups, splits, draw, 0) for draw in range(20)]
    for draw in shuffled:
        found = np.bincount(groups, weights=draw)
        np.testing.assert_array_equal(np.sort(found[:20]), np.sort(counts[:20]))
        np.testing.assert_array_equal(np.sort(found[20:]), np.sort(counts[20:]))
    assert np.std([draw[:5].sum() for draw in shuffled]) > 1


def test_classes_keep_their_groups_and_none_gets_lost() -> None:
    generator = np.random.default_rng(7)
    of_topic = generator.integers(0, 3, 60)
    labels, rows = of_topic[TOPICS], np.arange(len(TOPICS))
    rare = np.flatnonzero((SIZES > 4) & (TOPIC_SPLITS == "train"))[0]
    labels[np.flatnonzero(rare == TOPICS)[0]] = 3  # a class that no group has most of
    for draw in range(40):
        shuffled = shuffled_labels(labels, rows, TOPICS, TOPIC_SPLITS[TOPICS], draw, 0)
        train = TOPIC_SPLITS[TOPICS] == "train"
        assert set(shuffled[train]) == {0, 1, 2, 3}
        several = [topic for topic in range(60) if len(set(shuffled[topic == TOPICS])) > 1]
        assert several == [rare]


def test_real_numbers_exchange_the_means_of_groups_and_keep_their_deviations() -> None:
    generator = np.random.default_rng(8)
    means = generator.standard_normal(60)
    labels = means[TOPICS] + 0.1 * generator.standard_normal(len(TOPICS))
    rows = np.arange(len(TOPICS))
    shuffled = shuffled_labels(labels, rows, TOPICS, TOPIC_SPLITS[TOPICS], 0, 0)
    own, found = (np.bincount(TOPICS, weights=values) / SIZES for values in (labels, shuffled))
    np.testing.assert_allclose(np.sort(found[:36]), np.sort(own[:36]))
    assert not np.allclose(found[:36], own[:36])
    for topic in range(60):
        mine = topic == TOPICS
        np.testing.assert_allclose(
            np.sort(shuffled[mine] - found[topic]), np.sort(labels[mine] - own[topic]), atol=1e-12
        )


def test_free_real_numbers_are_permuted() -> None:
    labels = np.random.default_rng(9).standard_normal(100)
    shuffled = shuffled_labels(labels, np.arange(100), PAIRS, SPLITS, 0, 0)
    for split in ("train", "validation", "test"):
        members = split == SPLITS
        np.testing.assert_array_equal(np.sort(shuffled[members]), np.sort(labels[members]))
    assert not np.array_equal(shuffled, labels)


def test_agreement_is_told_from_balance_and_from_chance() -> None:
    groups = np.repeat(np.arange(40), 4)
    of_groups = np.arange(40)[groups] % 2
    assert agree_within_groups(of_groups, groups)
    one_odd = of_groups.copy()
    one_odd[17] ^= 1
    assert agree_within_groups(one_odd, groups)
    assert not agree_within_groups(np.arange(160) % 2, groups)
    assert not agree_within_groups(of_groups, np.arange(160))
    generator = np.random.default_rng(10)
    found = [agree_within_groups(generator.integers(0, 3, 160), groups) for _ in range(400)]
    assert 0.02 < np.mean(found) < 0.09


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


@pytest.mark.slow
@pytest.mark.parametrize("uneven", [False, True])
def test_noise_is_significant_as_often_as_said_where_one_row_of_a_group_disagrees(
    uneven: bool,
) -> None:
    """At 5 %, of 300 families of groups whose rows are alike; a lone odd row changes nothing."""
    significant = 0
    for family in range(300):
        generator = np.random.default_rng([family, 11])
        sizes = generator.integers(2, 12, 40) if uneven else np.full(40, 10)
        groups = np.repeat(np.arange(40), sizes)
        n = len(groups)
        X = generator.standard_normal((40, 8))[groups] + 0.3 * generator.standard_normal((n, 8))
        labels = generator.permutation(np.arange(40) % 2)[groups]
        labels[generator.integers(n)] ^= 1
        train = groups < 28
        splits = np.where(train, "train", "test")
        nulls = [shuffled_labels(labels, np.arange(n), groups, splits, d, 0) for d in range(19)]
        own, *null = _accuracies(X, np.stack([labels, *nulls]), train)
        significant += int(permutation_p_value(own, null) <= 0.05)
    # Three standard errors of a share of 5 % over 300 families.
    assert significant / 300 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


def _accuracies(X: NDArray[np.float64], labels: NDArray[np.int64], train: Mask) -> list[float]:
    fits = fit_logistic_batch(X[train], labels[:, train], 0.1)
    correct = (fits.scores(X[~train]) > 0) == labels[:, ~train]
    return [float(share) for share in correct.mean(axis=1)]
