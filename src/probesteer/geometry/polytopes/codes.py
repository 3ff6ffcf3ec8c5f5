"""Spline codes: one bit a unit, packed 64 to a word, in memory or mapped from a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.files.tensors import map_tensor, read_metadata, write_tensors

_WORD_BITS = 64
# safetensors files of this project hold signed words; the bits are the same.
_STORED = np.dtype("<i8")


@dataclass(frozen=True, eq=False)
class SplineCodes:
    """The spline codes of n activations."""

    words: NDArray[np.uint64]
    """[n, ceil(bits / 64)]; bits beyond the last are 0, so that they differ from none."""
    bits: int
    """Units, which is the length of a code."""

    def __len__(self) -> int:
        return len(self.words)

    def rows(self, chosen: NDArray[np.int64] | slice) -> "SplineCodes":
        """Some of the codes, in that order."""
        return SplineCodes(self.words[chosen], self.bits)

    def unpacked(self) -> NDArray[np.bool_]:
        """One entry a unit: [n, bits]."""
        return unpack_words(self.words, self.bits).astype(np.bool_)

    def save(self, path: Path, metadata: Mapping[str, Any]) -> None:
        """Write as a safetensors file, atomically; `metadata` is any JSON object."""
        words = np.ascontiguousarray(self.words).view(_STORED)
        write_tensors(path, {"codes": words}, {**metadata, "bits": self.bits})


def open_codes(path: Path) -> SplineCodes:
    """Codes of a file, memory-mapped and read-only.

    Raises ProbesteerError where the file is missing, truncated or holds no codes.
    """
    stored, metadata = map_tensor(path, "codes"), read_metadata(path)
    bits = metadata.get("bits")
    if (
        not isinstance(bits, int)
        or stored.dtype != _STORED
        or stored.ndim != 2
        or stored.shape[1] != _words_for(bits)
    ):
        raise ProbesteerError(f"{path}: holds no spline codes; delete it and run again")
    return SplineCodes(stored.view(np.uint64), bits)


def pack_codes(active: NDArray[np.bool_]) -> SplineCodes:
    """Codes of units: [n, bits], True where the pre-activation is above zero."""
    n, bits = active.shape
    octets = np.zeros((n, _words_for(bits) * 8), dtype=np.uint8)
    octets[:, : -(-bits // 8)] = np.packbits(active, axis=1)
    return SplineCodes(octets.view(np.uint64), bits)


def join_rows(parts: Sequence[SplineCodes]) -> SplineCodes:
    """The codes of several batches, one after the other.

    Raises ValueError where the codes differ in length.
    """
    if len({part.bits for part in parts}) != 1:
        raise ValueError("codes of different lengths can't be joined")
    return SplineCodes(np.concatenate([part.words for part in parts]), parts[0].bits)


def unpack_words(words: NDArray[np.uint64], bits: int) -> NDArray[np.uint8]:
    """Words [n, w] as one octet a unit, 0 or 1: [n, bits]."""
    octets = np.ascontiguousarray(words).view(np.uint8)
    return np.unpackbits(octets, axis=1, count=bits)


def _words_for(bits: int) -> int:
    return -(-bits // _WORD_BITS)
