"""The control task: labels dealt at random to word types, and how much better the concept is read.

Hewitt & Liang 2019 (arXiv 1909.03368): a probe that reads a random label of every word has
memorised words; what it reads of a concept beyond that, its selectivity, is not memory.
"""

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.probes.estimators.comparison import Difference, correct, mean_difference
from probesteer.probes.metrics.intervals import GroupResamples

Integers = NDArray[np.int64]
FloatArray = NDArray[np.float64]

MIN_TYPES = 8
LARGEST_SHARE = 0.25
LEAST_SEEN = 0.9
_COMMON = (0.05, 0.1, 0.2, 0.4)
_NO_WORD = -1
_STREAM = zlib.crc32(b"control task")


@dataclass(frozen=True, eq=False)
class ControlTask:
    """Random labels by type of word."""

    labels: Integers
    """[draws, n], 0 or 1; rows of one type have one label in a draw, in whichever split."""
    types: Integers
    """[n], the number of each row's type."""
    kind: str
    """What a type is: "token" (at the position that is read), "word" (the latest one that
    recurs) or "group"; see `control_labels`."""
    seen: float
    """Share of the rows outside training whose type occurs in training, 0 to 1; NaN without such
    rows. At 0 nothing can be memorised, and the selectivity is the accuracy above chance."""


def control_labels(
    ids: Integers,
    lengths: Integers,
    examples: Integers,
    tokens: Integers,
    labels: Integers,
    groups: NDArray[Any],
    splits: NDArray[Any],
    draws: int,
    seed: int,
) -> ControlTask:
    """Labels of control tasks: each type of word gets one at random, the same in every split.

    ids: [total], the token ids of all examples, one after the other; lengths: [n_examples];
    examples, tokens: [n], the example that a row was read from and the position of its token
    (-1: a mean, which counts as the last); labels (0 or 1), groups, splits: [n].

    The type of a row is the first of these that makes a task:

    - "token": the token at the position that is read, as in the paper;
    - "word": where that is a full stop in every text, or new in every split, the latest token up
      to there that occurs in every split (in the last step: that is some training row's type) and
      in at most 5 % of the examples, or 10, 20, 40 %; rows without one are a type of their own;
    - "group": its group. No group is in two splits, so that such labels can't be memorised; what
      is left is chance, with the labels of a group in common. Pictures have no tokens and end here.

    Types make a task if there are `MIN_TYPES` or more of them, the largest has at most
    `LARGEST_SHARE` of the rows, and at least `LEAST_SEEN` of the rows of each split have a type
    that occurs in training: a few types could be told apart by a concept, and a type that
    training lacks can't be memorised.

    Types are taken in random order and get one label until its rows are as many as those of the
    true labels, to within half a type; first the types in training, then the others of validation
    and of test. So chance is about the same as for the concept.
    Raises ProbesteerError where the lengths don't add up to the ids.
    """
    kind, types = _row_types(ids, lengths, examples, tokens, groups, splits)
    generator = np.random.default_rng([seed, _STREAM])
    dealt = [_deal(types, labels, splits, generator) for _ in range(draws)]
    outside = splits != "train"
    known = np.isin(types, types[~outside])
    return ControlTask(
        labels=np.array(dealt, dtype=np.int64).reshape(draws, len(types)),
        types=types,
        kind=kind,
        seen=float(known[outside].mean()) if outside.any() else float("nan"),
    )


def selectivity(
    labels: Integers,
    scores: FloatArray,
    control_labels: Integers,
    control_scores: FloatArray,
    resamples: GroupResamples,
) -> Difference:
    """Accuracy on the concept minus the mean accuracy on the control tasks, on the same rows.

    labels, scores: [n]; control_labels, control_scores: [draws, n], of the same kind of probe
    with the same penalty, fitted to each control task; resamples: of these rows. The interval is
    the percentile one (95 %) over groups, for these control tasks.
    """
    memorised = correct(control_labels, control_scores).mean(axis=0)
    return mean_difference(correct(labels, scores) - memorised, resamples)


def _row_types(
    ids: Integers,
    lengths: Integers,
    examples: Integers,
    tokens: Integers,
    groups: NDArray[Any],
    splits: NDArray[Any],
) -> tuple[str, Integers]:
    """The kind of type and the type of each row, [n], numbered from 0."""
    if int(lengths.sum()) != len(ids):
        raise ProbesteerError(
            f"token ids: the lengths add up to {int(lengths.sum())} and there are {len(ids)} ids; "
            "delete the tokens and make them again"
        )
    if len(ids) and lengths[examples].all():
        starts = np.cumsum(lengths) - lengths
        read = starts[examples] + np.where(tokens < 0, lengths[examples] - 1, tokens)
        if makes_a_task(ids[read], splits):
            return "token", _numbered(ids[read])
        example_of_token = np.repeat(np.arange(len(lengths)), lengths)
        recurring = _recurring(ids, example_of_token, examples, splits)
        share = _document_share(ids, example_of_token)
        for common in _COMMON:
            eligible = recurring & (share <= common)
            words = _latest_words(ids, eligible, starts[examples], read, splits)
            if makes_a_task(words, splits):
                return "word", _numbered(words)
    return "group", _numbered(groups)


def makes_a_task(types: NDArray[Any], splits: NDArray[Any]) -> bool:
    """Whether types: [n] are many, none is most of the rows, and training has those of splits."""
    rows_of_type = np.unique(types, return_counts=True)[1]
    if len(rows_of_type) < MIN_TYPES or rows_of_type.max() > LARGEST_SHARE * len(types):
        return False
    known = np.isin(types, types[splits == "train"])
    return all(known[splits == split].mean() >= LEAST_SEEN for split in np.unique(splits))


def _latest_words(
    ids: Integers,
    eligible: NDArray[np.bool_],
    starts: Integers,
    read: Integers,
    splits: NDArray[Any],
) -> Integers:
    """The latest eligible token of each row, [n], or `_NO_WORD`.

    ids, eligible: [total]; starts, read: [n], where a row's text starts and is read. A token that
    thereby becomes the type of no training row is given up, until there is none.
    """
    eligible = eligible.copy()
    while True:
        positions = np.maximum.accumulate(np.where(eligible, np.arange(len(ids)), -1))[read]
        found = positions >= starts
        words = np.where(found, ids[np.maximum(positions, 0)], _NO_WORD)
        kept = eligible & np.isin(ids, words[splits == "train"])
        if np.array_equal(kept, eligible):
            return words
        eligible = kept


def _recurring(
    ids: Integers, example_of_token: Integers, examples: Integers, splits: NDArray[Any]
) -> NDArray[np.bool_]:
    """Whether each token, [total], occurs in an example of every split."""
    recurs = np.ones(len(ids), dtype=bool)
    for split in np.unique(splits):
        in_split = np.isin(example_of_token, examples[splits == split])
        recurs &= np.isin(ids, ids[in_split])
    return recurs


def _document_share(ids: Integers, example_of_token: Integers) -> FloatArray:
    """Share of the examples that hold each token, [total]."""
    vocabulary, numbers = np.unique(ids, return_inverse=True)
    n_examples = int(example_of_token[-1]) + 1
    held = np.unique(numbers * n_examples + example_of_token) // n_examples
    share = np.bincount(held, minlength=len(vocabulary)) / n_examples
    return np.asarray(share[numbers], dtype=np.float64)


def _numbered(types: NDArray[Any]) -> Integers:
    return np.unique(types, return_inverse=True)[1].astype(np.int64)


def _deal(
    types: Integers, labels: Integers, splits: NDArray[Any], generator: np.random.Generator
) -> Integers:
    """A label for each row, [n], by its type: [n]; the balance is that of labels: [n]."""
    of_type = np.full(int(types.max(initial=-1)) + 1, -1, dtype=np.int64)
    parts = [split for split in ("train", "validation", "test") if (splits == split).any()]
    for split in parts:
        members = splits == split
        rows = np.bincount(types[members], minlength=len(of_type))
        order = generator.permutation(np.flatnonzero((rows > 0) & (of_type < 0)))
        if not len(order):
            continue
        # Types in order get one of the labels, by lot, up to the count nearest to that label's.
        first = int(generator.integers(2))
        total = np.concatenate([[0], np.cumsum(rows[order])])
        distance = np.abs(total - np.mean(labels[members] == first) * total[-1])
        if len(order) > 1:  # both labels get a type
            distance[[0, -1]] = np.inf
        taken = int(np.argmin(distance))
        of_type[order[:taken]], of_type[order[taken:]] = first, 1 - first
    return of_type[types]
