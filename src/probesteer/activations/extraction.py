"""Fill the cache: forward passes over length-sorted batches, rows written while they run.

Memory doesn't grow with the number of examples. A fill that was stopped at any moment is taken up
again, and leaves the bytes that it would have left undisturbed.
"""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from probesteer.activations.cache import (
    Request,
    has_layer,
    layer_file,
    layer_width,
    write_manifest,
    write_tokens,
)
from probesteer.activations.gathering import read_batch
from probesteer.activations.journal import JOURNAL, Journal
from probesteer.activations.memory import MemoryExhausted, halved_below, release_memory
from probesteer.activations.partial_layer import PartialLayer, remove_partial, row_bytes
from probesteer.activations.reading import Reading
from probesteer.activations.shards import Plan, plan_shards
from probesteer.activations.shared_prefix import share_prefix
from probesteer.concepts.faults import row_fault
from probesteer.errors import ProbesteerError
from probesteer.models.contract import prove_sites
from probesteer.models.inputs import Inputs
from probesteer.models.loading import LoadedModel
from probesteer.models.recording import recorded
from probesteer.models.tokens import batches_by_length
from probesteer.places import Place
from probesteer.progress import progress

_log = logging.getLogger(__name__)


def fill_cache(
    loaded: LoadedModel,
    reading: Reading,
    places: Sequence[Place],
    folder: Path,
    request: Request,
    batch_tokens: int,
    origin: Mapping[str, str],
    truncated: int = 0,
) -> None:
    """Store the activations of `reading` at every one of `places`, and the manifest last.

    Layers whose files already answer `request` are left as they are. Where memory doesn't suffice
    for `batch_tokens` padded tokens a batch, that budget is halved.

    truncated: texts that were cut. origin: where the model comes from, for the manifest.

    Raises ProbesteerError for an activation that is not finite, naming its row in that file, and
    the layer; and where memory doesn't suffice for a single text.
    """
    inputs, rows = reading.inputs, reading.rows
    contract = prove_sites(loaded, places, inputs)
    wanted = [place for place in places if not has_layer(folder, place, request)]
    if wanted:
        folder.mkdir(parents=True, exist_ok=True)
        shared, shared_rows = share_prefix(loaded, inputs, rows, places)
        asked = replace(reading, inputs=shared, rows=shared_rows)
        widths = _widths(loaded, places, inputs)
        stored = [f"{place.stem} {widths[place]}" for place in places]
        size = sum(row_bytes(width, request.dtype) for width in widths.values())
        plan = plan_shards(shared.lengths, rows, batch_tokens, size, stored, contract.padded)
        count = len(rows.example)
        layers = [PartialLayer(folder, place, request, count, widths[place]) for place in wanted]
        _Fill(loaded, asked, plan, folder, request, batch_tokens, contract.padded).run(layers)
    remove_partial(folder)
    (folder / JOURNAL).unlink(missing_ok=True)
    bag = inputs.bags()
    write_tokens(
        folder,
        {
            "example": reading.examples[rows.example],
            "token": rows.token,
            "ids": np.concatenate(bag),
            "lengths": np.array([len(ids) for ids in bag], dtype=np.int64),
        },
    )
    details = {
        "rows": len(rows.example),
        "width": layer_width(layer_file(folder, places[0])),
        "causal": loaded.causal,
        "origin": dict(origin),
        "truncated": truncated,
        "contract": asdict(contract),
    }
    write_manifest(folder, request, list(places), details)


@torch.no_grad()
def _widths(loaded: LoadedModel, places: Sequence[Place], inputs: Inputs) -> dict[Place, int]:
    """Size d of what is at each place, seen in a pass over the shortest example."""
    with recorded(loaded, places) as seen:
        loaded.run_blocks(inputs.batch(loaded, [int(inputs.lengths.argmin())]))
    return {place: int(seen[place].shape[-1]) for place in places}


class _Fill:
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
        raise row_fault(
            self._reading.source,
            int(self._reading.examples[self._reading.rows.example[rows[~finite].min()]]),
            f"its activation at {place.label} of model {self._loaded.name} is not finite; "
            "try dtype=float32 for the model and the activations",
        )
