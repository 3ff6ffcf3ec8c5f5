"""Hamming distances between spline codes: which way is faster, and how fast.

    python tests/benchmarks/bench_hamming.py [--codes N] [--bits N] [--threads N]

Random codes, all pairs, each pair computed once. The goal is 10,000 codes of 40,000 units in under
60 s on 2 cores. The product is timed in full; the other ways on a part, and scaled to all pairs:
float32 with +1 and -1, and counting bits.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from probesteer.geometry.polytopes.codes import SplineCodes, unpack_words
from probesteer.geometry.polytopes.hamming import faster_way, hamming_matrix

PART = 1_024  # codes of the ways that are timed on a part: one block of the matrix


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--codes", type=int, default=10_000)
    parser.add_argument("--bits", type=int, default=40_000)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    codes = random_codes(options.codes, options.bits)
    part = codes.rows(slice(0, PART))
    print(f"{options.codes:,} codes of {options.bits:,} units, {options.threads} thread(s)")
    print(f"the way taken here: {faster_way()}")
    seconds, distances = timed(lambda: hamming_matrix(codes, way="product"))
    print(f"{'product of octets, all pairs (goal 60)':<60}{seconds:>8.1f} s")
    blocks = options.codes / len(part)
    computed = blocks * (blocks + 1) / 2  # those on the diagonal and above
    for name, way in {
        "counting bits": lambda: hamming_matrix(part, way="popcount"),
        "product of float32": lambda: float_product(part),
    }.items():
        seconds, of_part = timed(way)
        same = np.array_equal(of_part, distances[: len(part), : len(part)])
        told = "the same" if same else "DIFFERENT"
        print(f"{f'{name}, scaled to all pairs':<60}{seconds * computed:>8.1f} s   {told}")


def random_codes(n: int, bits: int) -> SplineCodes:
    words = np.random.default_rng(0).integers(0, 2**64, (n, bits // 64), dtype=np.uint64)
    return SplineCodes(words, bits // 64 * 64)


def float_product(codes: SplineCodes) -> Any:
    signs = torch.from_numpy(unpack_words(codes.words, codes.bits)).float() * 2 - 1
    return ((codes.bits - signs @ signs.T) / 2).to(torch.int32).numpy()


def timed(way: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = way()
    return time.perf_counter() - started, result


if __name__ == "__main__":
    main()
