"""Labels of several classes and of real numbers: what is read, and what two sides they have."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probesteer.concepts.positions import parse_position
from probesteer.concepts.preparation import PreparedConcept, prepare_concept
from probesteer.concepts.reading import read_examples
from probesteer.concepts.targets import LabelKind, contrast

Write = Callable[[str, bytes | str], Path]
Refusal = Callable[[Callable[[], object]], str]

THREE, REAL = LabelKind("classes", 3), LabelKind("real")


def rows(labels: list[str]) -> str:
    return "text,label\n" + "".join(f"text {row},{cell}\n" for row, cell in enumerate(labels))


def test_classes_are_read_as_numbers_and_the_last_stands_against_the_others(write: Write) -> None:
    found = read_examples(write("a.csv", rows(["0", " 1.0", "2", "1"])), kind=THREE)
    assert found["target"].tolist() == [0, 1, 2, 1]
    assert found["label"].tolist() == [0, 0, 1, 0]
    assert found["target"].dtype == found["label"].dtype == "int64"


def test_real_numbers_are_read_as_they_are_and_split_at_their_median(write: Write) -> None:
    found = read_examples(write("a.csv", rows(["-1.5", "2e1", "3", "0.25"])), kind=REAL)
    assert found["target"].tolist() == [-1.5, 20.0, 3.0, 0.25]
    assert found["label"].tolist() == [0, 1, 1, 0]
    assert found["target"].dtype == "float64"


def test_without_a_kind_labels_are_left_alone(write: Write) -> None:
    found = read_examples(write("a.csv", rows(["what", "ever"])))
    assert list(found) == ["example", "text", "group", "split", "span", "pair"]


@pytest.mark.parametrize(
    ("labels", "kind", "message"),
    [
        (["0", "1", "3"], THREE, "a.csv: row 4: label is '3'; use a class from 0 to 2"),
        (["0", "1", "-1"], THREE, "a.csv: row 4: label is '-1'; use a class from 0 to 2"),
        (["0", "0.5", "2"], THREE, "a.csv: row 3: label is '0.5'; use a class from 0 to 2"),
        (["0", "", "2"], THREE, "a.csv: row 3: label is empty; use a class from 0 to 2"),
        (["yes", "1", "2"], THREE, "a.csv: row 2: label is 'yes'; use a class from 0 to 2"),
        (["0", "2", "0"], THREE, "a.csv: no label is 1; add rows, or name fewer labels"),
        (["0", "high", "2"], REAL, "a.csv: row 3: label is 'high'; use a finite number"),
        (["0", "inf", "2"], REAL, "a.csv: row 3: label is 'inf'; use a finite number"),
        (["0", "nan", "2"], REAL, "a.csv: row 3: label is 'nan'; use a finite number"),
        (["2", "2.0", "2"], REAL, "a.csv: every label is 2; add rows with other numbers"),
    ],
)
def test_refused_labels(
    write: Write, refusal: Refusal, labels: list[str], kind: LabelKind, message: str
) -> None:
    path = write("a.csv", rows(labels))
    assert refusal(lambda: read_examples(path, kind=kind)) == message


def test_the_median_is_that_of_the_training_rows() -> None:
    targets = np.array([1.0, 2.0, 3.0, 10.0, 11.0])
    training = np.array([False, False, True, True, True])
    assert contrast(targets, REAL).tolist() == [0, 0, 0, 1, 1]
    assert contrast(targets, REAL, training).tolist() == [0, 0, 0, 0, 1]


def test_where_most_have_the_highest_number_it_is_the_upper_side() -> None:
    assert contrast(np.array([5.0, 5.0, 1.0, 5.0]), REAL).tolist() == [1, 1, 0, 1]


@pytest.fixture
def prepare(write: Write) -> Callable[[list[str], LabelKind], PreparedConcept]:
    prompts = write("prompts.csv", "prompt,positive,negative\na, x, y\nb, x, y\nc, x, y\n")
    neutral = write("neutral.csv", "text\nrain\n")
    shares = {"train": 0.6, "validation": 0.2, "test": 0.2}

    def call(labels: list[str], kind: LabelKind) -> PreparedConcept:
        examples = write("a.csv", rows(labels))
        position = parse_position("last")
        more = {"folds": 3, "resplits": 3, "kind": kind}
        return prepare_concept(examples, prompts, neutral, shares, 0, position, **more)  # type: ignore[arg-type]

    return call


def test_every_split_has_every_class_in_its_share(
    prepare: Callable[[list[str], LabelKind], PreparedConcept],
) -> None:
    examples = prepare(["0"] * 20 + ["1"] * 10 + ["2"] * 40, THREE).examples
    for column in ("split", "split_1", "split_2", "split_3"):
        counts = pd.crosstab(examples[column], examples["target"])
        assert counts.loc[["train", "validation", "test"]].to_numpy().tolist() == [
            [12, 6, 24],
            [4, 2, 8],
            [4, 2, 8],
        ]
    assert (examples["label"] == (examples["target"] == 2)).all()


def test_every_split_has_high_and_low_numbers_and_train_gives_the_median(
    prepare: Callable[[list[str], LabelKind], PreparedConcept],
) -> None:
    numbers = np.random.default_rng(0).standard_normal(50).round(3)
    examples = prepare([str(number) for number in numbers], REAL).examples
    high = examples["target"] > np.median(numbers)
    assert high.groupby(examples["split"]).mean().tolist() == [0.5] * 3
    middle = examples.loc[examples["split"] == "train", "target"].median()
    assert (examples["label"] == (examples["target"] > middle)).all()


def test_classes_in_too_few_groups_are_refused(
    prepare: Callable[[list[str], LabelKind], PreparedConcept], refusal: Refusal
) -> None:
    message = "a.csv: label 1 stands in 2 of 42 groups, but train, validation and test need one"
    labels = ["0"] * 20 + ["1"] * 2 + ["2"] * 20
    assert refusal(lambda: prepare(labels, THREE)).startswith(message)
