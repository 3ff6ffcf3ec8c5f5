"""Go on from stored residuals: only the blocks above a place run again."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch import Tensor

from probesteer.models.blocks import Blocks
from probesteer.models.sites import at_place
from probesteer.places import Place


def returns_only_residual(output: Any) -> bool:
    """True if a block's output carries nothing but the residual stream to the next block."""
    if isinstance(output, Tensor):
        return True
    return isinstance(output, tuple) and not any(isinstance(part, Tensor) for part in output[1:])


@contextmanager
def resumed_after(
    blocks: Blocks, place: Place, hidden: Tensor, outputs: Sequence[Any]
) -> Iterator[None]:
    """Inside the context a forward pass takes `hidden` for the tensor at `place`.

    hidden: [batch, tokens, d]. outputs: what each block returned in an ordinary forward pass,
    which tells the form in which it hands the residual on. Blocks up to the place are skipped
    where that is known to be safe (they return only the residual), else they run and their
    result is replaced.
    """
    skipped = list(blocks[: place.layer + 1]) if place.site == "resid_post" else []
    if not all(returns_only_residual(output) for output in outputs[: len(skipped)]):
        skipped = []
    originals = [block.__dict__.get("forward") for block in skipped]
    try:
        for block, output in zip(skipped, outputs, strict=False):
            block.forward = _pass_on(output)
        with at_place(blocks, place, lambda _: hidden):
            yield
    finally:
        for block, original in zip(skipped, originals, strict=True):
            if original is None:
                block.__dict__.pop("forward", None)
            else:
                block.forward = original


def _pass_on(output: Any) -> Any:
    """A stand-in for a block's forward that hands on its input in the form of `output`."""

    def forward(*args: Any, **kwargs: Any) -> Any:
        hidden = args[0] if args else kwargs["hidden_states"]
        return (hidden, *output[1:]) if isinstance(output, tuple) else hidden

    return forward
