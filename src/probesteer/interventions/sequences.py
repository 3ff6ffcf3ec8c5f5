"""Where the tokens of a pass stand in their sequences: what came before, and what is padding.

Inside `generate` a pass holds the tokens that are new; how many came before is told by its cache
of keys and values. Padding is told by the attention mask, as the outermost module that runs a
block is given it.
"""

import inspect
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from probesteer.errors import ProbesteerError
from probesteer.interventions.edited_tokens import per_row
from probesteer.models.loading import LoadedModel


@dataclass(frozen=True, eq=False)
class Tokens:
    """The tokens of one pass, on the CPU."""

    index: Tensor  # [batch, tokens], counted from the first real token of the sequence; -1: padding
    prompt: Tensor  # [batch], real tokens of the prompt


@dataclass(frozen=True)
class PromptShape:
    """What is known of the prompts beforehand; else the first pass of a sequence is its prompt."""

    lengths: Sequence[int] | None = None  # a row, real tokens
    mask: Tensor | None = None  # [rows, tokens], 0 for padding; else the model's attention mask


@dataclass
class _Pass:
    """What the outermost module was called with."""

    ids: int | None = None  # tokens given
    mask: Tensor | None = None  # [rows, tokens so far]
    before: int | None = None  # tokens in the cache; None: there is none, or it doesn't tell
    fixed: bool = False  # the prompt is known already
    seen: dict[tuple[int, int], Tokens] = field(default_factory=dict)


class SequenceTracker:
    """Follows the passes through the modules that hold one stack of blocks."""

    def __init__(self, in_decoder: bool, known: PromptShape) -> None:
        """in_decoder: the blocks are those of a decoder that has an encoder before it."""
        self._in_decoder, self._known = in_decoder, known
        self._depth, self._generating = 0, False
        self._pass = _Pass()
        self._prompt: Tensor | None = None
        self._so_far: Tensor | None = None  # [batch, tokens], which were real

    @property
    def inside(self) -> bool:
        """Whether a pass is running."""
        return self._depth > 0

    def tokens(self, batch: int, length: int) -> Tokens:
        """The tokens of a tensor [batch, length, d] inside the pass that runs now.

        Raises ProbesteerError where a mask is given in a form that doesn't tell padding.
        """
        key = (batch, length)
        if key not in self._pass.seen:
            self._pass.seen[key] = self._placed(batch, length)
        return self._pass.seen[key]

    def begin(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """A module that holds the blocks is called."""
        self._depth += 1
        if self._depth > 1:
            return
        given = partial(_argument, module, args, kwargs)
        of_decoder = self._in_decoder and "decoder_input_ids" in _accepted(module)
        prefix = "decoder_" if of_decoder else ""
        ids, mask = given(f"{prefix}input_ids"), given(f"{prefix}attention_mask")
        before = _cached(given("past_key_values"))
        goes_on = self._generating or bool(before)
        self._pass = _Pass(
            None if ids is None else int(ids.shape[1]),
            mask if self._known.mask is None else self._known.mask,
            before,
            goes_on and self._prompt is not None,
        )

    def end(self, *_: Any) -> None:
        """The same module is left, also by an exception."""
        self._depth -= 1

    @contextmanager
    def generation(self) -> Iterator[None]:
        """Inside, the first pass is the prompt and all others go on from it, cached or not."""
        self._generating, self._prompt = True, None
        try:
            yield
        finally:
            self._generating, self._prompt = False, None

    def _placed(self, batch: int, length: int) -> Tokens:
        real, before = self._real(batch, length)
        index = torch.where(real, real.long().cumsum(dim=1) - 1, -1)[:, before:]
        if self._known.lengths is not None:
            prompt = per_row(self._known.lengths, batch)
        elif self._pass.fixed and self._prompt is not None:
            prompt = per_row(self._prompt.tolist(), batch)
        else:
            prompt = self._prompt = real.sum(dim=1)
        return Tokens(index, prompt)

    def _real(self, batch: int, length: int) -> tuple[Tensor, int]:
        """Which tokens are real, [batch, before + length], and how many came before."""
        given, before = self._masked(batch), self._pass.before
        if before is None:
            before = self._uncounted(given, length)
        if given is None:
            given = torch.ones(batch, length, dtype=torch.bool)
            if self._pass.ids is not None and not before:
                given[:, self._pass.ids :] = False  # the model itself pads to whole windows
        if before and given.shape[1] == length:
            given = torch.cat([self._earlier(batch, before), given], dim=1)
        missing = before + length - given.shape[1]
        if missing > 0:
            # What follows a prompt is real, what a model puts behind a whole text isn't.
            follows = self._known.mask is not None
            given = torch.cat([given, torch.full((batch, missing), follows)], dim=1)
        self._so_far = given[:, : before + length]
        return self._so_far, before

    def _masked(self, batch: int) -> Tensor | None:
        """The attention mask as truth values: [batch, tokens]."""
        mask = self._pass.mask
        if mask is None:
            return None
        if not isinstance(mask, Tensor) or mask.dim() != 2:
            raise ProbesteerError(
                "intervention: the attention mask doesn't tell which tokens are padding; give "
                "prompt_mask, 1 for a token and 0 for padding"
            )
        if batch % len(mask):
            raise ProbesteerError(
                f"intervention: an attention mask of {len(mask)} rows for a batch of {batch}"
            )
        return (mask.to("cpu") != 0).repeat_interleave(batch // len(mask), dim=0)

    def _uncounted(self, given: Tensor | None, length: int) -> int:
        """Tokens that came before where no cache counts them: a recurrent state doesn't."""
        whole = given is not None and self._known.mask is None and self._pass.ids == length
        if whole and given is not None and given.shape[1] > length:
            return given.shape[1] - length
        if self._pass.fixed and self._so_far is not None and length < self._so_far.shape[1]:
            return self._so_far.shape[1]
        return 0

    def _earlier(self, batch: int, before: int) -> Tensor:
        """Which of the tokens before were real: as seen, else all."""
        seen = self._so_far
        if self._pass.fixed and seen is not None and tuple(seen.shape) == (batch, before):
            return seen
        return torch.ones(batch, before, dtype=torch.bool)


@contextmanager
def tracked(
    loaded: LoadedModel, layers: Sequence[int], known: PromptShape
) -> Iterator[dict[int, SequenceTracker]]:
    """A tracker for each of `layers`; layers of one stack share theirs."""
    trackers: dict[tuple[str, ...], SequenceTracker] = {}
    found: dict[int, SequenceTracker] = {}
    names = {module: name for name, module in loaded.model.named_modules()}
    with ExitStack() as hooks:
        for layer in layers:
            around = _around(names[loaded.blocks[layer]])
            if around not in trackers:
                in_decoder = loaded.decoder_layer is not None and layer >= loaded.decoder_layer
                trackers[around] = SequenceTracker(in_decoder, known)
                for name in around:
                    _follow(loaded.model.get_submodule(name), trackers[around], hooks)
            found[layer] = trackers[around]
        if hasattr(loaded.model, "generate"):
            hooks.enter_context(_generation_told(loaded.model, list(trackers.values())))
        yield found


def _follow(module: nn.Module, tracker: SequenceTracker, hooks: ExitStack) -> None:
    before = module.register_forward_pre_hook(tracker.begin, with_kwargs=True)
    after = module.register_forward_hook(tracker.end, always_call=True)
    hooks.callback(before.remove)
    hooks.callback(after.remove)


@contextmanager
def _generation_told(model: Any, trackers: Sequence[SequenceTracker]) -> Iterator[None]:
    """Trackers hear of every call of `model.generate`, which itself stays what it is."""
    original = model.generate

    def generate(*args: Any, **kwargs: Any) -> Any:
        with ExitStack() as told:
            for tracker in trackers:
                told.enter_context(tracker.generation())
            return original(*args, **kwargs)

    own = model.__dict__.get("generate")
    model.generate = generate
    try:
        yield
    finally:
        if own is None:
            del model.generate
        else:
            model.generate = own


def _around(name: str) -> tuple[str, ...]:
    """The names of the modules that hold the one of that name, the model's own "" first."""
    parts = name.split(".")
    return tuple(".".join(parts[:depth]) for depth in range(len(parts)))


def _accepted(module: nn.Module) -> list[str]:
    return list(inspect.signature(module.forward).parameters)


def _argument(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], name: str) -> Any:
    if name in kwargs or not args:
        return kwargs.get(name)
    accepted = _accepted(module)[: len(args)]
    return args[accepted.index(name)] if name in accepted else None


def _cached(past: Any) -> int | None:
    """Tokens that a cache holds; None where there is none, or where it keeps a recurrent state."""
    if past is None or not hasattr(past, "get_seq_length"):
        return None
    try:
        return int(past.get_seq_length())
    except ValueError:
        return None
