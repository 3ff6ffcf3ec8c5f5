"""How many bits the labels cost someone who has the activations and learns as they come.

The online (prequential) code of Voita & Titov (2020, arXiv 2003.12298; Rissanen 1984; Blier &
Ollivier 2018, arXiv 1802.07044). The rows come in blocks that double; the labels of the first are
sent as they are, one bit each (log2 k of k classes), and those of every other are coded by a probe
that is fitted to all rows before it. So effort counts as well as accuracy: labels that a few rows
already tell cost less than labels that need many.
"""

import zlib
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probesteer.errors import ProbesteerError
from probesteer.probes.solver.features import SharedFeatures
from probesteer.probes.tasks import BINARY, Task

PORTIONS = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.0625, 0.125, 0.25, 0.5, 1.0)
"""Shares of the rows at which a block ends, those of Voita & Titov."""

# Keeps these random numbers apart from others of the same seed.
_STREAM = zlib.crc32(b"description length")


@dataclass(frozen=True)
class DescriptionLength:
    """What labels cost by the online code."""

    codelength: float
    """Bits of all labels."""
    uniform_codelength: float
    """Bits of the same labels without the activations, one each (log2 k of k classes)."""
    block_ends: tuple[int, ...]
    """Rows up to the end of each block, in the order of the code; the first is sent uncoded."""

    @property
    def compression(self) -> float:
        """How many times shorter the code is than the uniform one; 1 where nothing was learnt."""
        return self.uniform_codelength / self.codelength


def description_length(
    X: Any, y: NDArray[np.int64], groups: NDArray[Any], C: float, seed: int
) -> DescriptionLength:
    """The description length of one labelling y: [n]; see `description_lengths`."""
    return description_lengths(X, y[None], groups, C, seed)[0]


def description_lengths(
    X: Any,
    labellings: NDArray[np.int64],
    groups: NDArray[Any],
    C: ArrayLike,
    seed: int,
    task: Task = BINARY,
) -> tuple[DescriptionLength, ...]:
    """The description length of each of k labellings of the same rows, all fitted at once.

    X: [n, d] or `SharedFeatures` of it, training rows only; labellings: [k, n], labels of the task
    from 0; groups: [n]; C: a number or [k], that of the probes. The groups come in an order drawn
    from `seed`, the same for all labellings, and a block ends with a group, at the first row that
    completes its portion. The first block of a labelling reaches on until it holds every label.
    Features are standardised over all rows: whoever receives the labels has the activations. One C
    serves the probes of all blocks; one so large that those of few rows are sure and wrong makes
    the code longer than the uniform one.

    Raises ProbesteerError where a labelling lacks a label or a row is not finite.
    """
    for y in labellings:
        _require_labels(y, task)
    order, ends = coding_order(groups, seed)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    blocks = [_from_every_label(y[order], ends, task.classes) for y in labellings]
    fitted = [(index, end) for index, own_ends in enumerate(blocks) for end in own_ends[:-1]]
    bits = np.zeros((len(fitted), len(order)))
    if fitted:
        which = np.array([index for index, _ in fitted])
        known = place < np.array([end for _, end in fitted])[:, None]
        penalties = np.broadcast_to(np.asarray(C, dtype=np.float64), len(labellings))[which]
        targets = labellings[which]
        features = X if isinstance(X, SharedFeatures) else SharedFeatures(X)
        fits = task.fit(features, targets, penalties, known.astype(np.float64))
        bits = task.losses(targets, fits.scores(features.X))[:, order] / np.log(2)
    bits_of_blocks = iter(bits)
    lengths = []
    for own_ends in blocks:
        coded = sum(
            float(next(bits_of_blocks)[start:end].sum()) for start, end in pairwise(own_ends)
        )
        each = float(np.log2(task.classes))
        code, uniform = each * float(own_ends[0]) + coded, each * len(order)
        lengths.append(DescriptionLength(code, uniform, tuple(own_ends.tolist())))
    return tuple(lengths)


def coding_order(groups: NDArray[Any], seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows in the order in which they are coded, [n], and the rows up to the end of each block.

    groups: [n]. Groups come in an order drawn from `seed`, their rows as they stand; a block ends
    where a group does, at or after its portion of the rows. Portions that end together are one.
    """
    group_of_row = np.unique(groups, return_inverse=True)[1]
    n_groups = int(group_of_row.max(initial=-1)) + 1
    rank = np.random.default_rng([seed, _STREAM]).permutation(n_groups)[group_of_row]
    order = np.argsort(rank, kind="stable")
    group_ends = np.cumsum(np.bincount(rank, minlength=n_groups))
    reached = np.searchsorted(group_ends, np.array(PORTIONS) * len(groups))
    return order, np.unique(group_ends[np.minimum(reached, n_groups - 1)])


def _require_labels(y: NDArray[np.int64], task: Task) -> None:
    found = np.unique(y)
    if not np.array_equal(found, np.arange(task.classes)):
        every = "both 0 and 1" if task.classes == 2 else f"all of 0 to {task.classes - 1}"
        raise ProbesteerError(
            f"rows to code: labels are {found.tolist()} where {every} are needed; "
            "add examples of the other label, or groups, to this split"
        )


def _from_every_label(
    y: NDArray[np.int64], ends: NDArray[np.int64], classes: int
) -> NDArray[np.int64]:
    """The ends by which every label of y: [n], in order, has come."""
    last = max(int(np.argmax(y == label)) for label in range(classes))
    return ends[ends > last]
