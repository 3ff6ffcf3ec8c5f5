"""A layer's file while it is filled: rows are written at their place, in any order.

The file is not mapped: mapped pages count as memory of the process, written ones don't.
"""

import hashlib
import json
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from probesteer.activations.cache import LAYER, Request, layer_file, layer_metadata
from probesteer.files.atomic import written_at
from probesteer.files.tensors import as_metadata, payload_blocks
from probesteer.places import Place

SUFFIX = ".partial"
# Bytes of one number, and what safetensors calls the type.
_DTYPES = {
    "float64": (8, "F64"),
    "float32": (4, "F32"),
    "float16": (2, "F16"),
    "bfloat16": (2, "BF16"),
}
_UNKNOWN = "0" * 64  # stands in the header until the checksum is known
_BLOCK = 1 << 20


def row_bytes(width: int, dtype: str) -> int:
    """Bytes of a stored row of `width` numbers."""
    return width * _DTYPES[dtype][0]


class PartialLayer:
    """The file of one place, [rows, d], beside the one that it will become."""

    def __init__(self, folder: Path, place: Place, request: Request, rows: int, width: int) -> None:
        self.place = place
        self._final = layer_file(folder, place)
        self.path = self._final.with_name(self._final.name + SUFFIX)
        self._request, self._shape = request, (rows, width)
        self._row_bytes = row_bytes(width, request.dtype)
        self._start = len(self._header(_UNKNOWN))

    def prepare(self) -> None:
        """Make the file at its full size, or take up the one that is there."""
        with written_at(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        size = self._start + self._shape[0] * self._row_bytes
        with self._opened(os.O_RDWR | os.O_CREAT) as file:
            if os.fstat(file).st_size != size:
                os.ftruncate(file, 0)
                os.ftruncate(file, size)
            _write_at(file, memoryview(self._header(_UNKNOWN)), 0)

    def write(self, rows: NDArray[np.int64], data: NDArray[np.uint8]) -> None:
        """Write `data`, [rows, bytes of a row], at the places of `rows`."""
        with self._opened(os.O_WRONLY) as file:
            for first, last in _runs(rows):
                piece = data[first:last].data.cast("B")
                _write_at(file, piece, self._start + int(rows[first]) * self._row_bytes)

    def copy(self, first: int, whole: Path) -> None:
        """Write all rows of the finished file `whole` from row `first` on."""
        at = self._start + first * self._row_bytes
        with self._opened(os.O_WRONLY) as file:
            for block in payload_blocks(whole):
                _write_at(file, memoryview(block), at)
                at += len(block)

    def checksum(self, rows: NDArray[np.int64]) -> str:
        """SHA-256 of the bytes of `rows`, in the order given, as they lie on disk."""
        digest = hashlib.sha256()
        with self._opened(os.O_RDONLY) as file:
            for first, last in _runs(rows):
                at = self._start + int(rows[first]) * self._row_bytes
                end = at + (last - first) * self._row_bytes
                while at < end and (block := os.pread(file, min(_BLOCK, end - at), at)):
                    digest.update(block)
                    at += len(block)
        return digest.hexdigest()

    def flush(self) -> None:
        """Bring to the disk what was written."""
        with self._opened(os.O_WRONLY) as file:
            os.fsync(file)

    def finish(self) -> None:
        """Write the checksum into the header and put the file in its place."""
        checksum = self.checksum(np.arange(self._shape[0]))
        with self._opened(os.O_WRONLY) as file:
            _write_at(file, memoryview(self._header(checksum)), 0)
            os.fsync(file)
        with written_at(self._final):
            self.path.replace(self._final)

    @contextmanager
    def _opened(self, flags: int) -> Iterator[int]:
        # Opened for each use: models with many places would run out of open files.
        with written_at(self.path):
            file = os.open(self.path, flags, 0o666)
            try:
                yield file
            finally:
                os.close(file)

    def _header(self, checksum: str) -> bytes:
        """Length and header, padded to a multiple of 8 bytes as safetensors itself does."""
        name = _DTYPES[self._request.dtype][1]
        size = self._shape[0] * self._row_bytes
        content = {
            "__metadata__": as_metadata(layer_metadata(self._request, checksum)),
            LAYER: {"dtype": name, "shape": list(self._shape), "data_offsets": [0, size]},
        }
        text = json.dumps(content, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        return struct.pack("<Q", len(text)) + text


def remove_partial(folder: Path) -> None:
    """Remove all layers that are not finished."""
    for path in folder.glob(f"*{SUFFIX}"):
        path.unlink()


def _runs(rows: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Where `rows` goes up by one: first index and the one after the last of each run."""
    breaks = (np.flatnonzero(np.diff(rows) != 1) + 1).tolist()
    if len(rows):
        yield from zip([0, *breaks], [*breaks, len(rows)], strict=True)


def _write_at(file: int, data: memoryview, at: int) -> None:
    while data:
        written = os.pwrite(file, data, at)
        data, at = data[written:], at + written
