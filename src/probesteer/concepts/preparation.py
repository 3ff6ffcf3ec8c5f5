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
    with_other_splits,
)


@dataclass(frozen=True)
class PreparedConcept:
    """The data of one concept.

    examples: example, text, label, group, split (train, validation, test), span, pair; and where
    they were asked for, split_1, split_2 …, other splits of the same groups.
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
) -> PreparedConcept:
    """Read a concept's files, check them, and assign the splits.

    shares: of train, validation and test, sum 1. seed: of the splits. position: where the examples
    will be read; for the kind `span` every example must mark a span that is in its text.
    columns, prompt_columns: other names that the first and the second file have for some columns.
    chat: texts will be rendered, so that a span may also lie in what is put around them. messages:
    texts and prompts are conversations.
    folds: that the training groups must fill. resplits: other splits to make, where the file gives
    none; they stand in columns split_1, split_2 ….
    Raises ProbesteerError that names file and row.
    """
    examples = read_examples(examples_path, columns, messages)
    prompts = read_prompts(prompts_path, prompt_columns, messages)
    neutral = read_neutral(neutral_path)
    if position.kind == "span" and not chat:
        find_spans(examples["text"].tolist(), examples["span"].tolist(), examples_path)
    given = examples["split"].notna().any()
    examples = examples.assign(split=assign_splits(examples, shares, seed, examples_path))
    check_folds(examples, folds, examples_path)
    if not given:
        examples = with_other_splits(examples, shares, seed, resplits, folds)
    prompts = prompts.assign(split=assign_prompt_splits(prompts, examples, seed, prompts_path))
    return PreparedConcept(examples, prompts, neutral)
