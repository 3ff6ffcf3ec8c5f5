"""Control tasks of several classes: each type of word gets a class by lot."""

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

_STREAM = zlib.crc32(b"control task of classes")


def class_control_labels(
    types: Integers, targets: Integers, splits: NDArray[Any], draws: int, seed: int
) -> Integers:
    """Classes of control tasks, [draws, n]; rows of one type have one class in a draw.

    types: [n], of `control_task.ControlTask`; targets: [n], classes from 0 to k - 1; splits: [n].
    As for two labels, types are taken in random order, first those in training, and a class is
    dealt out until its rows are about as many as those of the true class. No draws where training
    has fewer types than there are classes.
    """
    classes = int(targets.max()) + 1
    if len(np.unique(types[splits == "train"])) < classes:
        return np.zeros((0, len(types)), dtype=np.int64)
    generator = np.random.default_rng([seed, _STREAM])
    dealt = [_deal(types, targets, splits, classes, generator) for _ in range(draws)]
    return np.array(dealt, dtype=np.int64).reshape(draws, len(types))


def _deal(
    types: Integers,
    targets: Integers,
    splits: NDArray[Any],
    classes: int,
    generator: np.random.Generator,
) -> Integers:
    of_type = np.full(int(types.max()) + 1, -1, dtype=np.int64)
    for split in ("train", "validation", "test"):
        members = splits == split
        rows = np.bincount(types[members], minlength=len(of_type))
        order = generator.permutation(np.flatnonzero((rows > 0) & (of_type < 0)))
        if not len(order):
            continue
        in_order = generator.permutation(classes)
        shares = np.bincount(targets[members], minlength=classes)[in_order] / members.sum()
        ends = _ends(np.cumsum(rows[order]), np.cumsum(shares))
        of_type[order] = np.repeat(in_order, np.diff(ends, prepend=0))
    return of_type[types]


def _ends(rows: Integers, shares: NDArray[np.float64]) -> Integers:
    """How many types are dealt out with the end of each class, [k].

    rows: [types] and shares: [k], both cumulated. Each class gets a type, if there are enough.
    """
    classes, ends = len(shares), [0]
    spare = int(len(rows) >= classes)
    total = np.concatenate([[0], rows])
    for number, share in enumerate(shares[:-1]):
        first, last = ends[-1] + spare, len(rows) - spare * (classes - 1 - number)
        distance = np.abs(total[first : last + 1] - share * total[-1])
        ends.append(first + int(np.argmin(distance)))
    return np.array([*ends[1:], len(rows)], dtype=np.int64)
