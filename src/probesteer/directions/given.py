"""Vectors that exist already, from a file: .npy, .safetensors, or a GGUF control vector."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.directions.gguf import read_gguf
from probesteer.errors import ProbesteerError
from probesteer.files.tensors import read_tensors
from probesteer.places import Place


class NoVectorError(ProbesteerError):
    """The file is sound, but holds nothing for a place."""


def read_vector(path: Path, place: Place, name: str | None = None) -> NDArray[np.float64]:
    """The vector for `place` in a file, [d], not scaled.

    - .npy: an array [d], for every place, or [layers, d], a row a block's output.
    - .safetensors: the tensor `name`; else the one named after the place, such as
      `resid_post.003` or `resid_post.003.difference_of_means` (the only one that begins so); else
      the only tensor of the file, for every place.
    - .gguf: the control vector `direction.3` is added to the output of block 3, as llama.cpp does
      (common/common.cpp, "common_control_vector_load").

    Nothing is unpickled. Raises NoVectorError where the file holds nothing for the place,
    ProbesteerError where it is missing, of another kind, or holds numbers that are no direction.
    """
    if not path.is_file():
        raise ProbesteerError(f"{path}: missing; give a .npy, .safetensors or .gguf file")
    readers = {".npy": _from_npy, ".safetensors": _from_safetensors, ".gguf": _from_gguf}
    if path.suffix not in readers:
        raise ProbesteerError(f"{path}: unknown kind; give a .npy, .safetensors or .gguf file")
    vector = np.asarray(readers[path.suffix](path, place, name), dtype=np.float64)
    if vector.ndim != 1 or not np.isfinite(vector).all() or not vector.any():
        raise ProbesteerError(
            f"{path}: {list(vector.shape)} numbers for {place.stem} where one vector, finite and "
            "not zero, is needed"
        )
    return vector


def _from_npy(path: Path, place: Place, name: str | None) -> NDArray[Any]:
    try:
        array: NDArray[Any] = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as fault:
        raise ProbesteerError(
            f"{path}: not an array of numbers; save it with numpy.save"
        ) from fault
    if not np.issubdtype(array.dtype, np.number):
        raise ProbesteerError(f"{path}: not an array of numbers; save it with numpy.save")
    if array.ndim != 2:
        return array
    if place.site != "resid_post" or place.layer >= len(array):
        raise _lacking(path, place, f"it has the outputs of {len(array)} blocks")
    row: NDArray[Any] = array[place.layer]
    return row


def _from_safetensors(path: Path, place: Place, name: str | None) -> NDArray[Any]:
    tensors, _ = read_tensors(path)
    if name is not None:
        return _named(path, place, tensors, name)
    if place.stem in tensors:
        return tensors[place.stem]
    alike = [each for each in tensors if each.startswith(f"{place.stem}.")]
    found = alike if alike else list(tensors)
    if len(found) != 1 or (not alike and _is_of_a_place(found[0])):
        raise _lacking(path, place, f"choose from {', '.join(list(tensors)[:5])} by name")
    return tensors[found[0]]


def _from_gguf(path: Path, place: Place, name: str | None) -> NDArray[Any]:
    tensors = read_gguf(path)
    if name is None and place.site != "resid_post":
        raise _lacking(path, place, "a control vector is for the outputs of blocks, resid_post")
    return _named(path, place, tensors, name or f"direction.{place.layer}")


def _named(
    path: Path, place: Place, tensors: Mapping[str, NDArray[Any]], name: str
) -> NDArray[Any]:
    if name not in tensors:
        raise _lacking(path, place, f"there is no {name} among {', '.join(list(tensors)[:5])}")
    return tensors[name]


def _is_of_a_place(name: str) -> bool:
    """Whether a tensor is named after a place, such as `resid_post.003`."""
    _, _, layer = name.partition(".")
    return layer[:3].isdigit()


def _lacking(path: Path, place: Place, why: str) -> NoVectorError:
    return NoVectorError(f"{path}: no vector for {place.stem}: {why}")
