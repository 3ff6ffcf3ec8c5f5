"""The wanted rows of one batch, gathered inside the hooks and brought to the CPU at once."""

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from probesteer.activations.memory import MemoryExhausted, is_out_of_memory
from probesteer.activations.reading import Reading
from probesteer.concepts.positions import ReadingRows
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import at_place
from probesteer.models.stopping import stopped_after
from probesteer.places import Place


class Gather:
    """Picks the wanted rows, or means, out of a padded batch [batch, tokens, d].

    Of images, whose tokens are as many as the place has, a mean is over all of them. A decoder
    that has read only the token it starts from is read there.
    """

    def __init__(
        self,
        rows: ReadingRows,
        batch: NDArray[np.int64],
        picked: NDArray[np.int64],
        longest: int | None,
    ) -> None:
        """batch: the examples in it, in order. picked: their rows, in the same order.

        longest: tokens of the longest text; None: images.
        """
        order = np.argsort(batch, kind="stable")
        examples = rows.example[picked]
        self._at = torch.from_numpy(order[np.searchsorted(batch, examples, sorter=order)])
        self._weights: Tensor | None = None
        self._over_all = rows.mean and longest is None
        if rows.mean and longest is not None:
            weights = np.zeros((len(picked), longest), dtype=np.float32)
            for row, example in enumerate(examples):
                averaged = rows.tokens_of(int(example))
                weights[row, averaged] = 1 / len(averaged)
            self._weights = torch.from_numpy(weights)
        self._token = torch.from_numpy(rows.token[picked])

    def __call__(self, x: Tensor) -> Tensor:
        """x: [batch, tokens, d] -> [rows of this batch, d], on the device of `x`."""
        if self._at.device != x.device:  # blocks may lie on different devices
            self._at, self._token = self._at.to(x.device), self._token.to(x.device)
            self._weights = None if self._weights is None else self._weights.to(x.device)
        if x.shape[1] == 1:
            return x[self._at, 0]
        if self._over_all:
            return x.float().mean(dim=1).to(x.dtype)[self._at]
        if self._weights is not None:
            averaged = torch.einsum("rt,rtd->rd", self._weights, x[self._at].float())
            return averaged.to(x.dtype)
        return x[self._at, self._token]


@torch.no_grad()
def read_batch(
    loaded: LoadedModel,
    reading: Reading,
    batch: NDArray[np.int64],
    picked: NDArray[np.int64],
    places: Sequence[Place],
    dtype: torch.dtype,
) -> dict[Place, Tensor]:
    """The rows `picked` of the examples of `batch` at each place: [rows, d], on the CPU.

    Raises MemoryExhausted where the batch is too large for the device.
    """
    inputs = reading.inputs
    try:
        gather = Gather(reading.rows, batch, picked, inputs.padded_to(batch))
        taken: dict[Place, Tensor] = {}

        def keep(place: Place, x: Tensor) -> None:
            taken[place] = gather(x).to(dtype)

        with ExitStack() as hooks:
            for place in places:
                hooks.enter_context(at_place(loaded.blocks, place, partial(keep, place)))
            given = inputs.batch(loaded, batch.tolist())
            with stopped_after(loaded.blocks, max(place.layer for place in places)):
                loaded.run_blocks(given)
        return _on_cpu(taken)
    except RuntimeError as fault:
        if not is_out_of_memory(fault):
            raise
    # Outside the handler, whose fault holds on to the tensors of the pass.
    raise MemoryExhausted(len(batch), int(inputs.lengths[batch].max()))


def _on_cpu(taken: dict[Place, Tensor]) -> dict[Place, Tensor]:
    """Copy to the CPU with one wait for each device and width, not one for each place."""
    groups: dict[tuple[torch.device, torch.Size], list[Place]] = {}
    for place, x in taken.items():
        groups.setdefault((x.device, x.shape), []).append(place)
    copied: dict[Place, Tensor] = {}
    for (device, _), places in groups.items():
        of_group = [taken.pop(place) for place in places]
        if device.type != "cpu":
            of_group = list(torch.stack(of_group).cpu())
        copied.update(zip(places, of_group, strict=True))
    return copied
