"""All directions of one place: the estimated ones, and random ones that push equally far."""

import logging
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.directions.direction import Direction, describe
from probesteer.directions.estimators import ESTIMATORS, ZeroDirectionError, difference_of_means
from probesteer.directions.random import random_directions
from probesteer.errors import ProbesteerError
from probesteer.places import Place
from probesteer.probes.checks import require_finite
from probesteer.probes.probe import LogisticProbe

_log = logging.getLogger(__name__)


def fit_directions(
    X: NDArray[np.floating[Any]],
    y: NDArray[np.int64],
    place: Place,
    probe: LogisticProbe,
    methods: Sequence[str],
    random_draws: int,
    seed: Sequence[int],
) -> list[Direction]:
    """Directions of `methods` at a place, in that order, then `random_draws` random ones.

    X: [n, d] and y: [n] are training rows; `probe` is the place's own. A random direction
    pushes as far as the difference of means, computed whether or not `methods` asks for it.
    seed: of the random directions; give each concept its own.
    Where both labels have the same mean (every text ends in one token, and the embedding is
    read) nothing can be steered towards: the list is empty and the log says so.

    Raises ProbesteerError for an unknown method, a row that is not finite or a missing label.
    """
    unknown = [method for method in methods if method not in ESTIMATORS]
    if unknown:
        raise ProbesteerError(
            f"directions.methods: {unknown[0]!r} is unknown; choose from {', '.join(ESTIMATORS)}"
        )
    require_finite(X, f"activations of {place.site}, layer {place.layer}")
    try:
        difference = difference_of_means(X, y)
        vectors = {method: ESTIMATORS[method](X, y, probe) for method in methods}
    except ZeroDirectionError as fault:
        _log.info("%s: no directions: %s", place.label, fault)
        return []
    directions = [describe(vector, X, y, place, method) for method, vector in vectors.items()]
    # Each place draws its own vectors, or the band of one would repeat the luck of another.
    place_seed = [*seed, place.layer, zlib.crc32(place.site.encode())]
    reference = describe(difference, X, y, place, "difference_of_means")
    return directions + [
        describe(vector, X, y, place, "random", draw, lengths_of=reference)
        for draw, vector in enumerate(random_directions(X.shape[1], random_draws, place_seed))
    ]
