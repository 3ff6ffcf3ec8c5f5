"""Keys and values of tokens that many sequences begin with, computed once."""

import copy
from typing import Any

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


class _Continued(DynamicLayer):  # type: ignore[misc]  # transformers has no types
    """A layer with room for what follows the prefix, which every pass writes over.

    A layer that grows copies all of its keys and values in every pass.
    """

    def __init__(self, layer: DynamicLayer, times: int, room: int) -> None:
        super().__init__()
        self._prefix: int = layer.get_seq_length()
        self.keys, self.values = (
            self._with_room(states, times, room) for states in (layer.keys, layer.values)
        )
        self.is_initialized = True

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Keys and values of the prefix and of the tokens of this pass."""
        end = self._prefix + key_states.shape[-2]
        for kept, states in ((self.keys, key_states), (self.values, value_states)):
            kept[..., self._prefix : end, :] = states
        return self.keys[..., :end, :], self.values[..., :end, :]

    def get_seq_length(self) -> int:
        """Tokens of the prefix."""
        return self._prefix

    def _with_room(self, states: Tensor | None, times: int, room: int) -> Tensor:
        assert states is not None
        rows, heads, _, width = states.shape
        kept = states.new_empty(rows, times, heads, self._prefix + room, width)
        kept[..., : self._prefix, :] = states[:, None]
        return kept.flatten(0, 1)


def continued(cache: DynamicCache, times: int, room: int) -> DynamicCache:
    """Every row `times` times in succession, for any number of passes of up to `room` tokens.

    Each pass goes on from the end of `cache`, whatever the one before wrote.
    """
    stacked = copy.copy(cache)
    stacked.layers = [_Continued(layer, times, room) for layer in cache.layers]
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
