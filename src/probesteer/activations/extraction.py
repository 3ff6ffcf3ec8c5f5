"""Fill the cache: one forward pass over length-sorted batches, rows gathered inside the hooks."""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from probesteer.activations.cache import (
    LAYER,
    Request,
    has_layer,
    layer_file,
    layer_metadata,
    write_manifest,
    write_tokens,
)
from probesteer.concepts.faults import row_fault
from probesteer.concepts.positions import ReadingRows
from probesteer.files.atomic import atomic_path
from probesteer.files.tensors import as_metadata
from probesteer.models.contract import prove_sites
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import at_place
from probesteer.models.tokens import TokenSequences, batches_by_length, pad_batch
from probesteer.places import Place
from probesteer.progress import progress


def fill_cache(
    loaded: LoadedModel,
    tokens: TokenSequences,
    rows: ReadingRows,
    places: Sequence[Place],
    folder: Path,
    request: Request,
    batch_tokens: int,
    source: Path,
    origin: Mapping[str, str],
) -> None:
    """Store the activations of `rows` at every one of `places`, and the manifest last.

    Layers whose files already answer `request` are left as they are.

    source: the file of the texts. origin: where the model comes from, for the manifest.

    Raises ProbesteerError for an activation that is not finite, naming its row in that file, and
    the layer.
    """
    contract = prove_sites(loaded, places, tokens.ids)
    wanted = [place for place in places if not has_layer(folder, place, request)]
    if wanted:
        layers = _read_layers(loaded, tokens, rows, wanted, request, batch_tokens)
        for place in wanted:
            _check_finite(loaded, place, layers[place], rows, source)
        for place in wanted:
            _write_layer(folder, place, layers.pop(place), request)
    write_tokens(
        folder,
        {
            "example": rows.example,
            "token": rows.token,
            "ids": np.concatenate(tokens.ids),
            "lengths": tokens.lengths,
        },
    )
    details = {
        "rows": len(rows.example),
        "width": loaded.width,
        "causal": loaded.causal,
        "origin": dict(origin),
        "contract": asdict(contract),
    }
    write_manifest(folder, request, list(places), details)


@torch.no_grad()
def _read_layers(
    loaded: LoadedModel,
    tokens: TokenSequences,
    rows: ReadingRows,
    places: Sequence[Place],
    request: Request,
    batch_tokens: int,
) -> dict[Place, Tensor]:
    """Activations at each place, [rows, d], on the CPU in the stored dtype."""
    dtype = getattr(torch, request.dtype)
    shape = (len(rows.example), loaded.width)
    layers = {place: torch.empty(shape, dtype=dtype) for place in places}
    batches = list(batches_by_length(tokens.lengths, batch_tokens))
    for batch in progress(batches, "activations"):
        ids, mask = pad_batch(loaded, [tokens.ids[example] for example in batch])
        gather = _Gather(rows, batch, ids.shape[1], loaded.device)

        with ExitStack() as hooks:
            for place in places:
                keep = partial(_keep, layers[place], gather)
                hooks.enter_context(at_place(loaded.blocks, place, keep))
            loaded.run_blocks(ids, mask)
    return layers


def _keep(layer: Tensor, gather: "_Gather", x: Tensor) -> None:
    layer[gather.rows] = gather(x).to("cpu", layer.dtype)


class _Gather:
    """Picks the wanted rows, or means, out of a padded batch [batch, tokens, d]."""

    def __init__(
        self, rows: ReadingRows, batch: np.ndarray, longest: int, device: torch.device
    ) -> None:
        """rows: all wanted rows; batch: the examples in this batch, in its order."""
        place_in_batch = {int(example): at for at, example in enumerate(batch)}
        picked = np.flatnonzero(np.isin(rows.example, batch))
        self.rows = torch.from_numpy(picked)
        at = np.array([place_in_batch[int(example)] for example in rows.example[picked]])
        self._at = torch.from_numpy(at).to(device)
        self._weights: Tensor | None = None
        if rows.mean:
            weights = np.zeros((len(picked), longest), dtype=np.float32)
            for row, example in enumerate(rows.example[picked]):
                averaged = rows.tokens_of(int(example))
                weights[row, averaged] = 1 / len(averaged)
            self._weights = torch.from_numpy(weights).to(device)
        else:
            self._token = torch.from_numpy(rows.token[picked]).to(device)

    def __call__(self, x: Tensor) -> Tensor:
        """x: [batch, tokens, d] -> [rows of this batch, d]."""
        if self._weights is not None:
            averaged = torch.einsum("rt,rtd->rd", self._weights, x[self._at].float())
            return averaged.to(x.dtype)
        return x[self._at, self._token]


def _check_finite(
    loaded: LoadedModel, place: Place, layer: Tensor, rows: ReadingRows, source: Path
) -> None:
    finite = torch.isfinite(layer).all(dim=1)
    if not bool(finite.all()):
        row = int((~finite).nonzero()[0])
        raise row_fault(
            source,
            int(rows.example[row]),
            f"its activation at {place.label} of model {loaded.name} is not finite; "
            "try dtype=float32 for the model and the activations",
        )


def _write_layer(folder: Path, place: Place, layer: Tensor, request: Request) -> None:
    # torch's own writer: numpy has no bfloat16.
    checksum = hashlib.sha256(layer.contiguous().view(torch.uint8).numpy().data).hexdigest()
    metadata = as_metadata(layer_metadata(request, checksum))
    with atomic_path(layer_file(folder, place)) as partial:
        save_file({LAYER: layer.contiguous()}, partial, metadata)
