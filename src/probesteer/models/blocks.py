"""Find a model's blocks, in order, without a list of architectures."""

from typing import Any

from torch import nn

from probesteer.errors import ProbesteerError


def find_blocks(model: nn.Module) -> list[nn.Module]:
    """The transformer blocks of `model`, from the first to the last.

    transformers declares for most architectures which class's outputs are the hidden states
    (`_can_record_outputs`); the blocks are the modules of that class. For the others they are
    the longest `ModuleList` whose members are of one class.

    Raises ProbesteerError where neither finds any.
    """
    blocks = _declared(model) or _longest_list(model)
    if not blocks:
        raise ProbesteerError(
            f"{type(model).__name__}: no blocks found; this architecture is not supported"
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
