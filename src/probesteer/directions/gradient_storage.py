"""Gradients of a read-out at several places as one safetensors file; read without torch."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.files.tensors import read_tensors, write_tensors
from probesteer.places import Place


def write_gradients(
    path: Path, gradients: Mapping[Place, NDArray[np.float32]], provenance: dict[str, Any]
) -> None:
    """Write gradients, [prompts, d] a place, such as `resid_post.003`.

    provenance: any JSON value that names the origin.
    """
    tensors = {place.stem: rows for place, rows in gradients.items()}
    places = [{"site": place.site, "layer": place.layer} for place in gradients]
    write_tensors(path, tensors, {"gradients": places, "provenance": provenance})


def read_gradients(path: Path) -> dict[Place, NDArray[np.float32]]:
    """Read what `write_gradients` wrote, equal to the bit and in the same order.

    Raises ProbesteerError where the file is missing or is none of ours.
    """
    tensors, metadata = read_tensors(path)
    try:
        places = [Place(entry["site"], entry["layer"]) for entry in metadata["gradients"]]
        return {place: tensors[place.stem] for place in places}
    except (KeyError, TypeError) as fault:
        raise ProbesteerError(f"{path}: holds no gradients; delete it and run again") from fault
