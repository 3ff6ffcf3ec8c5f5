"""Splits of examples and prompts, and the check of the folds."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_series_equal

from probesteer.concepts.splits import (
    assign_prompt_splits,
    assign_splits,
    check_folds,
)

Refusal = Callable[[Callable[[], object]], str]

SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}
SOURCE = Path("a.csv")

seeded = settings(derandomize=True, database=None, deadline=None, max_examples=50)


def frame(
    groups: list[str], labels: list[int], split: list[str | None] | None = None
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "group": groups,
            "label": labels,
            "split": pd.Series(split or [None] * len(groups), dtype=object),
        }
    )


def random_examples(seed: int, rows: int = 400, groups: int = 40) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    return frame(
        [f"g{number}" for number in generator.integers(0, groups, rows)],
        generator.integers(0, 2, rows).tolist(),
    )


@seeded
@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_no_group_is_divided_and_every_split_has_both_labels(data: int, seed: int) -> None:
    examples = random_examples(data)
    splits = assign_splits(examples, SHARES, seed, SOURCE)
    assert splits.groupby(examples["group"]).nunique().eq(1).all()
    counts = pd.crosstab(splits, examples["label"])
    assert set(counts.index) == {"train", "validation", "test"}
    wanted = pd.Series(SHARES).loc[counts.index].to_numpy()[:, None] * counts.sum().to_numpy()
    assert (np.abs(counts.to_numpy() - wanted) <= 20).all()


@seeded
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_the_rows_is_of_no_account(seed: int) -> None:
    examples = random_examples(seed)
    splits = assign_splits(examples, SHARES, seed, SOURCE)
    shuffled = examples.sample(frac=1, random_state=seed)
    assert_series_equal(assign_splits(shuffled, SHARES, seed, SOURCE).sort_index(), splits)


def test_the_seed_alone_decides() -> None:
    examples = random_examples(0)
    found = [tuple(assign_splits(examples, SHARES, seed, SOURCE)) for seed in (0, 1, 0)]
    assert found[0] == found[2] != found[1]


def test_one_row_a_group_gives_exact_shares() -> None:
    examples = frame([str(number) for number in range(100)], [0, 1] * 50)
    splits = assign_splits(examples, SHARES, 0, SOURCE)
    counts = pd.crosstab(splits, examples["label"])
    assert counts.loc[["train", "validation", "test"]].to_numpy().tolist() == [
        [30, 30],
        [10, 10],
        [10, 10],
    ]


@pytest.mark.parametrize(
    ("groups", "labels", "message"),
    [
        (
            ["a", "a", "b", "b"],
            [0, 1, 0, 1],
            "a.csv: label 0 stands in 2 of 2 groups, but train, validation and test need one"
            " each, as a group is never divided; add groups with this label or use smaller groups",
        ),
        (
            ["a", "b", "c", "d", "e"],
            [0, 0, 0, 1, 1],
            "a.csv: label 1 stands in 2 of 5 groups, but train, validation and test need one"
            " each, as a group is never divided; add groups with this label or use smaller groups",
        ),
    ],
)
def test_too_few_groups(
    refusal: Refusal, groups: list[str], labels: list[int], message: str
) -> None:
    assert refusal(lambda: assign_splits(frame(groups, labels), SHARES, 0, SOURCE)) == message


@pytest.mark.parametrize(
    "shares",
    [
        {"train": 0.8, "test": 0.2},
        {"train": 0.8, "validation": 0.0, "test": 0.2},
        {"train": 0.8, "validation": 0.2, "test": 0.2},
        {"train": 1.4, "validation": -0.2, "test": -0.2},
        {"train": float("nan"), "validation": 0.5, "test": 0.5},
    ],
)
def test_shares_that_are_not_valid(refusal: Refusal, shares: dict[str, float]) -> None:
    assert refusal(lambda: assign_splits(random_examples(0), shares, 0, SOURCE)) == (
        f"split shares {shares} are not valid;"
        " give train, validation and test a share above 0 each, sum 1"
    )


def test_given_splits_are_used_as_they_are() -> None:
    given_splits: list[str | None] = ["test", "test", "train", "train", "validation", "validation"]
    examples = frame(list("aabbcc"), [0, 1] * 3, given_splits)
    assert assign_splits(examples, SHARES, 0, SOURCE).tolist() == given_splits


def test_a_missing_validation_split_is_taken_from_train_groups() -> None:
    examples = random_examples(0)
    to_test = examples["group"] < "g2"
    examples["split"] = np.where(to_test, "test", "train")
    splits = assign_splits(examples, SHARES, 0, SOURCE)
    assert (splits == "test").equals(to_test)
    assert splits.groupby(examples["group"]).nunique().eq(1).all()
    counts = pd.crosstab(splits, examples["label"])
    assert set(counts.index) == {"train", "validation", "test"}
    rest = counts.loc[["train", "validation"]].sum(axis=1)
    assert rest["validation"] / rest.sum() == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (
            ["train", "test", "train", "train", "test", "test"],
            "a.csv: the group 'a' stands in train and in test; put all its rows into one split",
        ),
        (
            ["train", "train", "dev", "dev", "test", "test"],
            "a.csv: row 4: split is 'dev'; use train, validation or test",
        ),
        (
            ["train", "train", None, "train", "test", "test"],
            "a.csv: row 4: split is empty; use train, validation or test in every row, or in none",
        ),
        (
            ["train"] * 4 + ["validation"] * 2,
            "a.csv: no row has the split test; give it rows, or leave out the column",
        ),
        (
            ["test"] * 4 + ["validation"] * 2,
            "a.csv: no row has the split train; give it rows, or leave out the column",
        ),
        (
            ["train", "train", "train", "train", "test", "test"],
            "a.csv: no row of the split test has label 0; add rows",
        ),
        (
            ["test", "test", "train", "train", "train", "train"],
            "a.csv: label 0 stands in 1 of 2 groups, but train and validation need one each",
        ),
    ],
)
def test_refused_given_splits(refusal: Refusal, split: list[str | None], message: str) -> None:
    examples = frame(list("aabbcc"), [0, 1, 0, 1, 1, 1], split)
    found = refusal(lambda: assign_splits(examples, SHARES, 0, SOURCE))
    assert found.startswith(message)


def test_a_row_is_named_rightly_in_a_shuffled_frame(refusal: Refusal) -> None:
    examples = frame(list("aabbcc"), [0, 1] * 3, ["train", "train", "dev", "dev", "test", "test"])
    found = refusal(lambda: assign_splits(examples.iloc[[5, 3, 0]], SHARES, 0, SOURCE))
    assert found.startswith("a.csv: row 5: split is 'dev'")


NO_EXAMPLES = pd.DataFrame({"group": [], "split": []}, dtype=object)


def prompts(groups: list[str], split: list[str | None] | None = None) -> pd.DataFrame:
    return frame(groups, [0] * len(groups), split).drop(columns="label")


@seeded
@given(
    st.lists(st.integers(0, 12), min_size=2, max_size=60).filter(lambda found: len(set(found)) > 1),
    st.integers(0, 99),
)
def test_prompts_are_halved_by_group(groups: list[int], seed: int) -> None:
    table = prompts([str(group) for group in groups])
    splits = assign_prompt_splits(table, NO_EXAMPLES, seed, SOURCE)
    assert splits.groupby(table["group"]).nunique().eq(1).all()
    counts = splits.value_counts()
    assert set(counts.index) == {"validation", "test"}
    assert abs(counts["validation"] - counts["test"]) <= table["group"].value_counts().max()
    shuffled = assign_prompt_splits(table.iloc[::-1], NO_EXAMPLES, seed, SOURCE)
    assert_series_equal(shuffled.sort_index(), splits)


def test_prompts_of_their_own_groups_are_halved_exactly_and_by_seed() -> None:
    table = prompts([str(number) for number in range(20)])
    found = [tuple(assign_prompt_splits(table, NO_EXAMPLES, seed, SOURCE)) for seed in (0, 1, 0)]
    assert found[0].count("test") == found[1].count("test") == 10
    assert found[0] == found[2] != found[1]


EXAMPLES = pd.DataFrame({"group": list("aabc"), "split": ["train"] * 2 + ["validation", "test"]})


def test_prompts_follow_the_examples_of_their_group() -> None:
    table = prompts(list("cabca"))
    splits = assign_prompt_splits(table, EXAMPLES, 0, SOURCE)
    assert splits.tolist() == ["test", "train", "validation", "test", "train"]
    assert splits.name == "split"


@seeded
@given(st.lists(st.integers(0, 12), min_size=1, max_size=60), st.integers(0, 99))
def test_other_prompts_are_halved_as_if_they_were_alone(groups: list[int], seed: int) -> None:
    own = [str(group) for group in groups]
    table = prompts([*"abc", *own, *"cba"])
    splits = assign_prompt_splits(table, EXAMPLES, seed, SOURCE)
    assert splits[:3].tolist() == splits[-3:].tolist()[::-1] == ["train", "validation", "test"]
    if len(set(own)) == 1:
        assert set(splits[3:-3]) == {"test"}
    else:
        alone = assign_prompt_splits(prompts(own), NO_EXAMPLES, seed, SOURCE)
        assert splits[3:-3].tolist() == alone.tolist()


def test_given_prompt_splits_are_used_as_they_are() -> None:
    given_splits: list[str | None] = ["test", "validation", "validation", "train"]
    table = prompts(list("abbc"), given_splits)
    assert assign_prompt_splits(table, EXAMPLES, 0, SOURCE).tolist() == given_splits


@pytest.mark.parametrize(
    ("groups", "split", "message"),
    [
        (
            "dd",
            None,
            "a.csv: no prompt falls into validation, as a group is never divided and prompts follow"
            " the examples of their group; add prompts of more groups, or give them groups of their"
            " own",
        ),
        ("ab", None, "a.csv: no prompt falls into test, as"),
        ("aac", None, "a.csv: no prompt falls into validation, as"),
        ("ab", ["test", "dev"], "a.csv: row 3: split is 'dev'; use train, validation or test"),
        ("ab", ["test", None], "a.csv: row 3: split is empty; use train, validation or test in"),
        ("ab", ["test", "test"], "a.csv: no row has the split validation; give it rows"),
        ("aa", ["test", "validation"], "a.csv: the group 'a' stands in test and in validation;"),
    ],
)
def test_refused_prompts(
    refusal: Refusal, groups: str, split: list[str | None] | None, message: str
) -> None:
    table = prompts(list(groups), split)
    assert refusal(lambda: assign_prompt_splits(table, EXAMPLES, 0, SOURCE)).startswith(message)


def test_folds() -> None:
    check_folds(frame(list("aabbcd"), [0, 1, 0, 1, 0, 1], ["train"] * 6), 3, SOURCE)


@pytest.mark.parametrize(
    ("split", "folds", "message"),
    [
        (
            ["train"] * 4 + ["test"] * 2,
            3,
            "a.csv: 2 training groups are too few for 3 folds; use fewer folds or add groups",
        ),
        (
            ["train"] * 6,
            4,
            "a.csv: label 0 stands in 3 training groups, too few for 4 folds with both labels;"
            " use fewer folds or add groups",
        ),
    ],
)
def test_too_many_folds(
    refusal: Refusal, split: list[str | None], folds: int, message: str
) -> None:
    examples = frame(list("aabbcd"), [0, 1, 0, 1, 0, 1], split)
    assert refusal(lambda: check_folds(examples, folds, SOURCE)) == message
