"""Spline codes: packing, files, and distances against counting by hand."""

import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.files.tensors import write_tensors
from probesteer.geometry.polytopes import hamming
from probesteer.geometry.polytopes.codes import SplineCodes, join_rows, open_codes, pack_codes
from probesteer.geometry.polytopes.hamming import (
    WAYS,
    faster_way,
    hamming_matrix,
    hamming_pairs,
    soft_hamming_matrix,
)


def units(n: int, bits: int, seed: int = 0) -> NDArray[np.bool_]:
    return np.random.default_rng(seed).random((n, bits)) < 0.3


@pytest.mark.parametrize("bits", [1, 7, 8, 63, 64, 65, 200])
def test_packing_keeps_every_unit(bits: int) -> None:
    active = units(5, bits)
    codes = pack_codes(active)
    assert codes.words.shape == (5, -(-bits // 64))
    assert np.array_equal(codes.unpacked(), active)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("n", "m", "bits"), [(1, 1, 3), (40, 9, 130), (33, 70, 1000), (3, 2, 64)])
def test_distances_are_counts_of_differing_units(way: str, n: int, m: int, bits: int) -> None:
    a, b = units(n, bits), units(m, bits, seed=1)
    distances = hamming_matrix(pack_codes(a), pack_codes(b), way)
    assert np.array_equal(distances, (a[:, None] != b[None]).sum(axis=2))


@pytest.mark.parametrize("way", WAYS)
def test_the_faster_way_is_taken(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    faster_way.cache_clear()
    slow = "popcount" if way == "product" else "product"
    blocks = {name: getattr(hamming, f"_{name}_block") for name in WAYS}

    def slowed(left: SplineCodes, right: SplineCodes) -> NDArray[np.int32]:
        time.sleep(0.1)
        distances: NDArray[np.int32] = blocks[slow](left, right)
        return distances

    monkeypatch.setattr(hamming, f"_{slow}_block", slowed)
    assert faster_way() == way
    monkeypatch.undo()
    faster_way.cache_clear()
    assert faster_way() in WAYS
    codes = pack_codes(units(9, 70))
    assert np.array_equal(hamming_matrix(codes), hamming_matrix(codes, way=slow))


@pytest.mark.parametrize("way", WAYS)
def test_blocks_leave_no_pair_out(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probesteer.geometry.polytopes.hamming._OCTETS_AT_ONCE", 700)
    monkeypatch.setattr("probesteer.geometry.polytopes.hamming._WORDS_AT_ONCE", 6)
    active = units(31, 100)
    expected = (active[:, None] != active[None]).sum(axis=2)
    assert np.array_equal(hamming_matrix(pack_codes(active), way=way), expected)


def test_pairs_are_the_entries_of_the_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probesteer.geometry.polytopes.hamming._WORDS_AT_ONCE", 1)
    a, b = pack_codes(units(200, 129)), pack_codes(units(200, 129, seed=1))
    assert np.array_equal(hamming_pairs(a, b), np.diag(hamming_matrix(a, b)))


def test_soft_distances_are_sums_of_differences() -> None:
    soft = np.random.default_rng(0).random((7, 30)).astype(np.float32)
    expected = np.abs(soft[:, None] - soft[None]).sum(axis=2)
    np.testing.assert_allclose(soft_hamming_matrix(soft), expected, rtol=1e-5)
    hard = units(7, 30)
    found = soft_hamming_matrix(hard.astype(np.float32))
    assert np.array_equal(found, hamming_matrix(pack_codes(hard)))


def test_codes_of_other_lengths_are_refused() -> None:
    a, b = pack_codes(units(3, 64)), pack_codes(units(3, 63))
    with pytest.raises(ValueError, match="64 and 63"):
        hamming_matrix(a, b)
    with pytest.raises(ValueError, match="64 and 63"):
        hamming_pairs(a, b)
    with pytest.raises(ValueError, match="different lengths"):
        join_rows([a, b])
    with pytest.raises(ValueError, match="3 codes can't be paired with 2"):
        hamming_pairs(a, a.rows(slice(0, 2)))
    with pytest.raises(ValueError, match="unknown"):
        hamming_matrix(a, a, "guess")


def test_rows_join_in_order() -> None:
    active = units(6, 70)
    joined = join_rows([pack_codes(active[:2]), pack_codes(active[2:])])
    assert np.array_equal(joined.unpacked(), active)


def test_a_file_gives_the_codes_back_mapped(tmp_path: Path) -> None:
    active = units(9, 100)
    pack_codes(active).save(tmp_path / "codes.safetensors", {"layer": 3})
    opened = open_codes(tmp_path / "codes.safetensors")
    assert isinstance(opened.words.base, np.memmap)
    assert not opened.words.flags.writeable
    assert np.array_equal(opened.unpacked(), active)
    assert np.array_equal(
        hamming_matrix(opened), hamming_matrix(SplineCodes(opened.words.copy(), 100))
    )


def test_a_file_of_something_else_is_named(tmp_path: Path) -> None:
    path = tmp_path / "codes.safetensors"
    write_tensors(path, {"codes": np.zeros((2, 2), dtype=np.int64)}, {"bits": 200})
    with pytest.raises(ProbesteerError, match="holds no spline codes"):
        open_codes(path)
