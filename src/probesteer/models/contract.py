"""Prove, when a model is loaded, that the site that is read is the site that is written."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import at_place
from probesteer.models.tokens import pad_batch
from probesteer.places import Place

# Largest relative difference between a text alone and in a padded batch, by dtype.
_TOLERANCE = {torch.float32: 1e-4, torch.bfloat16: 5e-2, torch.float16: 1e-2}


@dataclass(frozen=True)
class SiteContract:
    """What was proven, per place."""

    places: list[str]
    batch_difference: float  # largest |batched - alone| over the largest |alone|
    tolerance: float


def prove_sites(
    loaded: LoadedModel, places: Sequence[Place], sequences: Sequence[NDArray[np.int64]]
) -> SiteContract:
    """Check three properties on two short sequences, at every place.

    Adding zero leaves the last block's output as it is, to the bit; adding v changes the
    recorded tensor into x + v, exactly; a text alone and in a padded batch agree.

    Raises ProbesteerError that names the place and the property that fails.
    """
    shortest = sorted(sequences, key=len)
    probes = [shortest[0], shortest[-1][: len(shortest[0]) + 8]]
    ids, mask = pad_batch(loaded, probes)
    end = Place("resid_post", len(loaded.blocks) - 1)
    worst = 0.0
    for place in places:
        unchanged, plain_end = _record(loaded, place, end, ids, mask, None)
        shift = torch.linspace(-1, 1, unchanged.shape[-1]).to(unchanged)
        _, zero_end = _record(loaded, place, end, ids, mask, torch.zeros_like(shift))
        if not torch.equal(zero_end, plain_end):
            _refuse(loaded, place, "adding zero changes the output")
        moved, _ = _record(loaded, place, end, ids, mask, shift)
        if not torch.equal(moved, unchanged + shift):
            _refuse(loaded, place, "the recorded tensor is not the one that was changed")
        for row, probe in enumerate(probes):
            alone, _ = _record(loaded, place, end, *pad_batch(loaded, [probe]), None)
            difference = (unchanged[row, : len(probe)] - alone[0]).abs().max()
            worst = max(worst, float(difference / alone.abs().max().clamp_min(1e-12)))
    tolerance = _TOLERANCE.get(unchanged.dtype, 1e-4)
    if not worst <= tolerance:
        raise ProbesteerError(
            f"model {loaded.name}: a text alone and in a batch differ by {worst:.2g} of the "
            f"activation, more than {tolerance:g}; its padding or cache is not supported"
        )
    return SiteContract([place.stem for place in places], worst, tolerance)


@torch.no_grad()
def _record(
    loaded: LoadedModel,
    place: Place,
    end: Place,
    ids: torch.Tensor,
    mask: torch.Tensor,
    shift: torch.Tensor | None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The tensors at `place` and at `end`, with `shift` added at `place`."""
    seen: dict[str, torch.Tensor] = {}
    blocks = loaded.blocks

    def keep(name: str, value: torch.Tensor) -> None:
        seen[name] = value.clone()

    with (
        at_place(blocks, place, lambda x: None if shift is None else x + shift),
        at_place(blocks, place, lambda x: keep("place", x)),
        at_place(blocks, end, lambda x: keep("end", x)),
    ):
        loaded.run_blocks(ids, mask)
    return seen["place"], seen["end"]


def _refuse(loaded: LoadedModel, place: Place, what: str) -> None:
    raise ProbesteerError(
        f"model {loaded.name}: {what} at {place.label}; this architecture is not supported"
    )
