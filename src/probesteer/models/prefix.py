"""Keys and values of tokens that many sequences begin with, computed once."""

import copy

from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from probesteer.models.loading import LoadedModel


def prefix_cache(loaded: LoadedModel, ids: Tensor) -> DynamicCache | None:
    """Keys and values of `ids`, [batch, tokens], which later tokens go on from.

    None for models that keep anything else: sliding windows and recurrent states can't be stacked
    and taken up again.
    """
    if not loaded.causal:
        return None
    cache = loaded.model(input_ids=ids, use_cache=True, logits_to_keep=1).past_key_values
    plain = isinstance(cache, DynamicCache) and all(type(x) is DynamicLayer for x in cache.layers)
    return cache if plain else None


def repeated(cache: DynamicCache, times: int) -> DynamicCache:
    """Every row `times` times in succession; `cache` itself stays as it is."""
    stacked = view_of(cache)
    stacked.batch_repeat_interleave(times)
    return stacked


def view_of(cache: DynamicCache) -> DynamicCache:
    """A cache that shares the tensors; growing it makes new ones and leaves `cache` as it is."""
    view = copy.copy(cache)
    view.layers = [copy.copy(layer) for layer in cache.layers]
    return view


def width_of(cache: DynamicCache | None) -> int:
    """Numbers that the cache holds a token: keys and values of all layers; 0 without one."""
    if cache is None:
        return 0
    return sum(
        states.shape[1] * states.shape[3]
        for layer in cache.layers
        for states in (layer.keys, layer.values)
        if states is not None
    )
