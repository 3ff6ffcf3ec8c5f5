"""Directions as one safetensors file with JSON metadata, and as rows of the direction table."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pandas as pd

from probesteer.directions.direction import Direction
from probesteer.errors import ProbesteerError
from probesteer.files.tensors import read_tensors, write_tensors
from probesteer.places import Place

MEASURED = ("gap", "sigma", "gap_in_sigmas", "mean_norm", "offset")
_SCALARS = tuple(each.name for each in fields(Direction) if each.name not in ("vector", "place"))


def write_directions(
    path: Path, directions: Sequence[Direction], provenance: dict[str, Any]
) -> None:
    """Write directions; `provenance` is any JSON value that names the origin.

    A tensor is named after its place, method and draw, such as
    `resid_post.003.difference_of_means` or `resid_post.003.random.0`: float32 [d], unit norm.
    Raises ProbesteerError where two directions share all three.
    """
    tensors = {_name(direction): direction.vector for direction in directions}
    if len(tensors) < len(directions):
        raise ProbesteerError(f"{path}: two directions share place, method and draw; drop one")
    entries = [
        {
            "site": direction.place.site,
            "layer": direction.place.layer,
            **{name: getattr(direction, name) for name in _SCALARS},
        }
        for direction in directions
    ]
    write_tensors(path, tensors, {"directions": entries, "provenance": provenance})


def read_directions(path: Path) -> list[Direction]:
    """Read what `write_directions` wrote, equal to the bit and in the same order.

    Raises ProbesteerError where the file is missing or is none of ours.
    """
    tensors, metadata = read_tensors(path)
    directions = []
    try:
        for entry in metadata["directions"]:
            place = Place(entry["site"], entry["layer"])
            scalars = {name: entry[name] for name in _SCALARS}
            vector = tensors[_tensor_name(place, entry["method"], entry["draw"])]
            directions.append(Direction(vector=vector, place=place, **scalars))
    except (KeyError, TypeError) as fault:
        raise ProbesteerError(f"{path}: holds no directions; delete it and run again") from fault
    return directions


def directions_table(directions: Sequence[Direction]) -> pd.DataFrame:
    """site, layer, method, draw, metric, value, low, high, n, interval: a row a metric.

    low and high are NaN and interval is "none".
    """
    nan = float("nan")
    rows = [
        (
            direction.place.site,
            direction.place.layer,
            direction.method,
            direction.draw,
            metric,
            float(getattr(direction, metric)),
            nan,
            nan,
            direction.n,
            "none",
        )
        for direction in directions
        for metric in MEASURED
    ]
    columns = ["site", "layer", "method", "draw", "metric", "value", "low", "high", "n", "interval"]
    return pd.DataFrame(rows, columns=columns)


def _name(direction: Direction) -> str:
    return _tensor_name(direction.place, direction.method, direction.draw)


def _tensor_name(place: Place, method: str, draw: int) -> str:
    return f"{place.stem}.{method}" + ("" if draw < 0 else f".{draw}")
