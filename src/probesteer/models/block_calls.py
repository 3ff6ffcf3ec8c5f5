"""One short pass of the model recorded block by block, so that a block can be run on its own."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from transformers import Cache

from probesteer.errors import ProbesteerError


@dataclass(frozen=True)
class BlockCall:
    """How the model called a block."""

    block: nn.Module
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    @property
    def hidden(self) -> Tensor:
        """What came in: [batch, tokens, d], or [batch, channels, height, width]."""
        hidden: Tensor = self.args[0] if self.args else self.kwargs["hidden_states"]
        return hidden

    def run(
        self,
        x: Tensor,
        held: Mapping[str, Tensor] | None = None,
        before: Mapping[str, Callable[[Tensor], Tensor]] | None = None,
    ) -> Tensor:
        """The block's output for `x`.

        held: outputs of submodules that are replaced. before: functions of submodules' inputs.
        """
        with ExitStack() as hooks:
            for path, value in (held or {}).items():
                replace = partial(_replace, value)
                handle = self.block.get_submodule(path).register_forward_hook(replace)
                hooks.callback(handle.remove)
            for path, function in (before or {}).items():
                change = partial(_change, function)
                handle = self.block.get_submodule(path).register_forward_pre_hook(change)
                hooks.callback(handle.remove)
            # A copy, as some edit in place.
            if self.args:
                output = self.block(x.clone(), *self.args[1:], **self.kwargs)
            else:
                output = self.block(**{**self.kwargs, "hidden_states": x.clone()})
        tensor = first_tensor(output)
        assert tensor is not None
        return tensor


def record_calls(
    model: nn.Module, blocks: Sequence[nn.Module], inputs: Mapping[str, Tensor]
) -> list[BlockCall]:
    """Run the model once and keep each block's arguments.

    Raises ProbesteerError for a block that isn't called.
    """
    calls: dict[nn.Module, BlockCall] = {}

    def before(block: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        # A cache would grow with every run.
        fresh = tuple(None if isinstance(value, Cache) else value for value in args)
        named = {k: None if isinstance(value, Cache) else value for k, value in kwargs.items()}
        calls.setdefault(block, BlockCall(block, fresh, named))

    with ExitStack() as hooks, torch.no_grad():
        for block in blocks:
            handle = block.register_forward_pre_hook(before, with_kwargs=True)
            hooks.callback(handle.remove)
        model(**inputs)
    for number, block in enumerate(blocks):
        if block not in calls:
            raise ProbesteerError(
                f"{type(model).__name__}: block {number} is not used in a forward pass; "
                "this architecture is not supported"
            )
    return [calls[block] for block in blocks]


def first_tensor(value: Any) -> Tensor | None:
    """The value itself or the first member of a tuple, where that is a tensor."""
    first = value[0] if isinstance(value, tuple | list) and len(value) else value
    return first if isinstance(first, Tensor) else None


def _replace(value: Tensor, _: nn.Module, __: Any, output: Any) -> Any:
    return (value, *output[1:]) if isinstance(output, tuple) else value


def _change(
    function: Callable[[Tensor], Tensor], _: nn.Module, args: tuple[Any, ...]
) -> tuple[Any, ...]:
    return (function(args[0]), *args[1:])
