"""A concept ready for use: its three files read, checked and split."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from probesteer.concepts.positions import Position
from probesteer.concepts.reading import read_examples, read_neutral, read_prompts
from probesteer.concepts.spans import find_spans
from probesteer.concepts.splits import (
    assign_prompt_splits,
    assign_splits,
    check_folds,
    check_labels,
    with_other_splits,
)
from probesteer.concepts.targets import LabelKind, contrast


@dataclass(frozen=True)
class PreparedConcept:
    """The data of one concept.

    examples: example, text, label (0 or 1, the contrast), target (class or number), group, split
    (train, validation, test), span, pair; and where they were asked for, split_1, split_2 …, other
    splits of the same groups.
    prompts: prompt, positive, negative, group, split (train, validation, test).
    neutral: text.
    """

    examples: pd.DataFrame
    prompts: pd.DataFrame
    neutral: pd.DataFrame


def prepare_concept(
    examples_path: Path,
    prompts_path: Path,
    neutral_path: Path,
    shares: Mapping[str, float],
    seed: int,
    position: Position,
    columns: Mapping[str, str] | None = None,
    prompt_columns: Mapping[str, str] | None = None,
    chat: bool = False,
    messages: bool = False,
    folds: int = 2,
    resplits: int = 0,
    kind: LabelKind | None = None,
) -> PreparedConcept:
    """Read a concept's files, check them, and assign the splits.

    shares: of train, validation and test, sum 1. seed: of the splits. position: where the examples
    will be read; for the kind `span` every example must mark a span that is in its text.
    columns, prompt_columns: other names that the first and the second file have for some columns.
    chat: texts will be rendered, so that a span may also lie in what is put around them. messages:
    texts and prompts are conversations.
    folds: that the training groups must fill. resplits: other splits to make, where the file gives
    none; they stand in columns split_1, split_2 ….
    kind: of the labels, binary where it is None. Every split gets rows of every class; of real
    numbers, of those above the median and of others.
    Raises ProbesteerError that names file and row.
    """
    kind = kind or LabelKind()
    examples = read_examples(examples_path, columns, messages, kind)
    prompts = read_prompts(prompts_path, prompt_columns, messages)
    neutral = read_neutral(neutral_path)
    if position.kind == "span" and not chat:
        find_spans(examples["text"].tolist(), examples["span"].tolist(), examples_path)
    examples = _split(examples, shares, seed, folds, resplits, kind, examples_path)
    prompts = prompts.assign(split=assign_prompt_splits(prompts, examples, seed, prompts_path))
    return PreparedConcept(examples, prompts, neutral)


def _split(
    examples: pd.DataFrame,
    shares: Mapping[str, float],
    seed: int,
    folds: int,
    resplits: int,
    kind: LabelKind,
    source: Path,
) -> pd.DataFrame:
    """The examples with their splits, and the contrast that the training rows give."""
    given = examples["split"].notna().any()
    # What every split is to have: each class, or both sides of all numbers' median.
    dealt = examples if kind.name == "real" else examples.assign(label=examples["target"])
    dealt = dealt.assign(split=assign_splits(dealt, shares, seed, source))
    check_folds(dealt, folds, source)
    if not given:
        dealt = with_other_splits(dealt, shares, seed, resplits, folds)
    training = (dealt["split"] == "train").to_numpy()
    labels = pd.Series(contrast(examples["target"].to_numpy(), kind, training), examples.index)
    check_labels(labels, dealt["split"], source)
    return dealt.assign(label=labels)
