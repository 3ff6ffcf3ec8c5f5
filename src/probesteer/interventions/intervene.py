"""One context manager for interventions on a model, in plain calls and inside `generate`."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor

from probesteer.interventions.edits import Edit
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import at_place
from probesteer.places import Place


@contextmanager
def intervene(loaded: LoadedModel, place: Place, edit: Edit, start: int = 0) -> Iterator[None]:
    """Apply `edit` at `place` in every forward pass, from token `start` on.

    The model's batch holds every row S times in succession, once a variant of the edit. Inside
    `generate` the first pass sees the prompt and later ones a token each: those come after the
    prompt and are all edited. Leaving the context restores the model.
    """
    seen = 0

    def apply(x: Tensor) -> Tensor:
        nonlocal seen
        first, seen = max(0, start - seen), seen + x.shape[1]
        if first >= x.shape[1]:
            return x
        edited = apply_stacked(edit, x[:, first:])
        if first == 0:
            return edited
        whole = x.clone()
        whole[:, first:] = edited
        return whole

    with at_place(loaded.blocks, place, apply):
        yield


def apply_stacked(edit: Edit, x: Tensor) -> Tensor:
    """x: [batch * S, tokens, d], each row S times in succession -> edited, same shape."""
    stacked = x.view(-1, edit.size, *x.shape[1:])
    return edit.to(x)(stacked).reshape(x.shape)
