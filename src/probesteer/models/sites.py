"""Read and write the residual stream at a place: one hook for both.

The tensor that `at_place` hands to its function is the tensor that goes on through the model,
so what is recorded at a place is exactly what an edit at that place changes.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from probesteer.errors import ProbesteerError
from probesteer.places import EMBEDDING, Place

# Gets the tensor [batch, tokens, d] at the place; returns its replacement, or None to leave it.
SiteFunction = Callable[[Tensor], Tensor | None]


def places_of(n_blocks: int, sites: Sequence[str]) -> list[Place]:
    """The embedding and then, block by block, the places of `sites`."""
    places = [EMBEDDING]
    for layer in range(n_blocks):
        places += [Place(site, layer) for site in sites if Place(site, layer) != EMBEDDING]
    return places


@contextmanager
def at_place(blocks: Sequence[nn.Module], place: Place, function: SiteFunction) -> Iterator[None]:
    """Call `function` on the tensor at `place` in every forward pass inside the context.

    Functions of nested contexts at one place run in the order in which they were entered.
    Leaving the context, also by an exception, removes the hook.

    Raises ProbesteerError for a place that the model doesn't have.
    """
    handle = _attach(blocks, place, function)
    try:
        yield
    finally:
        handle.remove()


def _attach(blocks: Sequence[nn.Module], place: Place, function: SiteFunction) -> RemovableHandle:
    if not 0 <= place.layer < len(blocks):
        raise ProbesteerError(
            f"layer {place.layer} is not in the model; its {len(blocks)} blocks "
            f"count from 0 to {len(blocks) - 1}"
        )
    block = blocks[place.layer]
    if place.site == "resid_pre":

        def before(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            if args:
                edited = function(args[0])
                return None if edited is None else ((edited, *args[1:]), kwargs)
            if "hidden_states" not in kwargs:
                raise ProbesteerError(
                    f"{type(block).__name__}: takes no hidden_states; "
                    "this architecture is not supported"
                )
            edited = function(kwargs["hidden_states"])
            return None if edited is None else (args, {**kwargs, "hidden_states": edited})

        return block.register_forward_pre_hook(before, with_kwargs=True)
    if place.site == "resid_post":

        def after(_: nn.Module, args: tuple[Any, ...], output: Any) -> Any:
            if isinstance(output, tuple):
                edited = function(output[0])
                return None if edited is None else (edited, *output[1:])
            return function(output)

        return block.register_forward_hook(after)
    raise ProbesteerError(f"site {place.site!r} is unknown; use resid_pre or resid_post")
