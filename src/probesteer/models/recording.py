"""What is at some places in a pass, in the ways in which causal models are run."""

import inspect
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers.cache_utils import DynamicLayer

from probesteer.models.loading import LoadedModel
from probesteer.models.sites import at_place
from probesteer.models.tokens import pad_batch
from probesteer.places import Place


@contextmanager
def recorded(loaded: LoadedModel, places: Sequence[Place]) -> Iterator[dict[Place, Tensor]]:
    """The tensors at `places`, [batch, tokens, d], of the last pass inside the context."""
    seen: dict[Place, Tensor] = {}

    def keep(place: Place, x: Tensor) -> None:
        seen[place] = x.clone()

    with ExitStack() as hooks:
        for place in places:
            hooks.enter_context(at_place(loaded.blocks, place, partial(keep, place)))
        yield seen


@torch.no_grad()
def padded_on_the_left(
    loaded: LoadedModel, places: Sequence[Place], sequences: Sequence[NDArray[Any]]
) -> list[dict[Place, Tensor]]:
    """Per sequence what is at each place, [tokens, d], in one batch padded on the left."""
    ids, mask = pad_batch(loaded, sequences)
    for row, sequence in enumerate(sequences):
        ids[row] = ids[row].roll(-len(sequence))
        mask[row] = mask[row].roll(-len(sequence))
    options: dict[str, Any] = {}
    if "position_ids" in inspect.signature(loaded.model.base_model.forward).parameters:
        options["position_ids"] = (mask.cumsum(dim=1) - 1).clamp_min(0)
    with recorded(loaded, places) as seen:
        loaded.model.base_model(input_ids=ids, attention_mask=mask, use_cache=False, **options)
    return [
        {place: x[row, -len(sequence) :] for place, x in seen.items()}
        for row, sequence in enumerate(sequences)
    ]


@torch.no_grad()
def continued_from_cache(
    loaded: LoadedModel, places: Sequence[Place], sequence: NDArray[Any]
) -> dict[Place, Tensor] | None:
    """What is at each place, [tokens, d], where the last token goes on from the others' cache.

    None for a model in which some layer keeps no keys and values, such as a recurrent one. A
    sequence of one token has nothing to go on from, and is run as it is.
    """
    ids = torch.from_numpy(sequence)[None].to(loaded.device)
    parts = [ids] if ids.shape[1] == 1 else [ids[:, :-1], ids[:, -1:]]
    past, found = None, []
    for part in parts:
        with recorded(loaded, places) as seen:
            output = loaded.model(input_ids=part, past_key_values=past, use_cache=True)
        past = getattr(output, "past_key_values", None)
        layers = getattr(past, "layers", None)
        if not layers or not all(map(_keeps_keys, layers)):
            return None
        found.append(dict(seen))
    return {place: torch.cat([at[place][0] for at in found]) for place in found[0]}


def _keeps_keys(layer: Any) -> bool:
    return isinstance(layer, DynamicLayer) and layer.keys is not None
