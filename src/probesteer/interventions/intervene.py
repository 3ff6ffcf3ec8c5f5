"""One context manager for interventions on a model, in plain calls and inside `generate`."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

from torch import Tensor, where

from probesteer.interventions.conditions import Gate, PromptCondition, check_order
from probesteer.interventions.edited_tokens import FromToken, Positions
from probesteer.interventions.edits import Edit
from probesteer.interventions.sequences import PromptShape, SequenceTracker, tracked
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import at_place
from probesteer.places import Place


@contextmanager
def intervene(
    loaded: LoadedModel,
    places: Place | Sequence[Place],
    edit: Edit,
    positions: Positions | int = 0,
    prompt_lengths: Sequence[int] | None = None,
    prompt_mask: Tensor | None = None,
    condition: PromptCondition | None = None,
) -> Iterator[None]:
    """Apply `edit` at `places` in every forward pass, to the tokens at `positions`.

    For another edit at another place, nest contexts: those entered first come first. The model's
    batch holds every row S times in succession, once a variant of the edit (so beams and several
    continuations of a row need an edit of one variant).

    positions: see `edited_tokens`; a number stands for that token and all that follow. Tokens are
    counted over the whole sequence, from its first real token. Inside `generate` the first pass
    is the prompt; in a plain pass everything is, unless it goes on from a cache that was filled
    inside the context. Padding, where the attention mask is 0, is never edited.
    prompt_lengths: real tokens of each prompt, where that is not so. prompt_mask: [rows, tokens]
    for a model that is given no mask of that shape, such as inside `generate` with a static cache.
    condition: edits only sequences whose prompt meets it.

    Leaving the context, also by an exception, restores the model.
    Raises ProbesteerError for a place that the model doesn't have, or a condition that is read
    after the edit.
    """
    chosen = FromToken(positions) if isinstance(positions, int) else positions
    wanted = [places] if isinstance(places, Place) else list(places)
    with ExitStack() as hooks:
        known = PromptShape(prompt_lengths, prompt_mask)
        trackers: dict[int, SequenceTracker] = {}
        gate = None
        if condition is not None:
            check_order(condition, wanted)
            gate = Gate(condition, trackers)
            hooks.enter_context(at_place(loaded.blocks, condition.place, gate.read))
        # Places first: one that isn't there is told before anything is tracked.
        for place in wanted:
            apply = partial(_apply, edit, chosen, trackers, place, gate)
            hooks.enter_context(at_place(loaded.blocks, place, apply))
        read = [] if condition is None else [condition.place]
        layers = sorted({place.layer for place in [*wanted, *read]})
        trackers.update(hooks.enter_context(tracked(loaded, layers, known)))
        yield


def _apply(
    edit: Edit,
    positions: Positions,
    trackers: dict[int, SequenceTracker],
    place: Place,
    gate: Gate | None,
    x: Tensor,
) -> Tensor | None:
    """x: [batch * S, tokens, d] with the chosen tokens edited; None where there are none.

    None too for a block that is run on its own, as when the parts of blocks are found.
    """
    tracker = trackers.get(place.layer)
    if tracker is None or not tracker.inside:
        return None
    tokens = tracker.tokens(*x.shape[:2])
    wanted = positions.chosen(tokens.index, tokens.prompt) & (tokens.index >= 0)
    if gate is not None:
        wanted &= gate.open[:, None]
    columns = wanted.any(dim=0).nonzero().flatten().tolist()
    if not columns:
        return None
    part = slice(columns[0], columns[-1] + 1)
    given = x[:, part]
    edited = apply_stacked(edit, given)
    if not wanted[:, part].all():
        edited = where(wanted[:, part, None].to(x.device), edited, given)
    if edited.shape == x.shape:
        return edited
    whole = x.clone()
    whole[:, part] = edited
    return whole


def apply_stacked(edit: Edit, x: Tensor) -> Tensor:
    """x: [batch * S, tokens, d], each row S times in succession -> edited, same shape."""
    stacked = x.reshape(-1, edit.size, *x.shape[1:])
    return edit.to(x)(stacked).reshape(x.shape)
