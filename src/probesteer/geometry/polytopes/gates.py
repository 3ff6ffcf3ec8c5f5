"""Find a model's non-linear units, block by block, by how modules behave: no names of models.

A gate is a module that takes one tensor, gives one of the same shape, and shuts on one side: it
keeps 0 at 0, passes what is large and positive, and suppresses what is large and negative. That
is true of ReLU, GELU, SiLU and their kin (leaky and squared ones too), and not of norms, dropout,
linear maps, tanh, sigmoid or softmax. What goes into a gate is the pre-activation whose sign is a
bit of the spline code: exactly the side of the hyperplane for ReLU, by convention for smooth ones
and, where the unit multiplies a second projection (SwiGLU), for the one that gates.
"""

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from probesteer.errors import ProbesteerError
from probesteer.models.loading import LoadedModel
from probesteer.models.short_inputs import short_inputs

_FAR = 100.0
# What a gate lets through of a large negative input, beside a positive one: a leaky one a tenth.
_SHUT = 0.2


@dataclass(frozen=True)
class Gate:
    """A module whose input's sign is read, while a block runs; blocks may share a module."""

    layer: int
    module: nn.Module


@dataclass(frozen=True)
class _Call:
    layer: int
    module: nn.Module
    x: Tensor


@torch.no_grad()
def find_gates(loaded: LoadedModel) -> tuple[Gate, ...]:
    """The gates of all blocks, in the order of the blocks and of their first calls.

    Of models that read text only those that see every token once, outside the attention: those of
    the MLPs. A mixture of experts shows each of its units only some tokens, so it has no code. Of
    image models all through which the images go, in windows or patches too.
    """
    inputs = short_inputs(loaded.model)
    batch = next(x.shape[0] for x in inputs.values() if isinstance(x, Tensor))
    found: dict[Gate, None] = {}
    for call in _calls(loaded, inputs):
        if loaded.kind == "image":
            wanted = call.x.shape[0] % batch == 0
        else:
            wanted = sees_tokens(call.x, inputs["input_ids"])
        gate = Gate(call.layer, call.module)
        if wanted and gate not in found and is_gate(call.module, call.x):
            found[gate] = None
    return tuple(sorted(found, key=lambda gate: gate.layer))


def gates_between(
    loaded: LoadedModel, gates: tuple[Gate, ...], first: int, last: int
) -> tuple[Gate, ...]:
    """The gates of blocks `first` to `last`.

    Raises ProbesteerError where there are none, or a block of a text model has none.
    """
    chosen = tuple(gate for gate in gates if first <= gate.layer <= last)
    missing = set(range(first, last + 1)) - {gate.layer for gate in chosen}
    if not chosen or (missing and loaded.kind != "image"):
        where = f"layer {min(missing)}" if missing else f"from layer {first} on"
        raise ProbesteerError(
            f"model {loaded.name}: {where} has no units whose sign could be read (none after it, "
            "a mixture of experts, a block that runs several times, or an activation function of "
            "another kind); "
            "leave the polytopes out for this model or these layers"
        )
    return chosen


def is_gate(module: nn.Module, like: Tensor) -> bool:
    """Whether `module` shuts on one side, tried on constant tensors of the shape of `like`."""
    zero, small, far, shut = (
        module(torch.full_like(like, value)) for value in (0.0, 1.0, _FAR, -_FAR)
    )
    if not bool((zero == 0).all() and (small > 0).all() and (far > 0).all()):
        return False
    return bool((shut.abs() <= _SHUT * far).all()) and _is_pointwise(module, like)


def _is_pointwise(module: nn.Module, like: Tensor) -> bool:
    """Whether one entry moves no other."""
    plain = torch.linspace(-2, 2, like.numel()).to(like).view_as(like)
    moved = plain.clone()
    moved.view(-1)[::2] += 1
    same = module(moved).reshape(-1)[1::2] == module(plain).reshape(-1)[1::2]
    return bool(same.all())


def _calls(loaded: LoadedModel, inputs: dict[str, Any]) -> list[_Call]:
    """Calls of leaves with one tensor that give one of its shape, in one short pass."""
    calls: list[_Call] = []
    runs: Counter[int] = Counter()

    def record(layer: int) -> Any:
        def after(module: nn.Module, args: tuple[Any, ...], kwargs: Any, output: Any) -> None:
            x: Any = args[0] if len(args) == 1 and not kwargs else None
            pair = isinstance(x, Tensor) and isinstance(output, Tensor)
            if pair and x.is_floating_point() and output.shape == x.shape:
                calls.append(_Call(layer, module, x.detach().clone()))

        return after

    def count(layer: int) -> Any:
        return lambda *_: runs.update([layer])

    with ExitStack() as hooks:
        for layer, block in enumerate(loaded.blocks):
            hooks.callback(block.register_forward_pre_hook(count(layer)).remove)
            for leaf in _leaves(block, outside_attention=loaded.kind != "image"):
                handle = leaf.register_forward_hook(record(layer), with_kwargs=True)
                hooks.callback(handle.remove)
        loaded.model(**inputs)
    # What goes on from a block that runs again is not told by what it was given once.
    return [call for call in calls if runs[call.layer] == 1]


def _leaves(module: nn.Module, outside_attention: bool) -> list[nn.Module]:
    """Modules without children inside `module`; where asked, none that an attention holds."""
    found: list[nn.Module] = []
    for child in module.children():
        name = type(child).__name__.lower()
        if outside_attention and ("attention" in name or "attn" in name):
            continue
        found += _leaves(child, outside_attention) if any(child.children()) else [child]
    return found


def sees_tokens(x: Tensor, ids: Tensor) -> bool:
    """Whether x has a row for every token of ids: [batch, tokens], in either order or in one."""
    batch, tokens = ids.shape
    return tuple(x.shape[:2]) in ((batch, tokens), (tokens, batch)) or (
        x.dim() == 2 and x.shape[0] == batch * tokens
    )
