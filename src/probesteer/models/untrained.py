"""The same architecture without training: its weights drawn anew, in the memory of the old ones.

Probes on what it computes show what the architecture and the texts give away by themselves
(Zhang & Bowman 2018, arXiv 1809.10040). Weights are drawn by the model's own rules, those by which
transformers fills weights that a checkpoint lacks. Some weights get a fixed value from them: norms
become the identity, biases and a padding's embedding 0, tables of positions what a formula gives.
"""

import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from probesteer.models.loading import LoadedModel

SEED = 0


class NotReinitialised(Exception):
    """A model whose weights can't be drawn anew; says why. It is left without its weights."""


def require_plain_weights(loaded: LoadedModel) -> None:
    """Raise NotReinitialised for weights that are quantised, or not in memory."""
    if getattr(loaded.model, "hf_quantizer", None) is not None:
        raise NotReinitialised("its weights are quantised")
    for name, weights in loaded.model.named_parameters():
        if weights.device.type == "meta":
            raise NotReinitialised(f"its weights are offloaded, such as {name}")
        if not weights.is_floating_point():
            raise NotReinitialised(f"{name} holds {weights.dtype}")


@torch.no_grad()
def reinitialise(loaded: LoadedModel, seed: int = SEED) -> None:
    """Replace the weights of `loaded` by an untrained model's, in place: there is no second copy.

    The numbers are drawn on the CPU, in the dtype of the weights, so that every device gets the
    same. Tied weights stay tied, and the model in evaluation mode. A few architectures have
    weights that only their constructor fills; these are built a second time, on the CPU.

    Raises NotReinitialised where a weight can't be drawn.
    """
    require_plain_weights(loaded)
    model = loaded.model
    fixed = {id(buffer) for _, buffer in model.named_non_persistent_buffers()}
    for tensor in _tensors(model):
        if tensor.is_floating_point() and id(tensor) not in fixed:
            # Whatever the rules leave out shows by this.
            tensor.fill_(math.nan)
    with _on_cpu(model), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        with _tied_once(model):
            _forget_initialised(model)
            model.initialize_weights()
        if _not_drawn(model):
            _fill_from_constructor(model)
        left = _not_drawn(model)
    if left:
        raise NotReinitialised(f"its architecture has no rule for {next(iter(left))}")


def _tensors(model: nn.Module) -> Iterator[Tensor]:
    return chain(model.parameters(), model.buffers())


def _not_drawn(model: nn.Module) -> dict[str, Tensor]:
    """Weights and buffers, by name, that hold a NaN."""
    named = chain(model.named_parameters(), model.named_buffers())
    return {
        name: tensor
        for name, tensor in named
        if tensor.is_floating_point() and bool(tensor.isnan().any())
    }


def _fill_from_constructor(model: Any) -> None:
    built = type(model)._from_config(copy.deepcopy(model.config), dtype=model.dtype)
    for name, tensor in _not_drawn(model).items():
        tensor.copy_(built.get_parameter_or_buffer(name))


def _forget_initialised(model: nn.Module) -> None:
    """Take off the marks by which transformers leaves alone what a checkpoint has filled."""
    marked: Any
    for marked in chain(model.modules(), _tensors(model)):
        marked.__dict__.pop("_is_hf_initialized", None)


@contextmanager
def _on_cpu(model: nn.Module) -> Iterator[None]:
    """Everything on the CPU meanwhile, and then where it was."""
    devices = [(tensor, tensor.device) for tensor in _tensors(model)]
    for tensor, _ in devices:
        tensor.data = tensor.data.cpu()
    try:
        yield
    finally:
        for tensor, device in devices:
            tensor.data = tensor.data.to(device)


@contextmanager
def _tied_once(model: Any) -> Iterator[None]:
    """Tied weights are drawn where they come from, and not again where they are used."""
    tied = []
    for target, source in getattr(model, "all_tied_weights_keys", {}).items():
        weights = model.get_parameter_or_buffer(target)
        of_source = model.get_parameter_or_buffer(source)
        if weights is of_source and isinstance(weights, nn.Parameter):
            path, _, name = target.rpartition(".")
            tied.append((model.get_submodule(path), name, weights))
    for module, name, weights in tied:
        stand_in = nn.Parameter(torch.empty_like(weights, device="meta"), requires_grad=False)
        setattr(module, name, stand_in)
    try:
        yield
    finally:
        for module, name, weights in tied:
            setattr(module, name, weights)
