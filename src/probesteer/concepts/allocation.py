"""Deal groups out to parts so that each part gets its share of every label.

A group goes to the part in which it raises the relative imbalance least; for groups of one row
this is Webster's apportionment (Balinski & Young, Fair Representation, 1982), which keeps two or
three parts within one row of their shares. One thing goes before balance: a group is never put
where the groups still to come could no longer give every part every label.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Rows = tuple[int, ...]  # rows of label 0, of label 1, …

# Orders of the groups that are tried: whether some of three or more labels can be had by every
# part is no more than tried out (the question is a set packing).
_ORDERS = 200


def scarce_label(counts: NDArray[np.int64], parts: int) -> int | None:
    """The first label that stands in fewer groups than there are parts, or None.

    counts: [groups, k], rows of each label. Where it is None and k is 2, every part can have both
    labels: groups with both serve one part each, and of the others enough are left to serve the
    rest in twos.
    """
    for label in range(counts.shape[1]):
        if np.count_nonzero(counts[:, label]) < parts:
            return label
    return None


def allocate(
    names: Sequence[str], counts: NDArray[np.int64], shares: Sequence[float], seed: int
) -> NDArray[np.int64]:
    """The part of every group, [groups], such that each part has every label.

    names: of the groups, all different. counts: [groups, k], rows of each label. shares: [parts],
    positive, sum 1. The result depends on names, counts, shares and seed, not on the order of the
    groups. Raises ValueError where `scarce_label` names a label, or where groups hold several of
    more than two labels and none of the tried orders gives every part every label.
    """
    if scarce_label(counts, len(shares)) is not None:
        raise ValueError("too few groups to give every part every label")
    for order in range(_ORDERS):
        parts = _allocate_in_order(names, counts, shares, f"{seed}" + f".{order}" * (order > 0))
        held = np.zeros((len(shares), counts.shape[1]), dtype=np.int64)
        np.add.at(held, parts, counts)
        if (held > 0).all():
            return parts
    raise ValueError("no way was found to give every part every label")


def _allocate_in_order(
    names: Sequence[str], counts: NDArray[np.int64], shares: Sequence[float], seed: str
) -> NDArray[np.int64]:
    """As `allocate`, for the one order of the groups that the seed gives; a label may be missing
    where there are more than two."""
    groups: list[Rows] = [tuple(rows) for rows in counts.tolist()]
    totals = counts.sum(axis=0).tolist()
    targets = [tuple(share * total for total in totals) for share in shares]
    held: list[Rows] = [(0,) * len(totals)] * len(shares)
    to_come = Counter(_labels_in(rows) for rows in groups)
    complete = False
    parts = np.empty(len(groups), dtype=np.int64)
    for group in _order(names, groups, seed):
        rows = groups[group]
        to_come[_labels_in(rows)] -= 1
        costs = [_cost(rows, *part) for part in zip(held, targets, strict=True)]
        # Of two labels some part always passes: before this group a completion existed, and it
        # places the group.
        for part in sorted(range(len(shares)), key=costs.__getitem__):
            after = [*held]
            after[part] = tuple(old + new for old, new in zip(held[part], rows, strict=True))
            if complete or _can_complete(after, to_come):
                break
        held = after
        complete = complete or all(all(_labels_in(part)) for part in held)
        parts[group] = part
    return parts


def _order(names: Sequence[str], groups: Sequence[Rows], seed: str) -> list[int]:
    """Large groups first, as late ones cannot be evened out; among groups whose sizes are within
    a factor of two the order is random, so that the seed matters."""

    def key(group: int) -> tuple[int, bytes]:
        digest = hashlib.sha256(f"{seed} {names[group]}".encode()).digest()
        return -sum(groups[group]).bit_length(), digest

    return sorted(range(len(groups)), key=key)


def _cost(rows: Rows, held: Rows, target: tuple[float, ...]) -> float:
    """What `rows` add to sum((held - target)^2 / target), up to a term equal for all parts."""
    return sum(
        new * (2 * old + new) / goal for new, old, goal in zip(rows, held, target, strict=True)
    )


def _can_complete(held: Sequence[Rows], to_come: Counter[tuple[bool, ...]]) -> bool:
    """Whether the groups to come can give every label to every part that lacks one.

    Of more than two labels: whether each of them, taken by itself, has groups enough.
    """
    state = Counter(_labels_in(rows) for rows in held)
    if len(held[0]) != 2:
        return all(_short(state, label) <= _with(to_come, label) for label in range(len(held[0])))
    empty = state[False, False]
    spare = to_come[True, True] - empty  # groups with both labels serve empty parts first
    empty_left = max(0, -spare)
    zeros_short = max(0, state[False, True] + empty_left - to_come[True, False])
    ones_short = max(0, state[True, False] + empty_left - to_come[False, True])
    return zeros_short + ones_short <= max(0, spare)


def _short(state: Counter[tuple[bool, ...]], label: int) -> int:
    """Parts that lack a label."""
    return sum(count for labels, count in state.items() if not labels[label])


def _with(to_come: Counter[tuple[bool, ...]], label: int) -> int:
    """Groups that hold a label."""
    return sum(count for labels, count in to_come.items() if labels[label])


def _labels_in(rows: Rows) -> tuple[bool, ...]:
    return tuple(count > 0 for count in rows)
