"""Deal groups out to parts so that each part gets its share of both labels.

A group goes to the part in which it raises the relative imbalance least; for groups of one row
this is Webster's apportionment (Balinski & Young, Fair Representation, 1982), which keeps two or
three parts within one row of their shares. One thing goes before balance: a group is never put
where the groups still to come could no longer give every part both labels.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Rows = tuple[int, int]  # rows of label 0, rows of label 1


def scarce_label(counts: NDArray[np.int64], parts: int) -> int | None:
    """The label that stands in fewer groups than there are parts, or None if neither does.

    counts: [groups, 2], rows of each label. Where it is None, every part can have both labels:
    groups with both serve one part each, and of the others enough are left to serve the rest in
    twos.
    """
    for label in (0, 1):
        if np.count_nonzero(counts[:, label]) < parts:
            return label
    return None


def allocate(
    names: Sequence[str], counts: NDArray[np.int64], shares: Sequence[float], seed: int
) -> NDArray[np.int64]:
    """The part of every group, [groups], such that each part has both labels.

    names: of the groups, all different. counts: [groups, 2], rows of each label. shares: [parts],
    positive, sum 1. The result depends on names, counts, shares and seed, not on the order of the
    groups. Raises ValueError where `scarce_label` names a label.
    """
    if scarce_label(counts, len(shares)) is not None:
        raise ValueError("too few groups to give every part both labels")
    groups: list[Rows] = [(zeros, ones) for zeros, ones in counts.tolist()]
    zeros, ones = counts.sum(axis=0).tolist()
    targets = [(share * zeros, share * ones) for share in shares]
    held: list[Rows] = [(0, 0)] * len(shares)
    to_come = Counter(_labels_in(rows) for rows in groups)
    complete = False
    parts = np.empty(len(groups), dtype=np.int64)
    for group in _order(names, groups, seed):
        rows = groups[group]
        to_come[_labels_in(rows)] -= 1
        costs = [_cost(rows, *part) for part in zip(held, targets, strict=True)]
        # some part always passes: before this group a completion existed, and it places the group
        for part in sorted(range(len(shares)), key=costs.__getitem__):
            after = [*held]
            after[part] = (held[part][0] + rows[0], held[part][1] + rows[1])
            if complete or _can_complete(after, to_come):
                break
        held = after
        complete = complete or all(_labels_in(part) == (True, True) for part in held)
        parts[group] = part
    return parts


def _order(names: Sequence[str], groups: Sequence[Rows], seed: int) -> list[int]:
    """Large groups first, as late ones cannot be evened out; among groups whose sizes are within
    a factor of two the order is random, so that the seed matters."""

    def key(group: int) -> tuple[int, bytes]:
        digest = hashlib.sha256(f"{seed} {names[group]}".encode()).digest()
        return -sum(groups[group]).bit_length(), digest

    return sorted(range(len(groups)), key=key)


def _cost(rows: Rows, held: Rows, target: tuple[float, float]) -> float:
    """What `rows` add to sum((held - target)^2 / target), up to a term equal for all parts."""
    return sum(
        new * (2 * old + new) / goal for new, old, goal in zip(rows, held, target, strict=True)
    )


def _can_complete(held: Sequence[Rows], to_come: Counter[tuple[bool, bool]]) -> bool:
    """Whether the groups to come can give both labels to every part that lacks one."""
    state = Counter(_labels_in(rows) for rows in held)
    empty = state[False, False]
    spare = to_come[True, True] - empty  # groups with both labels serve empty parts first
    empty_left = max(0, -spare)
    zeros_short = max(0, state[False, True] + empty_left - to_come[True, False])
    ones_short = max(0, state[True, False] + empty_left - to_come[False, True])
    return zeros_short + ones_short <= max(0, spare)


def _labels_in(rows: Rows) -> tuple[bool, bool]:
    return rows[0] > 0, rows[1] > 0
