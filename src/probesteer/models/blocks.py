"""Find a model's blocks, in order, without a list of architectures."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, overload

from torch import nn

from probesteer.errors import ProbesteerError
from probesteer.models.anatomy import BlockParts, find_parts
from probesteer.models.block_calls import record_calls
from probesteer.models.short_inputs import short_inputs, takes_images


class Blocks(Sequence[nn.Module]):
    """The blocks of a model, from the first to the last, and what they are made of."""

    def __init__(
        self, model: nn.Module, modules: Sequence[nn.Module], decoder_layer: int | None = None
    ) -> None:
        """decoder_layer: the first block of the decoder, where an encoder comes before it."""
        self._model, self._modules = model, tuple(modules)
        self.decoder_layer = decoder_layer
        self.of_images = takes_images(model)

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
    def tokens_first(self) -> bool:
        """Whether what goes through a block is [tokens, batch, d], seen in a short pass."""
        if self.of_images or not hasattr(self._model, "config"):
            return False
        inputs = short_inputs(self._model)
        batch, tokens = inputs["input_ids"].shape
        hidden = record_calls(self._model, self._modules[:1], inputs)[0].hidden
        return hidden.dim() == 3 and tuple(hidden.shape[:2]) == (tokens, batch)

    @cached_property
    def parts(self) -> list[BlockParts]:
        """Where each block's attention and MLP end; found by a short pass when first asked for."""
        return find_parts(self._model, self._modules, short_inputs(self._model))


def find_blocks(model: nn.Module, path: str | None = None) -> Blocks:
    """The blocks of `model`, from the first to the last.

    transformers declares for most architectures which class's outputs are the hidden states
    (`_can_record_outputs`); the blocks are the modules of that class. For the others they are
    the longest `ModuleList` whose members are of one class. A decoder's blocks follow those of
    its encoder. Of a model that takes images beside text, they are those of the text. In models of
    images alone, stages are taken apart into the blocks that they hold.

    path: of the list of blocks inside the model, such as `model.layers`, where that fails.

    Raises ProbesteerError where none are found.
    """
    if path is not None:
        return Blocks(model, _at_path(model, path))
    config: Any = getattr(model, "config", None)
    if config is not None and config.is_encoder_decoder:
        whole: Any = model
        encoder, decoder = _found(whole.get_encoder()), _found(whole.get_decoder())
        blocks, decoder_layer = [*encoder, *decoder], len(encoder)
        found = bool(encoder and decoder)
    elif config is not None and not takes_images(model) and config.get_text_config() is not config:
        of_text: Any = model
        blocks, decoder_layer = _found(of_text.get_decoder()), None
        found = bool(blocks)
    else:
        blocks, decoder_layer = _found(model), None
        found = bool(blocks)
    if not found:
        raise ProbesteerError(
            f"{type(model).__name__}: no blocks found; "
            "name their list in the model's YAML, such as blocks: model.layers"
        )
    return Blocks(model, blocks, decoder_layer)


def _found(model: nn.Module) -> list[nn.Module]:
    if takes_images(model):
        return _inside_stages(_declared(model) or _outermost_list(model))
    return _declared(model) or _longest_list(model)


def _inside_stages(modules: list[nn.Module]) -> list[nn.Module]:
    """The blocks of all stages, where every module is a stage that holds a list of them."""
    inner: list[nn.Module] = []
    for stage in modules:
        children = (c for c in stage.children() if isinstance(c, nn.ModuleList | nn.Sequential))
        lists: list[list[nn.Module]]
        lists = [list(child) for child in children if len({type(member) for member in child}) == 1]
        if not lists:
            return modules
        longest: list[nn.Module] = max(lists, key=len)
        inner += longest
    return inner if len({type(block) for block in inner}) == 1 else modules


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
        if isinstance(module, nn.ModuleList) and _of_one_class(module)
    ]
    return max(lists, key=len, default=[])


def _outermost_list(model: nn.Module) -> list[nn.Module]:
    """Of a hierarchical model the stages, and not the blocks of the longest one."""
    found = [
        # At one depth rather a list of one class, and rather a longer one.
        (name.count("."), not _of_one_class(module), -len(module), number)
        for number, (name, module) in enumerate(model.named_modules())
        if isinstance(module, nn.ModuleList)
        and len(module) > 1
        and next(module.parameters(), None) is not None
    ]
    if not found:
        return []
    chosen: Any = list(model.modules())[min(found)[-1]]
    return list(chosen)


def _of_one_class(modules: nn.ModuleList) -> bool:
    return len({type(member) for member in modules}) == 1
