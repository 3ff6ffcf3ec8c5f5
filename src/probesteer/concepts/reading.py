"""Labelled examples, prompts and neutral texts, read and checked row by row."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from probesteer.concepts.cells import (
    conversations,
    filled_texts,
    optional_names,
    optional_texts,
    texts,
)
from probesteer.concepts.crossings import check_crossings
from probesteer.concepts.faults import row_fault, shown
from probesteer.concepts.sources import SourceTable, read_source
from probesteer.concepts.targets import LabelKind, contrast, read_targets
from probesteer.errors import ProbesteerError

Names = Sequence[str | None]


def read_examples(
    path: Path,
    columns: Mapping[str, str] | None = None,
    messages: bool = False,
    kind: LabelKind | None = None,
) -> pd.DataFrame:
    """Read labelled examples from a CSV, JSONL or parquet file.

    The file has the columns text and label, and may have group, pair, split and span; others are
    ignored. A row without a group belongs to the group of its pair; without a pair, to a group of
    its own, which it shares only with rows of the very same text. columns: other names that the
    file has for some of these. messages: texts are conversations, in the column messages or text,
    as lists of {role, content} or their JSON text, which is the text that is returned. kind: of
    the labels; None leaves them unread, as activations need none.

    Returns one row per example, in the order of the file: example (int64, from 0), text, label
    (int64, 0 or 1: the contrast, of real numbers that of all rows), target (what the file says of
    the label: int64, or float64 for real numbers), group, and split, span, pair with None where
    the file says nothing.
    Raises ProbesteerError that names file and row, also where a text or a pair stands in two
    groups.
    """
    others = ["group", "pair", "split", "span"]
    if messages:
        table = read_source(path, ["label"], ["messages", "text", *others], columns)
        found = _conversations(table, "text")
    else:
        table = read_source(path, ["text", "label"], others, columns)
        found = texts(table, "text")
    labelled = {}
    if kind is not None:
        targets = read_targets(table, "label", kind)
        labelled = {"label": contrast(targets, kind), "target": targets}
    pairs = optional_names(table, "pair")
    groups = _groups(optional_names(table, "group"), pairs, found)
    frame = pd.DataFrame(
        {
            "example": np.arange(len(found), dtype=np.int64),
            "text": found,
            **labelled,
            "group": groups,
            "split": _with_none(optional_names(table, "split")),
            "span": _with_none(optional_texts(table, "span")),
            "pair": _with_none(pairs),
        }
    )
    check_crossings(groups, found, pairs, path)
    return frame


def read_prompts(
    path: Path, columns: Mapping[str, str] | None = None, messages: bool = False
) -> pd.DataFrame:
    """Read prompts with a positive and a negative continuation (CSV, JSONL or parquet).

    The file has the columns prompt, positive and negative, and may have group and split. A prompt
    without a group is a group of its own, which it shares only with prompts of the same text.
    columns: other names that the file has for some of these; those of group and split may be the
    examples' alone. messages: prompts are conversations, in the column messages or prompt.

    Returns prompt, positive, negative, group, and split (None where the file says nothing).
    Raises ProbesteerError that names file and row.
    """
    answers, shared = ["positive", "negative"], ["group", "split"]
    if messages:
        # Another name for messages may be that of the examples, too.
        optional, elsewhere = ["messages", "prompt", *shared], ["messages", *shared]
        table = read_source(path, answers, optional, columns, elsewhere)
        prompts = _conversations(table, "prompt")
    else:
        table = read_source(path, ["prompt", *answers], shared, columns, shared)
        prompts = texts(table, "prompt")
    positives, negatives = filled_texts(table, "positive"), filled_texts(table, "negative")
    for example, (positive, negative) in enumerate(zip(positives, negatives, strict=True)):
        if positive == negative:
            raise row_fault(
                path, example, f"positive and negative are both {shown(positive)}; change one"
            )
    groups = optional_names(table, "group")
    return pd.DataFrame(
        {
            "prompt": prompts,
            "positive": positives,
            "negative": negatives,
            "group": _groups(groups, [None] * len(prompts), prompts),
            "split": _with_none(optional_names(table, "split")),
        }
    )


def read_neutral(path: Path) -> pd.DataFrame:
    """Read neutral texts, the one column text (CSV, JSONL or parquet).

    Raises ProbesteerError that names file and row.
    """
    return pd.DataFrame({"text": texts(read_source(path, ["text"], []), "text")})


def _conversations(table: SourceTable, otherwise: str) -> list[str]:
    for column in ("messages", otherwise):
        if column in table.present:
            return conversations(table, column)
    raise ProbesteerError(f"{table.path}: no column 'messages' or {otherwise!r}; name one so")


def _groups(groups: Names, pairs: Names, own_texts: Sequence[str]) -> list[str]:
    """The group of every row. Named by its text, not by its row, a group of one's own neither
    depends on the order of the rows nor lets the same text stand in two splits."""
    return [
        group or (f"pair {pair}" if pair else f"text {_digest(text)}")
        for group, pair, text in zip(groups, pairs, own_texts, strict=True)
    ]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _with_none(values: Names) -> pd.Series:
    return pd.Series(list(values), dtype=object)  # object, as pandas turns None into NaN otherwise
