"""What a block is made of, found by how it behaves: no names of architectures, no lists.

Every block is run again on its own, with the inputs of one short pass, while single tensors are
held or moved. Its attention ends in the first linear map to the width of the residual stream
whose output mixes tokens; its MLP in the last one whose output, attention held, mixes none; and
the residual stream between them is the tensor that feeds both the MLP and the skip around it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from probesteer.models.block_calls import BlockCall, first_tensor, record_calls


@dataclass(frozen=True)
class BlockParts:
    """Paths of submodules inside a block; None where it has no such part."""

    attention_output: str | None  # gives attn_out and gets the heads' outputs
    mlp_output: str | None  # gives mlp_out
    neurons: str | None  # gets mlp_act; None where the MLP is a mixture of experts
    middle: str | None  # gets resid_mid


@dataclass(frozen=True)
class _Call:
    """One call of a submodule, while its block ran."""

    path: str
    input: Tensor
    output: Tensor
    linear: bool
    in_attention: bool


@torch.no_grad()
def find_parts(
    model: nn.Module, blocks: Sequence[nn.Module], inputs: Mapping[str, Tensor]
) -> list[BlockParts]:
    """The parts of every block; `inputs` is what one short forward pass of the model takes."""
    return [_Dissection(call).parts() for call in record_calls(model, blocks, inputs)]


class _Dissection:
    """One block, run again and again."""

    def __init__(self, call: BlockCall) -> None:
        self._call = call
        self._paths = {module: path for path, module in call.block.named_modules() if path}
        self._attention = {
            path
            for path, module in call.block.named_modules()
            if path and "attention" in type(module).__name__.lower().replace("attn", "attention")
        }
        self._x = call.hidden
        generator = torch.Generator().manual_seed(0)
        size = self._x.float().std().clamp_min(1e-3)
        noise = torch.randn(self._x.shape[-1], generator=generator).to(self._x) * size
        self._everywhere = self._x + noise
        self._at_first = self._x.clone()
        self._at_first[:, 0] += noise
        self._noise = noise
        self._plain = self._trace(self._x)
        self._output = call.run(self._x)

    def parts(self) -> BlockParts:
        """Attention first: the other two are found while it is held."""
        if self._x.dim() != 3 or self._output.shape != self._x.shape:
            return BlockParts(None, None, None, None)
        attention = self._attention_output()
        neurons = self._neurons(attention)
        mlp = neurons or self._mixture(attention)
        return BlockParts(attention, mlp, neurons, self._middle(attention, mlp))

    def _attention_output(self) -> str | None:
        mixed = {call.path: call.output for call in self._trace(self._at_first)}
        for call in self._projections():
            if call.in_attention and call.path in mixed and self._mixes(call, mixed[call.path]):
                return call.path
        return None

    def _neurons(self, attention: str | None) -> str | None:
        """The last linear map of an MLP: one that the others of it come before."""
        held = self._held_attention()
        moved = {call.path: call.output for call in self._trace(self._at_first, held)}
        linear = [call for call in self._after(attention) if call.linear and not call.in_attention]
        for call in linear[:0:-1]:
            if call.path in moved and call.output.numel() == self._x.numel():
                token_wise = not self._mixes(call, moved[call.path])
                return call.path if token_wise and self._is_whole(call, held, True) else None
        return None

    def _mixture(self, attention: str | None) -> str | None:
        """A module of experts, whose sum is what the block adds besides its attention."""
        held = self._held_attention()
        moved = {call.path: call.output for call in self._trace(self._at_first, held)}
        for call in reversed(self._after(attention)):
            experts = any(self._call.block.get_submodule(call.path).children())
            if experts and not call.in_attention and call.output.numel() == self._x.numel():
                token_wise = call.path in moved and not self._mixes(call, moved[call.path])
                return call.path if token_wise and self._is_whole(call, held, False) else None
        return None

    def _after(self, attention: str | None) -> list[_Call]:
        paths = [call.path for call in self._plain]
        return self._plain[0 if attention is None else paths.index(attention) + 1 :]

    def _is_whole(self, mlp: _Call, held: Mapping[str, Tensor], norm_may_end: bool) -> bool:
        """Attention and MLP held, the block adds its input and nothing else.

        norm_may_end: blocks that end in a norm, and so aren't sums, are taken to have one MLP.
        """
        moved = self._call.run(self._everywhere, {**held, mlp.path: mlp.output})
        added = moved - self._output
        expected = self._everywhere - self._x
        if _close(added, expected):
            return True
        last = self._plain[-1]
        ends_in_norm = not last.linear and torch.equal(last.output, self._output)
        return norm_may_end and ends_in_norm

    def _middle(self, attention: str | None, mlp: str | None) -> str | None:
        if attention is None:
            return None
        held = self._held_attention()
        of_attention = next(call.output for call in self._plain if call.path == attention)
        with_input = {c.path: c.input for c in self._trace(self._everywhere, held)}
        pushed = {attention: of_attention + self._noise}
        with_attention = {c.path: c.input for c in self._trace(self._x, pushed)}
        for call in self._after(attention):
            if call.input.numel() != self._x.numel() or call.path not in with_input:
                continue
            both = (with_input[call.path], with_attention[call.path])
            if all(not _close(moved, call.input) for moved in both) and self._skips(call, mlp):
                return call.path
        return None

    def _skips(self, call: _Call, mlp: str | None) -> bool:
        """The MLP held, moving the tensor moves the block; moving this call's copy doesn't."""
        if mlp is None:
            return True
        held = {mlp: next(c.output for c in self._plain if c.path == mlp)}
        others = {
            c.path: c.output for c in self._projections() if c.in_attention and c.path != call.path
        }
        held = {**others, **held}
        in_place = self._call.run(self._x, held, {call.path: lambda t: t.add_(self._noise)})
        copied = self._call.run(self._x, held, {call.path: lambda t: t + self._noise})
        return not _close(in_place, self._output) and _close(copied, self._output)

    def _held_attention(self) -> dict[str, Tensor]:
        return {call.path: call.output for call in self._projections() if call.in_attention}

    def _projections(self) -> list[_Call]:
        """Linear maps to the width of the residual stream, of all tokens in their order."""
        orders = (self._x.shape[0], self._x.shape[0] * self._x.shape[1])
        return [
            call
            for call in self._plain
            if call.linear
            and call.output.numel() == self._x.numel()
            and call.output.shape[0] in orders
        ]

    def _mixes(self, call: _Call, moved: Tensor) -> bool:
        """Whether a later token's row changed when the first token's input did."""
        shape = (*self._x.shape[:-1], -1)
        if self._x.shape[1] == 1:
            return False
        return not _close(moved.reshape(shape)[:, 1:], call.output.reshape(shape)[:, 1:])

    def _trace(self, x: Tensor, held: Mapping[str, Tensor] | None = None) -> list[_Call]:
        """The calls of submodules in the order in which they ended; a module's last call counts.

        One that is called for several things (the tokens of the text, and global ones beside
        them) stands for none of them.
        """
        calls: dict[str, _Call] = {}
        several: set[str] = set()
        handles = []

        def after(module: nn.Module, args: tuple[object, ...], output: object) -> None:
            given, made = first_tensor(args), first_tensor(output)
            if given is None or made is None:
                return
            path = self._paths[module]
            weight = getattr(module, "weight", None)
            linear = not any(module.children()) and isinstance(weight, Tensor) and weight.dim() == 2
            inside = any(path == a or path.startswith(f"{a}.") for a in self._attention)
            if path in calls and calls.pop(path).output.shape != made.shape:
                several.add(path)
            calls[path] = _Call(path, given.clone(), made.clone(), linear, inside)

        try:
            for module in self._paths:
                handles.append(module.register_forward_hook(after))
            self._call.run(x, held or {})
        finally:
            for handle in handles:
                handle.remove()
        return [call for path, call in calls.items() if path not in several]


def _close(a: Tensor, b: Tensor) -> bool:
    """Equal within rounding of the dtype."""
    tolerance = 1e-4 if a.dtype in (torch.float32, torch.float64) else 2e-2
    scale = b.float().abs().max().clamp_min(1e-6)
    return bool((a.float() - b.float()).abs().max() <= tolerance * scale)
