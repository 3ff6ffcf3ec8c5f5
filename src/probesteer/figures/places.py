"""Places in the network, in the order in which data flows, and their labels on an axis."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

_WITHIN_BLOCK = {
    "resid_pre": 0.0,
    "attn_out": 0.25,
    "resid_mid": 0.5,
    "mlp_act": 0.625,
    "mlp_out": 0.75,
    "resid_post": 1.0,
}
_TOKENS = "tokens"  # the site of the bag-of-tokens baseline: no place in the network


@dataclass(frozen=True)
class Place:
    """A site at a block; blocks count from 0."""

    site: str
    layer: int

    @property
    def depth(self) -> float:
        """How far from the embedding, in blocks."""
        return self.layer + _WITHIN_BLOCK.get(self.site, 0.5)

    @property
    def label(self) -> str:
        """`emb` for the embedding's output, the number of the block for its output."""
        if self.site == "resid_post":
            return str(self.layer)
        if self.site == "resid_pre":
            return "emb" if self.layer == 0 else f"pre {self.layer}"
        return f"{self.layer} {self.site}"

    @property
    def phrase(self) -> str:
        """The place inside a sentence or a legend."""
        if self.site == "resid_post":
            return f"layer {self.layer}"
        if self.site == "resid_pre":
            return "the embedding" if self.layer == 0 else f"the input of layer {self.layer}"
        return f"{self.site} of layer {self.layer}"


def places_of(table: pd.DataFrame) -> list[Place]:
    """All places of `table` (columns site, layer), ordered by depth."""
    pairs = table.loc[table["site"] != _TOKENS, ["site", "layer"]].drop_duplicates()
    places = [
        Place(str(site), int(layer))
        for site, layer in zip(pairs["site"], pairs["layer"], strict=True)
    ]
    return sorted(places, key=lambda place: (place.depth, place.site))


def at_place(table: pd.DataFrame, place: Place) -> pd.DataFrame:
    """The rows of `table` at `place`."""
    return table[(table["layer"] == place.layer) & (table["site"] == place.site)]


def tick_indices(places: Sequence[Place], limit: int) -> list[int]:
    """Which of the `places` get a tick label, so that at most about `limit` stand on an axis.

    Where labels must be left out, the embedding keeps its own and layers are counted from it in
    round steps (`emb`, `10`, `20`, ...).
    """
    count = len(places)
    if count <= limit:
        return list(range(count))
    step = next(step for step in (2, 5, 10, 20, 50, 100, 500) if count / step <= limit)
    start = 1 if places[0].label == "emb" else 0
    return sorted({0, *range(start + step if start else 0, count, step)})
