"""What linear probes read at later places, while a model runs under edits at one place."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from probesteer.directions.direction import Direction
from probesteer.interventions.edits import Edit
from probesteer.interventions.intervene import apply_stacked
from probesteer.interventions.predictions import at_start
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import at_place
from probesteer.places import SITES, Place
from probesteer.probes.probe import LogisticProbe

Readers = Mapping[Place, NDArray[np.float64]]
"""Vectors [d] by place: a change x' - x of an activation is read as their product with it."""


def readers_in_gaps(
    probes: Mapping[Place, LogisticProbe], directions: Sequence[Direction]
) -> dict[Place, NDArray[np.float64]]:
    """A vector for each probe, which reads in units of the gap of that probe.

    The gap is the difference of the class means of the probe's log-odds on the training rows: the
    product of its coefficient with the difference of means, which `directions` hold at every
    place. A probe that doesn't set the classes apart there has none, and is left out.
    """
    found = {}
    for direction in directions:
        probe = probes.get(direction.place)
        if direction.method != "difference_of_means" or probe is None:
            continue
        gap = float(probe.coefficient @ direction.push(1.0, "gap"))
        if gap > 0:
            found[direction.place] = probe.coefficient / gap
    return found


def comes_before(place: Place, other: Place) -> bool:
    """Whether a pass computes `place` before `other`."""
    return _order(place) < _order(other)


class ReadingAlong:
    """Reads the passes of a sweep, at the token that stands for an example."""

    def __init__(self, loaded: LoadedModel, readers: Readers) -> None:
        self._loaded = loaded
        self._vectors = {
            place: torch.from_numpy(np.asarray(vector, dtype=np.float64)).to(loaded.device)
            for place, vector in readers.items()
        }

    @contextmanager
    def watching(
        self, edited: Place, hidden: Mapping[Place, Tensor], start: int
    ) -> Iterator[dict[Place, Tensor]]:
        """Inside, a pass edited at `edited` leaves its read-outs at later places: [batch * S] each.

        hidden: [batch, tokens, d] by place, of the unedited pass; an edited one may run the last of
        its tokens alone. start: the last token of the prompt, among those of `hidden`.
        """
        read: dict[Place, Tensor] = {}

        def record(place: Place, x: Tensor) -> None:
            left_out = hidden[place].shape[1] - x.shape[1]
            read[place] = self._read(place, x, start - left_out)

        with ExitStack() as hooks:
            for place in self._vectors:
                if comes_before(edited, place):
                    blocks, reading = self._loaded.blocks, partial(record, place)
                    hooks.enter_context(at_place(blocks, place, reading))
            yield read

    def changes(
        self,
        read: Mapping[Place, Tensor],
        hidden: Mapping[Place, Tensor],
        start: int,
        edited: Place,
        edit: Edit,
    ) -> dict[Place, Tensor]:
        """How far each read-out moved: [batch, S] by place, at the edit itself too.

        read: what `watching` gave; the rest as there, under `edit`.
        """
        found = dict(read)
        if edited in self._vectors:
            stacked = hidden[edited].repeat_interleave(edit.size, dim=0)
            found[edited] = self._read(edited, apply_stacked(edit, stacked), start)
        return {
            place: after.view(-1, edit.size) - self._read(place, hidden[place], start)[:, None]
            for place, after in found.items()
        }

    def _read(self, place: Place, x: Tensor, start: int) -> Tensor:
        """x: [batch, tokens, d] -> [batch]."""
        return at_start(self._loaded, place, x, start).double() @ self._vectors[place]


def _order(place: Place) -> tuple[int, int]:
    return place.layer, SITES.index(place.site)
