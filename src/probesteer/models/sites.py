"""Read and write the activations at a place: one hook for both.

The tensor that `at_place` hands to its function is the tensor that goes on through the model,
so what is recorded at a place is exactly what an edit at that place changes.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from probesteer.errors import ProbesteerError
from probesteer.models.block_calls import first_tensor
from probesteer.models.blocks import Blocks
from probesteer.places import EMBEDDING, SITES, Place

# Gets the tensor [batch, tokens, d] at the place; returns its replacement, or None to leave it.
SiteFunction = Callable[[Tensor], Tensor | None]

_LACKING = {
    "resid_mid": "its attention and MLP run side by side, or it has only one of them",
    "attn_out": "no attention that ends in a linear map was found in it",
    "head": "no attention that ends in a linear map was found in it",
    "mlp_out": "no MLP was found in it",
    "mlp_act": "no MLP that ends in one linear map was found in it",
}


def places_of(n_blocks: int, sites: Sequence[str]) -> list[Place]:
    """The embedding and then, block by block, the places of `sites`."""
    places = [EMBEDDING]
    for layer in range(n_blocks):
        places += [Place(site, layer) for site in sites if Place(site, layer) != EMBEDDING]
    return places


@contextmanager
def at_place(blocks: Blocks, place: Place, function: SiteFunction) -> Iterator[None]:
    """Call `function` on the tensor at `place` in every forward pass inside the context.

    Functions of nested contexts at one place run in the order in which they were entered.
    Leaving the context, also by an exception, removes the hook.

    Raises ProbesteerError for a place that the model doesn't have.
    """
    module, attach = _find(blocks, place)
    block = blocks[place.layer]
    with ExitStack() as hooks:
        ordered = _batch_first(function) if blocks.tokens_first else function
        shaped = _in_tokens(block, ordered, hooks) if module is not block else ordered
        flat = _in_pixels(block, shaped) if blocks.of_images else _in_streams(shaped)
        hooks.callback(attach(module, flat).remove)
        yield


def _in_tokens(block: nn.Module, function: SiteFunction, hooks: ExitStack) -> SiteFunction:
    """`function` for parts that get all tokens of the batch in one row after the other."""
    shape: list[int] = []

    def keep_shape(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        shape[:] = (args[0] if args else kwargs["hidden_states"]).shape[:2]

    def shaped(x: Tensor) -> Tensor | None:
        if x.dim() != 2:
            return function(x)
        edited = function(x.view(*shape, -1))
        return None if edited is None else edited.reshape(x.shape)

    hooks.callback(block.register_forward_pre_hook(keep_shape, with_kwargs=True).remove)
    return shaped


def _batch_first(function: SiteFunction) -> SiteFunction:
    """`function` for blocks whose tensors are [tokens, batch, d]."""

    def shaped(x: Tensor) -> Tensor | None:
        edited = function(x.transpose(0, 1))
        # In the layout of x, which decides how a product rounds.
        return None if edited is None else torch.empty_like(x).copy_(edited.transpose(0, 1))

    return shaped


def _in_streams(function: SiteFunction) -> SiteFunction:
    """`function` for several residual streams, [batch, tokens, streams, d], one after the other."""

    def shaped(x: Tensor) -> Tensor | None:
        if x.dim() != 4:
            return function(x)
        edited = function(x.flatten(2))
        return None if edited is None else edited.view(x.shape)

    return shaped


def _in_pixels(block: nn.Module, function: SiteFunction) -> SiteFunction:
    """`function` for images: every pixel of [batch, channels, height, width] is a token."""

    def shaped(x: Tensor) -> Tensor | None:
        if x.dim() != 4:
            return function(x)
        last = x.movedim(1, -1) if _channels_come_first(block, x) else x
        edited = function(last.flatten(1, 2))
        if edited is None:
            return None
        back = edited.view(last.shape)
        # In the layout of x, which decides how a convolution rounds.
        return torch.empty_like(x).copy_(back if last is x else back.movedim(-1, 1))

    return shaped


def _channels_come_first(block: nn.Module, x: Tensor) -> bool:
    convolutions = [module for module in block.modules() if isinstance(module, nn.Conv2d)]
    return any(x.shape[1] in (module.in_channels, module.out_channels) for module in convolutions)


def _find(
    blocks: Blocks, place: Place
) -> tuple[nn.Module, Callable[[nn.Module, SiteFunction], Any]]:
    """The module that has the site, and the way to hook it."""
    if place.site not in SITES:
        raise ProbesteerError(f"site {place.site!r} is unknown; use one of {', '.join(SITES)}")
    if not 0 <= place.layer < len(blocks):
        raise ProbesteerError(
            f"layer {place.layer} is not in the model; its {len(blocks)} blocks "
            f"count from 0 to {len(blocks) - 1}"
        )
    block = blocks[place.layer]
    if place.site == "resid_pre":
        return block, _on_input
    if place.site == "resid_post":
        return block, _on_output
    parts = blocks.parts[place.layer]
    path, attach = {
        "resid_mid": (parts.middle, _in_place),
        "attn_out": (parts.attention_output, _on_output),
        "head": (parts.attention_output, _on_input),
        "mlp_out": (parts.mlp_output, _on_output),
        "mlp_act": (parts.neurons, _on_input),
    }[place.site]
    if path is None:
        raise ProbesteerError(
            f"{type(block).__name__}: layer {place.layer} has no {place.site}: "
            f"{_LACKING[place.site]}; leave it out of activations.sites"
        )
    return block.get_submodule(path), attach


def _on_input(module: nn.Module, function: SiteFunction) -> Any:
    def before(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if args:
            edited = function(args[0])
            return None if edited is None else ((edited, *args[1:]), kwargs)
        if "hidden_states" not in kwargs:
            raise ProbesteerError(
                f"{type(module).__name__}: takes no hidden_states; "
                "this architecture is not supported"
            )
        edited = function(kwargs["hidden_states"])
        return None if edited is None else (args, {**kwargs, "hidden_states": edited})

    return module.register_forward_pre_hook(before, with_kwargs=True)


def _on_output(module: nn.Module, function: SiteFunction) -> Any:
    def after(_: nn.Module, args: tuple[Any, ...], output: Any) -> Any:
        if isinstance(output, tuple | list):
            edited = function(output[0])
            return None if edited is None else _with_first(output, edited)
        return function(output)

    return module.register_forward_hook(after)


def _with_first(output: Any, edited: Tensor) -> Any:
    members = [edited, *output[1:]]
    # A named tuple takes its members one by one.
    return type(output)(*members) if hasattr(output, "_fields") else type(output)(members)


def _in_place(module: nn.Module, function: SiteFunction) -> Any:
    """Edits the tensor itself: the skip around the module holds the same one."""

    def before(_: nn.Module, args: tuple[Any, ...]) -> None:
        x = first_tensor(args)
        assert x is not None  # so it was when the block's parts were found
        edited = function(x)
        if edited is not None:
            x.copy_(edited)

    return module.register_forward_pre_hook(before)
