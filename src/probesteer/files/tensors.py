"""Arrays as safetensors files, written at once and read whole or memory-mapped, without torch.

Format: https://github.com/huggingface/safetensors#format (an 8-byte little-endian length, a JSON
header, then the tensors' bytes).
"""

import hashlib
import json
import operator
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import save_file

from probesteer.errors import ProbesteerError
from probesteer.files.atomic import atomic_path
from probesteer.files.digests import canonical_json

# bfloat16 has no numpy type: its 16 bits are the upper half of a float32.
_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4"}
# The one metadata key that this project writes; its value is JSON. One key only: the order of
# several would change from one run to the next, and the bytes with it.
_METADATA_KEY = "probesteer"


def write_tensors(
    path: Path, tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, Any]
) -> None:
    """Write arrays by name, atomically; `metadata` is any JSON object."""
    with atomic_path(path) as partial:
        try:
            save_file(dict(tensors), partial, metadata=as_metadata(metadata))
        except SafetensorError as fault:  # so it calls a fault of the disk
            raise OSError(str(fault)) from fault


def as_metadata(content: Mapping[str, Any]) -> dict[str, str]:
    """A JSON object in the form in which safetensors stores metadata."""
    return {_METADATA_KEY: canonical_json(content)}


def read_tensors(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """All arrays of a file, mapped, and its metadata.

    Raises ProbesteerError where the file is missing, truncated or not ours.
    """
    header, _ = _header(path)
    names = [name for name in header if name != "__metadata__"]
    return {name: map_tensor(path, name) for name in names}, read_metadata(path)


def payload_checksum(path: Path) -> str:
    """SHA-256 of the tensors' bytes, hexadecimal, without the header.

    Raises ProbesteerError where the file is missing or not a safetensors file.
    """
    digest = hashlib.sha256()
    for block in payload_blocks(path):
        digest.update(block)
    return digest.hexdigest()


def payload_blocks(path: Path) -> Iterator[bytes]:
    """The tensors' bytes, without the header.

    Raises ProbesteerError where the file is missing or not a safetensors file.
    """
    _, start = _header(path)
    with path.open("rb") as source:
        source.seek(start)
        while block := source.read(1 << 20):
            yield block


def map_tensor(path: Path, name: str) -> NDArray[Any]:
    """Memory-map the tensor `name`, read-only; bfloat16 comes back as a float32 copy.

    Raises ProbesteerError where the file is missing, truncated or lacks the tensor.
    """
    header, start = _header(path)
    try:
        entry = header[name]
        first, last = entry["data_offsets"]
        dtype = np.dtype(_DTYPES[entry["dtype"]])
        shape = tuple(map(operator.index, entry["shape"]))
        if first < 0 or min(shape, default=0) < 0:
            raise ValueError("negative size")
    except (KeyError, TypeError, ValueError) as fault:
        raise ProbesteerError(
            f"{path}: holds no readable tensor {name!r}; delete it and run again"
        ) from fault
    if path.stat().st_size < start + last or dtype.itemsize * int(np.prod(shape)) != last - first:
        raise ProbesteerError(f"{path}: truncated; delete it and run again")
    if last == first:
        return np.zeros(shape, dtype=np.float32 if entry["dtype"] == "BF16" else dtype)
    mapped = np.memmap(path, dtype=dtype, mode="r", offset=start + first, shape=shape)
    if entry["dtype"] == "BF16":
        return (np.asarray(mapped).astype(np.uint32) << 16).view(np.float32)
    return mapped


def read_metadata(path: Path) -> dict[str, Any]:
    """The JSON that this project keeps in a safetensors file's metadata; empty if there is none.

    Raises ProbesteerError where the file is missing or not a safetensors file.
    """
    header, _ = _header(path)
    try:
        return dict(json.loads(header.get("__metadata__", {}).get(_METADATA_KEY, "{}")))
    except (ValueError, TypeError, AttributeError) as fault:
        raise ProbesteerError(f"{path}: metadata not readable; delete it and run again") from fault


def _header(path: Path) -> tuple[dict[str, Any], int]:
    """The parsed header and the offset at which the tensors' bytes start."""
    try:
        with path.open("rb") as source:
            (length,) = struct.unpack("<Q", source.read(8))
            if length > path.stat().st_size:
                raise ValueError("header longer than the file")
            header = dict(json.loads(source.read(length)))
    except FileNotFoundError as fault:
        raise ProbesteerError(f"{path}: missing; run the stage that makes it") from fault
    except (OSError, ValueError, TypeError, struct.error) as fault:
        raise ProbesteerError(
            f"{path}: not a whole safetensors file; delete it and run again"
        ) from fault
    return header, 8 + length
