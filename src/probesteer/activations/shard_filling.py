"""The layers of one cache, filled shard by shard while the forward passes run.

A fill that was stopped goes on where its journal ends; where memory doesn't suffice, batches get
smaller.
"""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from probesteer.activations.cache import Request
from probesteer.activations.gathering import read_batch
from probesteer.activations.journal import Journal
from probesteer.activations.memory import MemoryExhausted, halved_below, release_memory
from probesteer.activations.partial_layer import PartialLayer, remove_partial
from probesteer.activations.reading import Reading
from probesteer.activations.shards import Plan
from probesteer.concepts.faults import row_fault
from probesteer.errors import ProbesteerError
from probesteer.models.loading import LoadedModel
from probesteer.models.tokens import batches_by_length
from probesteer.places import Place
from probesteer.progress import progress

_log = logging.getLogger(__name__)


class NotFinite(ProbesteerError):
    """An activation is NaN or infinite."""


class ShardFill:
    """One fill of the layers that are missing, shard by shard."""

    def __init__(
        self,
        loaded: LoadedModel,
        reading: Reading,
        plan: Plan,
        folder: Path,
        request: Request,
        batch_tokens: int,
        padded: bool,
    ) -> None:
        self._padded = padded
        self._loaded, self._reading = loaded, reading
        self._plan, self._folder = plan, folder
        self._dtype = getattr(torch, request.dtype)
        self._journal = Journal(folder, request.digest, plan.digest)
        self._batch_tokens = self._journal.batch_tokens or batch_tokens

    def run(self, layers: Sequence[PartialLayer]) -> None:
        """Fill and finish `layers`."""
        if not self._journal.resumed:
            remove_partial(self._folder)
        for layer in layers:
            layer.prepare()
        open_shards = self._unfinished(layers)
        for number in progress(sorted(open_shards), "activations"):
            self._fill_shard(number, open_shards[number])
        for layer in layers:
            layer.finish()

    def _unfinished(self, layers: Sequence[PartialLayer]) -> dict[int, list[PartialLayer]]:
        """The layers that each shard is still to be written to."""
        missing: dict[int, list[PartialLayer]] = {}
        altered: set[Path] = set()
        for number, shard in enumerate(self._plan.shards):
            if number not in self._journal.shards:
                missing[number] = list(layers)
                continue
            rows = self._plan.rows_of(shard)
            written = self._journal.shards[number]
            for layer in layers:
                if layer.checksum(rows) != written.get(layer.place.stem):
                    missing.setdefault(number, []).append(layer)
                    altered.add(layer.path)
        for path in sorted(altered):
            _log.warning("%s: rows that were written have changed; they are read again", path)
        return missing

    def _fill_shard(self, number: int, layers: Sequence[PartialLayer]) -> None:
        """Read a shard's rows at the places of `layers`, with smaller batches if need be."""
        while True:
            try:
                checksums = self._write_shard(self._plan.shards[number], layers)
                break
            except MemoryExhausted as fault:
                exhausted = fault
            if exhausted.texts == 1:
                raise ProbesteerError(
                    f"model {self._loaded.name}: out of memory with a single text of "
                    f"{exhausted.longest} tokens; use a shorter text, a smaller dtype or a device "
                    "with more memory"
                )
            release_memory()
            smaller = halved_below(self._batch_tokens, exhausted.padded_tokens)
            _log.warning(
                "model %s: out of memory with batches of %d tokens; going on with %d",
                self._loaded.name,
                self._batch_tokens,
                smaller,
            )
            self._batch_tokens = smaller
            self._journal.record_budget(smaller)
        for layer in layers:
            layer.flush()
        self._journal.record_shard(number, checksums)

    def _write_shard(
        self, shard: NDArray[np.int64], layers: Sequence[PartialLayer]
    ) -> dict[str, str]:
        """Returns the checksum of the shard's rows at each place."""
        places = [layer.place for layer in layers]
        digests = {place: hashlib.sha256() for place in places}
        lengths = self._reading.inputs.lengths[shard]
        for within in batches_by_length(lengths, self._batch_tokens, self._padded):
            batch = shard[within]
            rows = self._plan.rows_of(batch)
            read = read_batch(self._loaded, self._reading, batch, rows, places, self._dtype)
            for layer in layers:
                x = read.pop(layer.place)
                self._check_finite(layer.place, x, rows)
                data = x.contiguous().view(torch.uint8).numpy()
                digests[layer.place].update(data.data)
                layer.write(rows, data)
        return {place.stem: digest.hexdigest() for place, digest in digests.items()}

    def _check_finite(self, place: Place, x: Tensor, rows: NDArray[np.int64]) -> None:
        finite = torch.isfinite(x).all(dim=1).numpy()
        if finite.all():
            return
        # Nothing to go on from: the same request would fail in the same way.
        remove_partial(self._folder)
        self._journal.path.unlink()
        if not any(self._folder.iterdir()):
            self._folder.rmdir()
        first = int(self._reading.examples[self._reading.rows.example[rows[~finite].min()]])
        fault = row_fault(
            self._reading.source,
            first,
            f"its activation at {place.label} of model {self._loaded.name} is not finite; "
            "try dtype=float32 for the model and the activations",
        )
        raise NotFinite(str(fault))
