"""Prove, when a model is loaded, that the site that is read is the site that is written."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from probesteer.errors import ProbesteerError
from probesteer.models.inputs import Inputs, TextInputs
from probesteer.models.loading import LoadedModel
from probesteer.models.recording import continued_from_cache, padded_on_the_left, recorded
from probesteer.models.sites import at_place
from probesteer.places import Place

# Places that are tried in one pass.
_AT_ONCE = 32
# Largest relative difference between two ways of computing the same, by dtype: a text alone and
# in a padded batch, a pass that is resumed and one of the whole model.
TOLERANCE = {torch.float32: 1e-4, torch.bfloat16: 5e-2, torch.float16: 1e-2}


@dataclass(frozen=True)
class SiteContract:
    """What was proven, per place."""

    places: list[str]
    batch_difference: float  # largest |batched - alone| over the largest |alone|
    padded: bool  # whether texts may be padded; else only those of one length make a batch
    left_padding_difference: float | None  # the same for padding on the left; None: not causal
    cache_difference: float | None  # the same for going on from keys and values; None: no such
    tolerance: float

    @property
    def may_be_padded_on_the_left(self) -> bool:
        """False for models that count positions from the first token, padding or not."""
        return (self.left_padding_difference or 0.0) <= self.tolerance


@dataclass(frozen=True)
class _Pass:
    """What one forward pass left behind."""

    at: dict[Place, Tensor]  # [batch, tokens, d] each
    output: Tensor  # [batch, tokens, d], after the last block and the final norm


def prove_sites(loaded: LoadedModel, places: Sequence[Place], inputs: Inputs) -> SiteContract:
    """Check six properties on two short examples, at every place.

    Adding zero changes nothing, to the bit; adding v changes the recorded tensor into x + v,
    exactly; that change reaches the model's output; an example alone and in a padded batch agree.
    In causal models also going on from a cache of keys and values agrees; whether padding on the
    left does is noted, as it doesn't in models that count positions over it, and as nothing here
    pads on the left. Where activations are not finite there is nothing to compare: whoever
    stores them says so.

    Raises ProbesteerError that names the place and the property that fails.
    """
    probes = inputs.probes()
    count = len(probes.lengths)
    batch = probes.batch(loaded, range(count))
    plain = _forward(loaded, places, batch, {})
    tolerance = TOLERANCE.get(plain.output.dtype, 1e-4)
    names = [place.stem for place in places]
    _check_shapes(loaded, plain, batch)
    if not all(bool(torch.isfinite(x).all()) for x in (*plain.at.values(), plain.output)):
        return SiteContract(names, float("nan"), True, None, None, tolerance)
    zeros = {place: torch.zeros_like(x[0, 0]) for place, x in plain.at.items()}
    zero = _forward(loaded, places, batch, zeros)
    for place in places:
        if not torch.equal(zero.at[place], plain.at[place]):
            _refuse(loaded, place, "adding zero changes the activation")
    if not torch.equal(zero.output, plain.output):
        _refuse(loaded, places[-1], "adding zero changes the output")
    for first in range(0, len(places), _AT_ONCE):
        _prove_writing(loaded, places[first : first + _AT_ONCE], batch, plain)
    alone = [_forward(loaded, places, probes.batch(loaded, [i]), {}).at for i in range(count)]
    padded = [
        {place: x[row, : alone[row][place].shape[1]] for place, x in plain.at.items()}
        for row in range(count)
    ]
    batched, padding = _difference(padded, alone), True
    if not batched <= tolerance and isinstance(probes, TextInputs):
        # Convolutions and low-rank attention let padding leak: such models get none.
        padding = False
        batched = _difference(*_of_one_length(loaded, places, probes))
    _check(loaded, "an example alone and in a batch", batched, tolerance)
    if not loaded.causal or not isinstance(probes, TextInputs):
        return SiteContract(names, batched, padding, None, None, tolerance)
    on_left = padded_on_the_left(loaded, places, probes.ids)
    left = _difference(on_left, alone)
    cached = continued_from_cache(loaded, places, probes.ids[-1])
    if cached is None:
        return SiteContract(names, batched, padding, left, None, tolerance)
    going_on = _difference([cached], alone[-1:])
    _check(loaded, "a text alone and taken up from a cache", going_on, tolerance)
    return SiteContract(names, batched, padding, left, going_on, tolerance)


def _check_shapes(loaded: LoadedModel, plain: _Pass, batch: Mapping[str, Tensor]) -> None:
    """At every place there is [batch, tokens, d], with the tokens that the model was given."""
    examples = len(next(iter(batch.values())))
    tokens = {x.shape[1] for x in batch.values() if x.dim() == 2}
    # Attention in windows pads texts at their end to whole ones.
    config = loaded.model.config
    windows = getattr(config, "attention_window", None) or getattr(config, "block_size", None) or 0
    window = windows if isinstance(windows, int) else max(windows)
    for place, x in plain.at.items():
        if x.dim() != 3 or x.shape[0] != examples:
            _refuse(loaded, place, f"there is no [batch, tokens, d] but {list(x.shape)}")
        if tokens and x.shape[1] not in tokens and not (window and x.shape[1] % window == 0):
            _refuse(loaded, place, f"there are {x.shape[1]} tokens, which are not the text's")


def _of_one_length(
    loaded: LoadedModel, places: Sequence[Place], probes: TextInputs
) -> tuple[list[dict[Place, Tensor]], list[dict[Place, Tensor]]]:
    """Both probes cut to one length: in a batch, and alone."""
    shortest = int(probes.lengths.min())
    cut = TextInputs([ids[-shortest:] for ids in probes.ids])
    together = _forward(loaded, places, cut.batch(loaded, [0, 1]), {}).at
    alone = [_forward(loaded, places, cut.batch(loaded, [row]), {}).at for row in (0, 1)]
    return [{place: x[row] for place, x in together.items()} for row in (0, 1)], alone


def _difference(
    found: Sequence[Mapping[Place, Tensor]], alone: Sequence[Mapping[Place, Tensor]]
) -> float:
    """The largest difference, relative to the largest activation at the place.

    found: [tokens, d] at each place; alone: [1, tokens, d].
    """
    return max(
        float((found[row][place] - x[0]).abs().max() / x.abs().max().clamp(1e-12))
        for row, at in enumerate(alone)
        for place, x in at.items()
    )


def _check(loaded: LoadedModel, what: str, difference: float, tolerance: float) -> None:
    if not difference <= tolerance:
        raise ProbesteerError(
            f"model {loaded.name}: {what} differ by {difference:.2g} of the activation, "
            f"more than {tolerance:g}; its padding or cache is not supported"
        )


@torch.no_grad()
def _prove_writing(
    loaded: LoadedModel, places: Sequence[Place], batch: Mapping[str, Any], plain: _Pass
) -> None:
    """Adding v moves the recorded tensor by v, and the model's output goes with it.

    One pass for all `places`: the batch is repeated, and each repetition is edited at one place.
    """
    size = next(iter(plain.at.values())).shape[0]
    stacked = {name: torch.cat([x] * len(places)) for name, x in batch.items()}
    before: dict[Place, Tensor] = {}
    after: dict[Place, Tensor] = {}
    shifts = {place: _shift(plain.at[place]) for place in places}

    def keep(seen: dict[Place, Tensor], place: Place, own: slice, x: Tensor) -> None:
        if place in seen:
            _refuse(loaded, place, "a block runs more than once in a pass")
        seen[place] = x[own].clone()

    def add(place: Place, own: slice, x: Tensor) -> Tensor:
        moved = x.clone()
        moved[own] += shifts[place]
        return moved

    with ExitStack() as hooks:
        for number, place in enumerate(places):
            own = slice(number * size, (number + 1) * size)
            for function in (partial(keep, before), add, partial(keep, after)):
                hooks.enter_context(at_place(loaded.blocks, place, partial(function, place, own)))
        output = loaded.run_blocks(stacked)
    repetitions = output.view(len(places), size, *output.shape[1:])
    for place, edited in zip(places, repetitions, strict=True):
        if not torch.equal(after[place], before[place] + shifts[place]):
            _refuse(loaded, place, "the recorded tensor is not the one that was changed")
        # Rows of a larger batch are rounded otherwise: a small difference is looked at alone.
        if not float((edited - plain.output).abs().max()) > 0.01 * float(plain.output.abs().max()):
            alone = _forward(loaded, [place], batch, {place: shifts[place]})
            if torch.equal(alone.output, plain.output):
                _refuse(loaded, place, "a change does not reach the output")


def _shift(x: Tensor) -> Tensor:
    """As large as the activations, so that no dtype rounds it away: [d]."""
    return torch.linspace(-1, 1, x.shape[-1]).to(x) * x.abs().mean().clamp(1.0)


@torch.no_grad()
def _forward(
    loaded: LoadedModel,
    places: Sequence[Place],
    batch: Mapping[str, Any],
    shifts: Mapping[Place, Tensor],
) -> _Pass:
    """Record `places`, with the shift of each, [d], added where `shifts` has one."""

    def add(shift: Tensor, x: Tensor) -> Tensor:
        return x + shift

    with ExitStack() as hooks:
        for place, shift in shifts.items():
            hooks.enter_context(at_place(loaded.blocks, place, partial(add, shift)))
        seen = hooks.enter_context(recorded(loaded, places))
        output = loaded.run_blocks(batch)
    return _Pass(seen, output)


def _refuse(loaded: LoadedModel, place: Place, what: str) -> None:
    raise ProbesteerError(
        f"model {loaded.name}: {what} at {place.label}; this architecture is not supported"
    )
