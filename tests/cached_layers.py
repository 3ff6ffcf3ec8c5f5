"""Layers of an activation cache, as the stage that reads a model leaves them."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from probesteer.activations.cache import LAYER, Request, layer_file, layer_metadata
from probesteer.files.tensors import payload_checksum, write_tensors
from probesteer.places import Place


def write_layer(folder: Path, place: Place, X: NDArray[Any], request: Request) -> None:
    """X: [n, d], written with its own checksum."""
    path = layer_file(folder, place)
    write_tensors(path, {LAYER: X}, {})
    write_tensors(path, {LAYER: X}, layer_metadata(request, payload_checksum(path)))
