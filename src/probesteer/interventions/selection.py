"""What a sweep runs on: which prompts, which texts, which layers."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from probesteer.directions.direction import Direction
from probesteer.errors import ProbesteerError
from probesteer.places import EMBEDDING


def sample_rows(frame: pd.DataFrame, limit: int | None, seed: int) -> pd.DataFrame:
    """At most `limit` rows, drawn at random, in the frame's order and with its row numbers.

    All rows for None.
    """
    if limit is None or limit >= len(frame):
        return frame
    taken = np.random.default_rng(seed).choice(len(frame), limit, replace=False)
    return frame.iloc[np.sort(taken)]


def at_layers(
    directions: Sequence[Direction], layers: Sequence[int] | None, key: str
) -> list[Direction]:
    """Directions at the wanted blocks, -1 being the embedding; all of them for None.

    key: the setting that names the layers, for the error.

    Raises ProbesteerError for a layer at which there is no direction.
    """
    if layers is None:
        return list(directions)
    by_layer: dict[int, list[Direction]] = {}
    for direction in directions:
        layer = -1 if direction.place == EMBEDDING else direction.place.layer
        by_layer.setdefault(layer, []).append(direction)
    missing = [layer for layer in layers if layer not in by_layer]
    if missing:
        raise ProbesteerError(
            f"config: {key}: there is no direction at layer {missing[0]}; "
            f"use some of {', '.join(map(str, sorted(by_layer)))}"
        )
    return [direction for layer in layers for direction in by_layer[layer]]
