"""Erasers of several places as one safetensors file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from probesteer.directions.leace import Eraser
from probesteer.errors import ProbesteerError
from probesteer.files.tensors import read_tensors, write_tensors
from probesteer.places import Place

_PARTS = ("mean", "read", "write")


def write_erasers(path: Path, erasers: Mapping[Place, Eraser], provenance: dict[str, Any]) -> None:
    """Write erasers; `provenance` is any JSON value that names the origin.

    The tensors of a place are `resid_post.003.mean` [d], `.read` and `.write` [k, d], float64.
    """
    tensors = {
        f"{place.stem}.{part}": getattr(eraser, part)
        for place, eraser in erasers.items()
        for part in _PARTS
    }
    places = [{"site": place.site, "layer": place.layer} for place in erasers]
    write_tensors(path, tensors, {"erasers": places, "provenance": provenance})


def read_erasers(path: Path) -> dict[Place, Eraser]:
    """Read what `write_erasers` wrote, equal to the bit and in the same order.

    Raises ProbesteerError where the file is missing or is none of ours.
    """
    tensors, metadata = read_tensors(path)
    try:
        places = [Place(entry["site"], entry["layer"]) for entry in metadata["erasers"]]
        return {
            place: Eraser(*(tensors[f"{place.stem}.{part}"] for part in _PARTS)) for place in places
        }
    except (KeyError, TypeError) as fault:
        raise ProbesteerError(f"{path}: holds no erasers; delete it and run again") from fault
