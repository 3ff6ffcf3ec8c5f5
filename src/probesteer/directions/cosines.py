"""How alike directions are: cosines between all concepts and methods at each place."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from probesteer.directions.direction import Direction
from probesteer.directions.methods import CONTROLS
from probesteer.places import Place

_COLUMNS = [
    "site",
    "layer",
    "concept",
    "method",
    "other_concept",
    "other_method",
    "metric",
    "value",
    "low",
    "high",
    "n",
    "interval",
]


def cosine_table(directions: Mapping[str, Sequence[Direction]]) -> pd.DataFrame:
    """Cosines between the directions of one model's concepts, controls left out.

    `directions` maps a concept to its directions. Every ordered pair at a place is a row, a
    direction with itself (1) included, so that a place pivots to a full matrix. n is the smaller
    of the two numbers of training rows; low and high are NaN and interval is "none".
    """
    by_place: dict[Place, list[tuple[str, Direction]]] = {}
    for concept, of_concept in directions.items():
        for direction in of_concept:
            if direction.method not in CONTROLS and not direction.method.startswith("other_"):
                by_place.setdefault(direction.place, []).append((concept, direction))
    rows = [row for place, entries in by_place.items() for row in _place_rows(place, entries)]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _place_rows(place: Place, entries: Sequence[tuple[str, Direction]]) -> list[tuple[object, ...]]:
    """Rows of all ordered pairs at one place."""
    cosines = cosines_of([direction for _, direction in entries])
    nan = float("nan")
    return [
        (
            place.site,
            place.layer,
            concept,
            one.method,
            other_concept,
            other.method,
            "cosine",
            float(cosines[i, j]),
            nan,
            nan,
            min(one.n, other.n),
            "none",
        )
        for i, (concept, one) in enumerate(entries)
        for j, (other_concept, other) in enumerate(entries)
    ]


def cosines_of(directions: Sequence[Direction]) -> np.ndarray:
    """Cosines between directions of one width: [directions, directions]."""
    vectors = np.stack([direction.vector for direction in directions]).astype(np.float64)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines: np.ndarray = np.clip(vectors @ vectors.T, -1, 1)
    return cosines
