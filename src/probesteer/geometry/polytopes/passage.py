"""What the instruments of this room ask of a network: go on from activations, and tell the code."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from probesteer.geometry.polytopes.codes import SplineCodes, join_rows


@dataclass(frozen=True, eq=False)
class Passage:
    """What n activations meet on their way through the rest of a network."""

    codes: SplineCodes
    """[n] codes of the units after the place."""
    scores: NDArray[np.float32]
    """[n, k], the network's outputs that were asked for, such as logits."""
    predicted: NDArray[np.int64]
    """[n], the highest of all outputs; -1 where the network has none."""


class Continuation(Protocol):
    """The rest of a network, from a place on."""

    def __call__(
        self, activations: NDArray[np.floating[Any]], examples: NDArray[np.int64]
    ) -> Passage:
        """activations: [m, d], at the place. examples: [m], the input that surrounds each."""


def join_passages(parts: Sequence[Passage], order: NDArray[np.int64] | None = None) -> Passage:
    """Several batches, one after the other; `order` says which row each of theirs is: [n]."""
    codes = join_rows([part.codes for part in parts])
    scores = np.concatenate([part.scores for part in parts])
    predicted = np.concatenate([part.predicted for part in parts])
    if order is None:
        return Passage(codes, scores, predicted)
    back = np.argsort(order)
    return Passage(codes.rows(back), scores[back], predicted[back])
