"""Directions of tiny models, made up."""

import numpy as np

from probesteer.directions.direction import Direction
from probesteer.places import Place


def made_up(
    place: Place, width: int = 16, gap: float = 3.0, method: str = "difference_of_means"
) -> Direction:
    """A direction with a vector of its own for every place."""
    drawn = np.random.default_rng([place.layer, len(place.site)]).normal(size=width)
    unit = (drawn / np.linalg.norm(drawn)).astype(np.float32)
    return Direction(unit, place, method, -1, gap, 0.5, gap / 0.5, 4.0, 0.25, 40)


def outputs(*layers: int, width: int = 16) -> list[Direction]:
    """Directions at the outputs of blocks, with gaps of their own."""
    return [made_up(Place("resid_post", layer), width, 2.0 + layer) for layer in layers]
