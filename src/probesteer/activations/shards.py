"""The plan of a fill: which examples are run together, and which are recorded as done together.

A shard is a run of consecutive batches of the length-sorted examples. Whatever budget its batches
are made with, the rows of a shard and their order stay the same, so its checksum does too.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probesteer.concepts.positions import ReadingRows
from probesteer.models.tokens import batches_by_length

# Work that a stopped fill loses at most: this much on disk, or so many batches.
SHARD_BYTES = 64 << 20
SHARD_BATCHES = 32


@dataclass(frozen=True)
class Plan:
    """Shards over the examples, the longest first."""

    shards: list[NDArray[np.int64]]  # the examples of each, in the order in which they are run
    bounds: NDArray[np.int64]  # [examples + 1]: rows of example i: bounds[i] to bounds[i + 1]
    digest: str

    def rows_of(self, examples: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of `examples`, one example after the other: [rows]."""
        starts = self.bounds[examples]
        counts = self.bounds[examples + 1] - starts
        before = np.cumsum(counts) - counts
        return np.repeat(starts - before, counts) + np.arange(int(counts.sum()))


def plan_shards(
    lengths: NDArray[np.int64],
    rows: ReadingRows,
    batch_tokens: int,
    row_bytes: int,
    stored: Sequence[str],
    padded: bool = True,
) -> Plan:
    """Group the batches of at most `batch_tokens` padded tokens into shards.

    lengths: [examples], in tokens. row_bytes: of one row, all places together. stored: what else
    the plan depends on, such as the names and widths of the places; part of its digest. padded:
    whether texts of different lengths may make a batch.
    """
    bounds = np.searchsorted(rows.example, np.arange(len(lengths) + 1)).astype(np.int64)
    shards: list[NDArray[np.int64]] = []
    batches: list[NDArray[np.int64]] = []
    filled = 0
    for batch in batches_by_length(lengths, batch_tokens, padded):
        size = int((bounds[batch + 1] - bounds[batch]).sum()) * row_bytes
        if batches and (filled + size > SHARD_BYTES or len(batches) == SHARD_BATCHES):
            shards.append(np.concatenate(batches))
            batches, filled = [], 0
        batches.append(batch)
        filled += size
    if batches:
        shards.append(np.concatenate(batches))
    digest = hashlib.sha256("\n".join(stored).encode())
    for part in (np.array([batch_tokens]), lengths, bounds, *shards):
        digest.update(np.int64(len(part)).tobytes() + part.astype("<i8").tobytes())
    return Plan(shards, bounds, digest.hexdigest())
