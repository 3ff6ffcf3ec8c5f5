"""Find a model's blocks, in order, without a list of architectures."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, overload

from torch import nn

from probesteer.errors import ProbesteerError
from probesteer.models.anatomy import BlockParts, find_parts
from probesteer.models.short_inputs import short_inputs


class Blocks(Sequence[nn.Module]):
    """The blocks of a model, from the first to the last, and what they are made of."""

    def __init__(self, model: nn.Module, modules: Sequence[nn.Module]) -> None:
        self._model, self._modules = model, tuple(modules)

    def __len__(self) -> int:
        return len(self._modules)

    @overload
    def __getitem__(self, index: int) -> nn.Module: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[nn.Module, ...]: ...
    def __getitem__(self, index: int | slice) -> nn.Module | tuple[nn.Module, ...]:
        return self._modules[index]

    def __iter__(self) -> Iterator[nn.Module]:
        return iter(self._modules)

    @cached_property
    def parts(self) -> list[BlockParts]:
        """Where each block's attention and MLP end; found by a short pass when first asked for."""
        return find_parts(self._model, self._modules, short_inputs(self._model))


def find_blocks(model: nn.Module, path: str | None = None) -> Blocks:
    """The blocks of `model`, from the first to the last.

    transformers declares for most architectures which class's outputs are the hidden states
    (`_can_record_outputs`); the blocks are the modules of that class. For the others they are
    the longest `ModuleList` whose members are of one class.

    path: of the list of blocks inside the model, such as `model.layers`, where that fails.

    Raises ProbesteerError where none are found.
    """
    if path is not None:
        return Blocks(model, _at_path(model, path))
    blocks = _declared(model) or _longest_list(model)
    if not blocks:
        raise ProbesteerError(
            f"{type(model).__name__}: no blocks found; "
            "name their list in the model's YAML, such as blocks: model.layers"
        )
    return Blocks(model, blocks)


def _at_path(model: nn.Module, path: str) -> list[nn.Module]:
    try:
        blocks = list(model.get_submodule(path).children())
    except AttributeError as fault:
        raise ProbesteerError(
            f"{type(model).__name__}: has no {path}; correct blocks in the model's YAML"
        ) from fault
    if not blocks:
        raise ProbesteerError(
            f"{type(model).__name__}: {path} holds no modules; correct blocks in the model's YAML"
        )
    return blocks


def _declared(model: nn.Module) -> list[nn.Module]:
    for holder in model.modules():
        declared: Any = getattr(holder, "_can_record_outputs", None) or {}
        targets = declared.get("hidden_states")
        if targets is None:
            continue
        # A class, a recorder that names a class, or a list of either.
        listed = targets if isinstance(targets, list | tuple) else [targets]
        named = [getattr(target, "target_class", target) for target in listed]
        classes = tuple(kind for kind in named if isinstance(kind, type))
        if len(classes) == len(named):
            found = [module for module in holder.modules() if isinstance(module, classes)]
            if found:
                return found
    return []


def _longest_list(model: nn.Module) -> list[nn.Module]:
    lists = [
        list(module)
        for module in model.modules()
        if isinstance(module, nn.ModuleList) and len({type(member) for member in module}) == 1
    ]
    return max(lists, key=len, default=[])
