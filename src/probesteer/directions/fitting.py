"""All directions of one place: the estimated ones, and controls that push equally far."""

import logging
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.directions.controls import orthogonal_directions, shuffled_directions
from probesteer.directions.direction import Direction, describe, towards_label_1
from probesteer.directions.estimators import difference_of_means
from probesteer.directions.methods import ESTIMATORS, FOREIGN
from probesteer.directions.random import random_directions
from probesteer.directions.training import TrainingRows
from probesteer.directions.zero import ZeroDirectionError
from probesteer.errors import ProbesteerError
from probesteer.places import Place
from probesteer.probes.checks import require_finite

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ControlDraws:
    """How many directions of each control are drawn."""

    random: int = 0
    orthogonal: int = 0
    shuffled: int = 0


def fit_directions(
    rows: TrainingRows,
    place: Place,
    methods: Sequence[str],
    draws: ControlDraws,
    seed: Sequence[int],
    others: Mapping[str, NDArray[np.floating[Any]]] | None = None,
) -> list[Direction]:
    """Directions of `methods` at a place, in that order, then the controls.

    others: directions of other concepts at the place, [d] each, by the concept's name; their
    method is `other_NAME`. Controls, other concepts and methods that don't come from the labels
    push as far as the difference of means, computed whether or not `methods` asks for it.
    seed: of the controls; give each concept its own.
    Where both labels have the same mean (every text ends in one token, and the embedding is
    read) nothing can be steered towards: the list is empty and the log says so.

    Raises ProbesteerError for an unknown method or one that lacks what it needs, a row that is
    not finite or a missing label.
    """
    unknown = [method for method in methods if method not in ESTIMATORS]
    if unknown:
        raise ProbesteerError(
            f"directions.methods: {unknown[0]!r} is unknown; choose from {', '.join(ESTIMATORS)}"
        )
    X, y = rows.X, rows.y
    require_finite(X, f"activations of {place.site}, layer {place.layer}")
    try:
        difference = difference_of_means(X, y)
        vectors = {method: ESTIMATORS[method](rows) for method in methods}
    except ZeroDirectionError as fault:
        _log.info("%s: no directions: %s", place.label, fault)
        return []
    reference = describe(difference, X, y, place, "difference_of_means")
    directions = [
        describe(vector, X, y, place, method, lengths_of=reference)
        if method in FOREIGN
        else towards_label_1(describe(vector, X, y, place, method))
        for method, vector in vectors.items()
    ]
    # Each place draws its own vectors, or the band of one would repeat the luck of another.
    place_seed = [*seed, place.layer, zlib.crc32(place.site.encode())]
    drawn = list(_controls(rows, difference, draws, place_seed))
    drawn += [(f"other_{name}", -1, vector) for name, vector in (others or {}).items()]
    return directions + [
        describe(vector, X, y, place, method, draw, lengths_of=reference)
        for method, draw, vector in drawn
    ]


def _controls(
    rows: TrainingRows, difference: NDArray[np.float64], draws: ControlDraws, seed: Sequence[int]
) -> Iterator[tuple[str, int, NDArray[np.floating[Any]]]]:
    """Method, draw and vector of every control."""
    for draw, vector in enumerate(random_directions(rows.X.shape[1], draws.random, seed)):
        yield "random", draw, vector
    if draws.orthogonal:
        for draw, vector in enumerate(
            orthogonal_directions(rows.X, difference, draws.orthogonal, [*seed, 1])
        ):
            yield "orthogonal", draw, vector
    if draws.shuffled:
        number = int(np.random.SeedSequence(seed).generate_state(1)[0])
        for draw, vector in enumerate(shuffled_directions(rows, draws.shuffled, number)):
            yield "shuffled", draw, vector
