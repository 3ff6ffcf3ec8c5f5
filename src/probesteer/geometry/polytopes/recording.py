"""Read the units of gates while a model runs: whether, or how far, each of them is open."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from probesteer.errors import ProbesteerError
from probesteer.geometry.polytopes.gates import Gate, sees_tokens
from probesteer.models.loading import LoadedModel

# From what goes into a gate, and the gate, to what is read of it: the same shape.
Read = Callable[[Tensor, nn.Module], Tensor]

# Nearer to 0 than this, the share that is let through is read just below 0.
_NEAR_ZERO = 1e-4


def signs(x: Tensor, _: nn.Module) -> Tensor:
    """Whether each unit is open."""
    return x > 0


def openness(x: Tensor, gate: nn.Module) -> Tensor:
    """The share of x that the gate lets through, from 0 to 1."""
    given = torch.where(x.abs() < _NEAR_ZERO, -_NEAR_ZERO, x.float()).to(x)
    # Not through the module's call, whose hooks would be called in turn.
    share: Tensor = gate.forward(given) / given
    return share.float().clamp(0, 1)


class Recorder:
    """What is read of the units of some gates in one pass."""

    def __init__(
        self,
        loaded: LoadedModel,
        gates: Sequence[Gate],
        given: Mapping[str, Any],
        token: Tensor | None,
        read: Read,
    ) -> None:
        """given: what the pass takes. token: [batch], where the units of texts are read."""
        self._read = read
        self._loaded, self._gates, self._token = loaded, set(gates), token
        self._ids: Tensor | None = given.get("input_ids")
        self._batch = next(len(x) for x in given.values() if isinstance(x, Tensor))
        # Asked now, since to find it out a pass is made.
        self._tokens_first = loaded.blocks.tokens_first
        self._layer: int | None = None  # whose block is running
        self._parts: list[NDArray[Any]] = []

    def attach(self, hooks: ExitStack) -> None:
        """Record until the context ends."""

        def runs(layer: int | None) -> Any:
            def note(*_: Any) -> None:
                self._layer = layer

            return note

        for layer in {gate.layer for gate in self._gates}:
            block = self._loaded.blocks[layer]
            hooks.callback(block.register_forward_pre_hook(runs(layer)).remove)
            hooks.callback(block.register_forward_hook(runs(None)).remove)
        for module in {gate.module for gate in self._gates}:
            hooks.callback(module.register_forward_pre_hook(self._record).remove)

    def units(self) -> NDArray[Any]:
        """[batch, units], in the order of the calls."""
        return np.concatenate(self._parts, axis=1)

    def _record(self, module: nn.Module, args: tuple[Any, ...]) -> None:
        if self._layer is None or Gate(self._layer, module) not in self._gates:
            return
        x: Tensor = args[0]
        # Images as they came: a function may have parameters for a certain dimension.
        units = self._read(x if self._token is None else self._at_token(x), module)
        self._parts.append(units.reshape(self._batch, -1).cpu().numpy())

    def _at_token(self, x: Tensor) -> Tensor:
        """x: [batch, tokens, u], [tokens, batch, u] or all in one row -> [batch, u]."""
        assert self._token is not None and self._ids is not None
        if not sees_tokens(x, self._ids):
            raise ProbesteerError(
                f"model {self._loaded.name}: layer {self._layer} shows its units other rows than "
                "the tokens; leave the polytopes out for this model"
            )
        rows, token = torch.arange(self._batch, device=x.device), self._token.to(x.device)
        if self._tokens_first:
            return x.reshape(-1, self._batch, x.shape[-1])[token, rows]
        return x.reshape(self._batch, -1, x.shape[-1])[rows, token]
