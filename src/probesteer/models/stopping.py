"""End a forward pass once the last block that is wanted has run."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from probesteer.models.blocks import Blocks


class _Stopped(Exception):
    """Leaves a forward pass; never seen outside this file."""


@contextmanager
def stopped_after(blocks: Blocks, layer: int) -> Iterator[None]:
    """Run passes only up to the end of block `layer`; the context ends with the pass.

    Hooks that were entered before see the block's output. A pass to the last block runs to its
    end as usual.
    """
    if layer >= len(blocks) - 1:
        yield
        return

    def stop(module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        raise _Stopped

    handle = blocks[layer].register_forward_hook(stop)
    try:
        yield
    except _Stopped:
        pass
    finally:
        handle.remove()
