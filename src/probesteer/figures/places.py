"""Places in the network, in the order in which data flows, and their labels on an axis."""

from collections.abc import Sequence

import pandas as pd

from probesteer.places import EMBEDDING, SITES, Place

_SHORT = {
    "resid_pre": "pre",
    "head": "heads",
    "attn_out": "attn",
    "resid_mid": "mid",
    "mlp_act": "neurons",
    "mlp_out": "mlp",
}
_PHRASES = {
    "resid_pre": "the input",
    "head": "the heads",
    "attn_out": "the attention's output",
    "resid_mid": "the middle",
    "mlp_act": "the neurons",
    "mlp_out": "the MLP's output",
}
_TOKENS = "tokens"  # the site of the bag-of-tokens baseline: no place in the network


def depth(place: Place) -> float:
    """How far from the embedding, in layers."""
    return place.layer + SITES.index(place.site) / (len(SITES) - 1)


def axis_label(place: Place) -> str:
    """`emb` for the embedding's output, the number of the layer for its output, `attn 3` …"""
    if place.site == "resid_post":
        return str(place.layer)
    if place == EMBEDDING:
        return "emb"
    return f"{_SHORT[place.site]} {place.layer}"


def phrase(place: Place) -> str:
    """The place inside a sentence or a legend."""
    if place.site == "resid_post":
        return f"layer {place.layer}"
    if place == EMBEDDING:
        return "the embedding"
    return f"{_PHRASES[place.site]} of layer {place.layer}"


def places_of(table: pd.DataFrame) -> list[Place]:
    """All places of `table` (columns site, layer), ordered by depth."""
    pairs = table.loc[table["site"] != _TOKENS, ["site", "layer"]].drop_duplicates()
    places = [
        Place(str(site), int(layer))
        for site, layer in zip(pairs["site"], pairs["layer"], strict=True)
    ]
    return sorted(places, key=lambda place: (depth(place), place.site))


def streams_of(places: Sequence[Place]) -> list[str]:
    """The blocks' output, which the embedding counts to, and then the other sites of `places`."""
    found = {"resid_post" if place == EMBEDDING else place.site for place in places}
    return sorted(found, key=lambda site: (site != "resid_post", SITES.index(site)))


def on_stream(table: pd.DataFrame, site: str) -> pd.DataFrame:
    """The rows of `table` at one site, with the embedding's where that is the blocks' output."""
    embedding = (table["site"] == EMBEDDING.site) & (table["layer"] == EMBEDDING.layer)
    own = (table["site"] == site) & ~embedding
    return table[own | embedding] if site == "resid_post" else table[own]


def stream_name(site: str) -> str:
    """A site in a legend."""
    return "residual stream" if site == "resid_post" else _PHRASES[site].removeprefix("the ")


def at_place(table: pd.DataFrame, place: Place) -> pd.DataFrame:
    """The rows of `table` at `place`."""
    return table[(table["layer"] == place.layer) & (table["site"] == place.site)]


def tick_indices(places: Sequence[Place], limit: int) -> list[int]:
    """Which of the `places` get a tick label, so that at most about `limit` stand on an axis.

    Where labels must be left out, the embedding keeps its own and layers are counted from it in
    round steps (`emb`, `10`, `20`, ...); of several sites only the blocks' outputs are labelled.
    """
    count = len(places)
    if count <= limit:
        return list(range(count))
    outputs = [at for at, place in enumerate(places) if place.site == "resid_post"]
    if len(places) - len(outputs) > 1 and outputs:
        first = [0] if places[0] == EMBEDDING else []
        kept = [places[at] for at in [*first, *outputs]]
        return [[*first, *outputs][at] for at in tick_indices(kept, limit)]
    step = next(step for step in (2, 5, 10, 20, 50, 100, 500) if count / step <= limit)
    start = 1 if places[0] == EMBEDDING else 0
    return sorted({0, *range(start + step if start else 0, count, step)})
