"""Tensors of small GGUF files, such as control vectors, without a library.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little-endian.
Quantised tensors are left to others.
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError

_DTYPES = {0: "<f4", 1: "<f2", 28: "<f8", 30: "<u2"}  # 30: bfloat16
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q"}
_SCALARS[12] = "d"
_STRING, _ARRAY = 8, 9
_ALIGNMENT = 32  # where the file says nothing
# A control vector has a tensor a layer; a file of a model has other readers.
_LARGEST = 1 << 30


def read_gguf(path: Path) -> dict[str, NDArray[Any]]:
    """All tensors by name; bfloat16 as float32. Shapes are numpy's, the slowest dimension first.

    Raises ProbesteerError where the file isn't whole, or a tensor is quantised.
    """
    if path.stat().st_size > _LARGEST:
        raise ProbesteerError(f"{path}: more than 1 GiB; a control vector is smaller")
    try:
        return _tensors(_Reader(path.read_bytes()), path)
    except (ValueError, struct.error, UnicodeDecodeError, OverflowError) as fault:
        raise ProbesteerError(f"{path}: not a whole GGUF file of version 2 or 3") from fault


class _Reader:
    """A cursor over the bytes of a file."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0

    def scalar(self, code: str) -> Any:
        (value,) = struct.unpack_from(f"<{code}", self.content, self.at)
        self.at += struct.calcsize(f"<{code}")
        return value

    def string(self) -> str:
        length = self.scalar("Q")
        if self.at + length > len(self.content):
            raise ValueError("a string is longer than the file")
        text = self.content[self.at : self.at + length].decode("utf-8")
        self.at += length
        return text

    def value(self, kind: int) -> Any:
        if kind == _STRING:
            return self.string()
        if kind == _ARRAY:
            inner, count = self.scalar("I"), self.scalar("Q")
            if count > len(self.content):
                raise ValueError("an array is longer than the file")
            return [self.value(inner) for _ in range(count)]
        if kind not in _SCALARS:
            raise ValueError(f"unknown type {kind}")
        return self.scalar(_SCALARS[kind])


def _tensors(reader: _Reader, path: Path) -> dict[str, NDArray[Any]]:
    if reader.content[:4] != b"GGUF":
        raise ValueError("no magic")
    reader.at = 4
    if reader.scalar("I") not in (2, 3):
        raise ValueError("unknown version")
    count, entries = reader.scalar("Q"), reader.scalar("Q")
    metadata = {}
    for _ in range(entries):
        key = reader.string()
        metadata[key] = reader.value(reader.scalar("I"))
    infos = []
    for _ in range(count):
        name = reader.string()
        shape = [reader.scalar("Q") for _ in range(reader.scalar("I"))]
        infos.append((name, shape[::-1], reader.scalar("I"), reader.scalar("Q")))
    alignment = int(metadata.get("general.alignment", _ALIGNMENT))
    start = -(-reader.at // alignment) * alignment
    found: dict[str, NDArray[Any]] = {}
    for name, shape, kind, offset in infos:
        if kind not in _DTYPES:
            raise ProbesteerError(f"{path}: {name} is quantised; save it in float32 or float16")
        size = int(np.prod(shape, dtype=np.int64))
        array = np.frombuffer(reader.content, _DTYPES[kind], size, start + offset).reshape(shape)
        bits = kind == 30
        found[name] = (array.astype(np.uint32) << 16).view(np.float32) if bits else array
    return found
