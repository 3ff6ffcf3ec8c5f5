"""Control tasks: what a type is, how labels are dealt to types, and selectivity."""

import numpy as np
import pytest
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.probes.controls.control_task import (
    LARGEST_SHARE,
    MIN_TYPES,
    ControlTask,
    control_labels,
    selectivity,
)
from probesteer.probes.estimators.comparison import Difference
from probesteer.probes.logistic import fit_logistic
from probesteer.probes.metrics.intervals import bootstrap_mean, group_resamples

Texts = list[list[int]]

N = 300
GROUPS = np.arange(N) // 4
SPLITS = np.array(["train"] * 180 + ["validation"] * 60 + ["test"] * 60, dtype=object)
LABELS = np.tile([0, 1], N // 2)
STOP, WAS = 0, 1


def task(
    texts: Texts,
    tokens: list[int] | None = None,
    examples: NDArray[np.int64] | None = None,
    labels: NDArray[np.int64] = LABELS,
    draws: int = 3,
    seed: int = 0,
) -> ControlTask:
    """A control task of texts that are read at their last token, or at `tokens`."""
    lengths = np.array([len(text) for text in texts])
    examples = np.arange(len(texts)) if examples is None else examples
    read = lengths[examples] - 1 if tokens is None else np.array(tokens)
    ids = np.array([token for text in texts for token in text], dtype=np.int64)
    rows = (labels[examples], GROUPS[examples], SPLITS[examples])
    return control_labels(ids, lengths, examples, read, *rows, draws, seed)


def nouns(count: int = 30, seed: int = 5) -> NDArray[np.int64]:
    """A noun for each text, 100 and up, equally often in every split."""
    generator = np.random.default_rng(seed)
    return 100 + np.concatenate(
        [generator.permutation(np.arange(n) % count) for n in (180, 60, 60)]
    )


def same_partition(one: NDArray[np.int64], other: NDArray[np.int64]) -> bool:
    pairs = {(int(a), int(b)) for a, b in zip(one, other, strict=True)}
    return len(pairs) == len(set(one.tolist())) == len(set(other.tolist()))


def test_the_type_is_the_token_that_is_read() -> None:
    made = task([[7, int(noun)] for noun in nouns()])
    assert made.kind == "token"
    assert made.seen == 1
    assert same_partition(made.types, nouns())


def test_a_mean_is_read_to_the_last_token() -> None:
    texts = [[7, int(noun)] for noun in nouns()]
    made, mean = task(texts), task(texts, tokens=[-1] * N)
    assert made.kind == mean.kind == "token"
    np.testing.assert_array_equal(made.labels, mean.labels)


def test_with_a_full_stop_at_the_end_the_type_is_the_latest_word_of_every_split() -> None:
    # noun, WAS, adjective, STOP: adjectives stay in their group, as sentiment words do
    texts = [[int(noun), WAS, 1000 + int(GROUPS[i]), STOP] for i, noun in enumerate(nouns())]
    made = task(texts)
    assert made.kind == "word"
    assert made.seen == 1
    assert same_partition(made.types, nouns())


def test_what_comes_after_the_position_is_no_type() -> None:
    later = nouns(seed=6) + 100
    texts = [[int(noun), WAS, int(after)] for noun, after in zip(nouns(), later, strict=True)]
    made = task(texts, tokens=[1] * N)
    assert made.kind == "word"
    assert same_partition(made.types, nouns())


def test_rows_without_a_recurring_word_are_one_type() -> None:
    bare = (np.arange(N) % 10 == 0) & (SPLITS == "train") | (np.arange(N) == 240)
    texts = [
        [WAS, STOP] if none else [int(noun), WAS, STOP]
        for none, noun in zip(bare, nouns(), strict=True)
    ]
    made = task(texts)
    assert made.kind == "word"
    assert same_partition(made.types, np.where(bare, -1, nouns()))


def test_a_word_that_ends_no_training_text_gives_way() -> None:
    # 500 is the last word of six test texts; in training and validation a noun comes after it
    texts = [[int(noun), STOP] for noun in nouns()]
    for i in (0, 1, 2, 180, 181, 182):
        texts[i] = [500, *texts[i]]
    for i in range(240, 246):
        texts[i] = [texts[i][0], 500, STOP]
    made = task(texts)
    assert made.kind == "word"
    assert same_partition(made.types, nouns())


@pytest.mark.parametrize("count", [MIN_TYPES - 1, MIN_TYPES])
def test_few_words_are_no_task(count: int) -> None:
    words = 100 + np.arange(N) % count
    made = task([[int(word), STOP] for word in words])
    assert made.kind == ("word" if count == MIN_TYPES else "group")


def test_a_word_in_most_rows_is_no_type() -> None:
    words = np.where(np.arange(N) % 100 < 100 * LARGEST_SHARE + 1, 99, nouns())
    made = task([[int(word)] for word in words])
    assert made.kind == "group"
    fewer = np.where(np.arange(N) % 100 < 100 * LARGEST_SHARE - 9, 99, nouns())
    assert task([[int(word)] for word in fewer]).kind == "token"


@pytest.mark.parametrize("texts", [[[]] * N, [[int(i), STOP] for i in 100 + np.arange(N)]])
def test_texts_that_share_no_words_go_by_group(texts: Texts) -> None:
    made = task(texts)
    assert made.kind == "group"
    assert made.seen == 0
    assert same_partition(made.types, GROUPS)
    for split in ("train", "validation", "test"):
        share = made.labels[:, split == SPLITS].mean(axis=1)
        np.testing.assert_allclose(share, 0.5, atol=2.01 / np.sum(split == SPLITS))


def test_every_token_of_a_text_has_its_own_type() -> None:
    first, second = nouns(seed=1), nouns(seed=2)
    texts = [[int(a), int(b)] for a, b in zip(first, second, strict=True)]
    examples = np.repeat(np.arange(N), 2)
    made = task(texts, tokens=[0, 1] * N, examples=examples)
    assert made.kind == "token"
    assert same_partition(made.types, np.stack([first, second], axis=1).ravel())


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_rows_of_a_type_share_a_label_and_the_balance_is_the_concepts(share: float) -> None:
    labels = (np.arange(N) % 10 < 10 * share).astype(np.int64)
    made = task([[int(noun)] for noun in nouns()], labels=labels, draws=200)
    assert made.labels.shape == (200, N)
    for draw in made.labels:
        by_type = np.bincount(made.types, weights=draw) / np.bincount(made.types)
        assert set(by_type) == {0, 1}
    train = SPLITS == "train"
    half_a_type = np.bincount(made.types[train]).max() / 2 / train.sum()
    assert np.abs(made.labels[:, train].mean(axis=1) - share).max() <= half_a_type + 1e-12
    # Every type gets label 1 at the rate of the concept: four standard errors over 200 draws.
    of_type = [made.labels[:, made.types == each][:, 0].mean() for each in np.unique(made.types)]
    np.testing.assert_allclose(of_type, share, atol=4 * np.sqrt(share * (1 - share) / 200) + 0.02)


def test_the_balance_in_training_does_not_depend_on_the_other_splits() -> None:
    words = nouns()
    words[180:] = 100 + (30 * np.random.default_rng(2).random(120) ** 3).astype(np.int64)
    made = task([[int(word)] for word in words], draws=50)
    assert made.kind == "token"
    np.testing.assert_array_equal(made.labels[:, :180].mean(axis=1), 0.5)  # 30 types of 6 rows


def test_an_odd_number_of_groups_leans_to_neither_label() -> None:
    made = task([[]] * N, draws=200)  # 15 groups of 4 in validation and in test
    for split in ("validation", "test"):
        ones = made.labels[:, split == SPLITS].sum(axis=1)
        assert set(ones) == {28, 32}
        assert abs(np.mean(ones == 28) - 0.5) < 4 * 0.5 / np.sqrt(200)


def test_draws_differ_and_repeat() -> None:
    texts = [[int(noun)] for noun in nouns()]
    made = task(texts, draws=5)
    assert len({draw.tobytes() for draw in made.labels}) == 5
    assert task(texts, draws=5).labels.tobytes() == made.labels.tobytes()
    np.testing.assert_array_equal(task(texts, draws=2).labels, made.labels[:2])
    assert task(texts, draws=5, seed=1).labels.tobytes() != made.labels.tobytes()


def test_lengths_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ProbesteerError, match="add up to 300 and there are 2 ids"):
        rows = (np.arange(N), np.zeros(N, dtype=np.int64), LABELS, GROUPS, SPLITS)
        control_labels(np.array([1, 2]), np.ones(N, dtype=np.int64), *rows, 1, 0)


def planted_selectivity(width: int, C: float) -> Difference:
    """Selectivity on test of probes of activations that hold the concept and the word.

    The word is a random vector of `width` features, of 30 words; the concept one feature more.
    """
    generator = np.random.default_rng(3)
    words = generator.standard_normal((30, width))[nouns() - 100]
    concept = np.where(LABELS == 1, 2.0, -2.0) + 0.5 * generator.standard_normal(N)
    X = np.column_stack([words + 0.1 * generator.standard_normal(words.shape), concept])
    made = task([[int(noun), STOP] for noun in nouns()], draws=10)
    train, test = SPLITS == "train", SPLITS == "test"

    def scores(y: NDArray[np.int64]) -> NDArray[np.float64]:
        return fit_logistic(X[train], y[train], C).scores(X[test])

    return selectivity(
        LABELS[test],
        scores(LABELS),
        made.labels[:, test],
        np.stack([scores(y) for y in made.labels]),
        group_resamples(GROUPS[test], 200, 0),
    )


def test_a_probe_that_can_memorise_words_is_not_selective() -> None:
    assert planted_selectivity(width=64, C=10.0).value == pytest.approx(0, abs=0.02)


def test_a_probe_that_can_not_memorise_words_is_selective() -> None:
    few = planted_selectivity(width=2, C=10.0)
    assert few.value > 0.3
    assert few.low > 0.25


def test_selectivity_is_the_difference_of_mean_accuracies_on_paired_draws() -> None:
    generator = np.random.default_rng(0)
    labels, groups = generator.integers(0, 2, 60), np.arange(60) // 3
    scores, control_scores = generator.standard_normal(60), generator.standard_normal((4, 60))
    control = generator.integers(0, 2, (4, 60))
    found = selectivity(labels, scores, control, control_scores, group_resamples(groups, 300, 9))
    accuracies = [np.mean((control_scores[i] > 0) == control[i]) for i in range(4)]
    expected = np.mean((scores > 0) == labels) - np.mean(accuracies)
    assert found.value == pytest.approx(expected)
    by_row = ((scores > 0) == labels) - np.mean((control_scores > 0) == control, axis=0)
    low, high = bootstrap_mean(by_row, groups, 300, 9)
    np.testing.assert_allclose([found.low, found.high], [low, high])


def test_without_rows_selectivity_is_nan() -> None:
    none = np.zeros(0)
    found = selectivity(
        none.astype(np.int64),
        none,
        np.zeros((2, 0), dtype=np.int64),
        np.zeros((2, 0)),
        group_resamples(none, 10, 0),
    )
    assert np.isnan([found.value, found.low, found.high]).all()
