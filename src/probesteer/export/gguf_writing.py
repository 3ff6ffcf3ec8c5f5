"""Small GGUF files, such as control vectors, without a library; `directions.gguf` reads them.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, version 3, little-endian.
"""

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from probesteer.files.atomic import atomic_path

_VERSION = 3
_ALIGNMENT = 32  # what readers take where the file says nothing
_UINT32, _STRING = 4, 8
_FLOAT32 = 0


def write_gguf(
    path: Path, metadata: Mapping[str, str | int], tensors: Mapping[str, NDArray[np.float32]]
) -> None:
    """Write vectors, [d] each, by name, atomically and in the order given.

    metadata: texts, and numbers of 32 bits without a sign. Keys are of lower-case letters, digits,
    underscores and dots.
    """
    header = [b"GGUF", struct.pack("<IQQ", _VERSION, len(tensors), len(metadata))]
    for key, value in metadata.items():
        header.append(_string(key))
        if isinstance(value, str):
            header.append(struct.pack("<I", _STRING) + _string(value))
        else:
            header.append(struct.pack("<II", _UINT32, value))
    data, offset = [], 0
    for name, vector in tensors.items():
        content = _padded(np.ascontiguousarray(vector, dtype="<f4").tobytes())
        header.append(_string(name) + struct.pack("<IQIQ", 1, len(vector), _FLOAT32, offset))
        data.append(content)
        offset += len(content)
    with atomic_path(path) as partial:
        partial.write_bytes(_padded(b"".join(header)) + b"".join(data))


def _string(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % _ALIGNMENT)
