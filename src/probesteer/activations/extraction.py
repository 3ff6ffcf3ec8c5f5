"""Fill the cache: forward passes over length-sorted batches, rows written while they run.

Memory doesn't grow with the number of examples. A fill that was stopped at any moment is taken up
again, and leaves the bytes that it would have left undisturbed.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from probesteer.activations.cache import (
    MANIFEST,
    NO_BASELINE,
    UNTRAINED,
    Request,
    discard,
    has_layer,
    layer_file,
    layer_width,
    write_manifest,
    write_tokens,
)
from probesteer.activations.journal import JOURNAL
from probesteer.activations.partial_layer import PartialLayer, remove_partial, row_bytes
from probesteer.activations.reading import Reading
from probesteer.activations.shard_filling import NotFinite, ShardFill
from probesteer.activations.shards import plan_shards
from probesteer.activations.shared_prefix import share_prefix
from probesteer.models.contract import prove_sites
from probesteer.models.inputs import Inputs
from probesteer.models.loading import LoadedModel
from probesteer.models.recording import recorded
from probesteer.models.untrained import (
    SEED,
    NotReinitialised,
    reinitialise,
    require_plain_weights,
)
from probesteer.places import Place

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
    untrained: bool = False,
) -> None:
    """Store the activations of `reading` at every one of `places`, and the manifest last.

    Layers whose files already answer `request` are left as they are. Where memory doesn't suffice
    for `batch_tokens` padded tokens a batch, that budget is halved.

    truncated: texts that were cut. origin: where the model comes from, for the manifest.
    untrained: then also store, in a cache inside this one, what the model computes with weights
    drawn anew; `loaded` is of no further use. Where that can't be, the log and the manifest say
    why.

    Raises ProbesteerError for an activation that is not finite, naming its row in that file, and
    the layer; and where memory doesn't suffice for a single text.
    """
    contract = prove_sites(loaded, places, reading.inputs)
    fill = _Filling(loaded, reading, list(places), batch_tokens, contract.padded)
    wanted = [place for place in places if not has_layer(folder, place, request)]
    fill.store(wanted, folder, request)
    details = {
        "rows": len(reading.rows.example),
        "width": layer_width(layer_file(folder, places[0])),
        "causal": loaded.causal,
        "origin": dict(origin),
        "truncated": truncated,
        "contract": asdict(contract),
    }
    baseline = _fill_untrained(fill, folder, request, details) if untrained else NO_BASELINE
    write_manifest(folder, request, list(places), {**details, "untrained": baseline})


def _fill_untrained(
    fill: "_Filling", folder: Path, request: Request, details: dict[str, Any]
) -> dict[str, str | None]:
    """The same from the model with its weights drawn anew; returns what the manifest says of it.

    The sites were proven on the trained weights, where everything reaches the output.
    """
    inner, asked = folder / UNTRAINED, replace(request, weights=f"drawn with seed {SEED}")
    name = fill.loaded.name
    try:
        require_plain_weights(fill.loaded)
        wanted = [place for place in fill.places if not has_layer(inner, place, asked)]
        if wanted:
            reinitialise(fill.loaded)
        fill.store(wanted, inner, asked)
    except (NotReinitialised, NotFinite) as fault:
        _log.warning("model %s: no activations of untrained weights: %s", name, fault)
        discard(inner)
        return {"manifest": None, "reason": str(fault)}
    write_manifest(inner, asked, fill.places, {**details, "untrained": NO_BASELINE})
    return {"manifest": f"{UNTRAINED}/{MANIFEST}", "reason": None}


@dataclass(frozen=True)
class _Filling:
    """What is read and how, whatever weights the model has."""

    loaded: LoadedModel
    reading: Reading
    places: list[Place]
    batch_tokens: int
    padded: bool

    def store(self, wanted: Sequence[Place], folder: Path, request: Request) -> None:
        """Fill the layers of `wanted` in `folder`, and write the tokens."""
        loaded, inputs, rows = self.loaded, self.reading.inputs, self.reading.rows
        if wanted:
            folder.mkdir(parents=True, exist_ok=True)
            shared, shared_rows = share_prefix(loaded, inputs, rows, self.places)
            asked = replace(self.reading, inputs=shared, rows=shared_rows)
            widths = _widths(loaded, self.places, inputs)
            stored = [f"{place.stem} {widths[place]}" for place in self.places]
            size = sum(row_bytes(width, request.dtype) for width in widths.values())
            plan = plan_shards(shared.lengths, rows, self.batch_tokens, size, stored, self.padded)
            count = len(rows.example)
            layers = [PartialLayer(folder, at, request, count, widths[at]) for at in wanted]
            budget = self.batch_tokens
            ShardFill(loaded, asked, plan, folder, request, budget, self.padded).run(layers)
        remove_partial(folder)
        (folder / JOURNAL).unlink(missing_ok=True)
        bag = inputs.bags()
        write_tokens(
            folder,
            {
                "example": self.reading.examples[rows.example],
                "token": rows.token,
                "ids": np.concatenate(bag),
                "lengths": np.array([len(ids) for ids in bag], dtype=np.int64),
            },
        )


@torch.no_grad()
def _widths(loaded: LoadedModel, places: Sequence[Place], inputs: Inputs) -> dict[Place, int]:
    """Size d of what is at each place, seen in a pass over the shortest example."""
    with recorded(loaded, places) as seen:
        loaded.run_blocks(inputs.batch(loaded, [int(inputs.lengths.argmin())]))
    return {place: int(seen[place].shape[-1]) for place in places}
