"""Hamming distances between spline codes: in how many units two activations differ.

Two exact ways. A product of matrices of octets, |a| + |b| - 2 a.b with 32-bit sums, uses the
integer units of current processors; counting the set bits of a XOR b with numpy needs neither them
nor memory for unpacked codes. Where torch has no such units to use, its product is slower by far:
so both are timed once on a few codes, and the faster one is taken. `bench_hamming.py` times both.
"""

import time
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from probesteer.geometry.polytopes.codes import SplineCodes, unpack_words

WAYS = ("product", "popcount")

# Rows whose unpacked codes are held at once: 2,048 x 40,000 octets are 80 MB, held twice.
_OCTETS_AT_ONCE = 80_000_000
# Words of one XOR: small enough to stay in the cache between its three passes.
_WORDS_AT_ONCE = 32_768


def hamming_matrix(
    codes: SplineCodes, others: SplineCodes | None = None, way: str | None = None
) -> NDArray[np.int32]:
    """Distances between all codes [n] and all others [m]: [n, m], in units (bits).

    Without `others` those among the codes themselves; each pair is then computed once. way:
    "product" or "popcount", whose results are the same; None: the faster one here.
    Raises ValueError for codes of different lengths or an unknown way.
    """
    way = faster_way() if way is None else way
    if way not in WAYS:
        raise ValueError(f"way {way!r} is unknown; use one of {', '.join(WAYS)}")
    right = codes if others is None else others
    _require_equal_length(codes, right)
    counted = np.empty((len(codes), len(right)), dtype=np.int32)
    rows = max(1, _OCTETS_AT_ONCE // max(1, codes.bits)) if way == "product" else 1_024
    block = _product_block if way == "product" else _popcount_block
    for i in range(0, len(codes), rows):
        left = codes.rows(slice(i, i + rows))
        for j in range(0 if others is not None else i, len(right), rows):
            distances = block(left, right.rows(slice(j, j + rows)))
            counted[i : i + rows, j : j + rows] = distances
            if others is None and j > i:
                counted[j : j + rows, i : i + rows] = distances.T
    return counted


def hamming_pairs(codes: SplineCodes, others: SplineCodes) -> NDArray[np.int64]:
    """Distances between code i and other i: [n], in units (bits).

    Raises ValueError where the numbers of codes or their lengths differ.
    """
    _require_equal_length(codes, others)
    if len(codes) != len(others):
        raise ValueError(f"{len(codes)} codes can't be paired with {len(others)}")
    rows = max(1, 64 * _WORDS_AT_ONCE // max(1, codes.words.shape[1]))
    distances = np.zeros(len(codes), dtype=np.int64)
    for start in range(0, len(codes), rows):
        part = slice(start, start + rows)
        differing = np.bitwise_count(codes.words[part] ^ others.words[part])
        distances[part] = differing.sum(axis=1, dtype=np.int64)
    return distances


def soft_hamming_matrix(soft: NDArray[np.float32]) -> NDArray[np.float32]:
    """Distances between soft codes [n, units], in units: [n, n], sums of differences.

    Of codes that are 0 or 1 these are the Hamming distances.
    """
    given = torch.from_numpy(np.ascontiguousarray(soft, dtype=np.float32))
    distances: NDArray[np.float32] = torch.cdist(given, given, p=1).numpy()
    return distances


@cache
def faster_way() -> str:
    """The faster way on this machine, by one block of 128 codes; the product where they tie."""
    words = np.random.default_rng(0).integers(0, 2**64, (128, 64), dtype=np.uint64)
    codes, seconds = SplineCodes(words, 64 * 64), {}
    for way, block in (("product", _product_block), ("popcount", _popcount_block)):
        block(codes, codes)  # not counted: the first call sets things up
        started = time.perf_counter()
        block(codes, codes)
        seconds[way] = time.perf_counter() - started
    return min(seconds, key=seconds.__getitem__)


def _require_equal_length(codes: SplineCodes, others: SplineCodes) -> None:
    if codes.bits != others.bits:
        raise ValueError(f"codes of {codes.bits} and {others.bits} units can't be compared")


def _product_block(left: SplineCodes, right: SplineCodes) -> NDArray[np.int32]:
    if not (len(left) and len(right) and left.bits):
        return np.zeros((len(left), len(right)), dtype=np.int32)
    # Zeros do no harm, and oneDNN wants more than a few rows and columns in multiples of eight.
    bits = -(-left.bits // 8) * 8
    a, b = (_octets(codes, bits) for codes in (left, right))
    shared = torch._int_mm(a, b.T)[: len(left), : len(right)]
    active = [np.bitwise_count(codes.words).sum(axis=1, dtype=np.int32) for codes in (left, right)]
    distances: NDArray[np.int32] = active[0][:, None] + active[1][None] - 2 * shared.numpy()
    return distances


def _octets(codes: SplineCodes, bits: int) -> torch.Tensor:
    """0 and 1 as signed octets: [rows up to a multiple of 8, at least 32; bits]."""
    rows = max(32, -(-len(codes) // 8) * 8)
    octets = np.zeros((rows, bits), dtype=np.uint8)
    octets[: len(codes)] = unpack_words(codes.words, bits)
    return torch.from_numpy(octets.view(np.int8))


def _popcount_block(left: SplineCodes, right: SplineCodes) -> NDArray[np.int32]:
    distances = np.empty((len(left), len(right)), dtype=np.int32)
    rows = max(1, _WORDS_AT_ONCE // max(1, left.words.shape[1]))
    for j in range(0, len(right), rows):
        others = right.words[j : j + rows]
        differing = np.empty_like(others)
        for i, row in enumerate(left.words):
            np.bitwise_xor(row, others, out=differing)
            distances[i, j : j + rows] = np.bitwise_count(differing).sum(axis=1, dtype=np.uint32)
    return distances
