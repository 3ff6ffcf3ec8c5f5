"""Vectors from files, against bytes that are written by hand."""

import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from probesteer.directions.gguf import read_gguf
from probesteer.directions.given import read_vector
from probesteer.errors import ProbesteerError
from probesteer.places import Place

PLACE = Place("resid_post", 3)
VECTOR = np.array([1.0, -2, 0.5])


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def gguf(tensors: dict[str, tuple[int, list[int], bytes]], version: int = 3) -> bytes:
    """A file with metadata of several types: a string, a number, an array of strings."""
    content = b"GGUF" + struct.pack("<IQQ", version, len(tensors), 3)
    content += text("general.architecture") + struct.pack("<I", 8) + text("controlvector")
    content += text("controlvector.layer_count") + struct.pack("<Ii", 5, 4)
    content += text("notes") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("bc")
    data = b""
    for name, (kind, shape, values) in tensors.items():
        content += text(name) + struct.pack("<I", len(shape))
        content += struct.pack(f"<{len(shape)}Q", *shape) + struct.pack("<IQ", kind, len(data))
        data += values.ljust(-(-len(values) // 32) * 32, b"\0")
    return content.ljust(-(-len(content) // 32) * 32, b"\0") + data


def control_vector() -> bytes:
    of_layer = {layer: np.full(3, layer, dtype="<f4") for layer in (1, 2, 3)}
    return gguf({f"direction.{layer}": (0, [3], x.tobytes()) for layer, x in of_layer.items()})


@pytest.mark.parametrize("version", [2, 3])
def test_gguf_tensors_of_every_plain_type(version: int, tmp_path: Path) -> None:
    numbers = np.array([[1.0, -2.5, 4], [0, 8, 1]])
    bits = (numbers.astype("<f4").view("<u4") >> 16).astype("<u2")
    (tmp_path / "all.gguf").write_bytes(
        gguf(
            {
                "single": (0, [3, 2], numbers.astype("<f4").tobytes()),
                "half": (1, [3, 2], numbers.astype("<f2").tobytes()),
                "double": (28, [3, 2], numbers.astype("<f8").tobytes()),
                "brain": (30, [3, 2], bits.tobytes()),
            },
            version,
        )
    )
    tensors = read_gguf(tmp_path / "all.gguf")
    assert list(tensors) == ["single", "half", "double", "brain"]
    for array in tensors.values():
        np.testing.assert_array_equal(array, numbers)


def test_a_control_vector_counts_blocks_from_0(tmp_path: Path) -> None:
    path = tmp_path / "mood.gguf"
    path.write_bytes(control_vector())
    np.testing.assert_array_equal(read_vector(path, PLACE), [3, 3, 3])
    np.testing.assert_array_equal(read_vector(path, PLACE, "direction.1"), [1, 1, 1])
    with pytest.raises(ProbesteerError, match=r"no vector for resid_post.000: there is no"):
        read_vector(path, Place("resid_post", 0))
    with pytest.raises(ProbesteerError, match="is for the outputs of blocks"):
        read_vector(path, Place("mlp_out", 3))


def test_gguf_files_that_are_broken_or_quantised_are_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "v.gguf"
    whole = control_vector()
    for broken in (b"", b"GGML" + whole[4:], whole[:60], whole[:-40], b"GGUF" + b"\xff" * 40):
        path.write_bytes(broken)
        with pytest.raises(ProbesteerError, match="not a whole GGUF file"):
            read_vector(path, PLACE)
    path.write_bytes(gguf({"direction.3": (2, [32], b"\0" * 18)}))
    with pytest.raises(ProbesteerError, match=r"direction.3 is quantised"):
        read_vector(path, PLACE)


def test_npy_holds_one_vector_or_one_for_every_block(tmp_path: Path) -> None:
    path = tmp_path / "v.npy"
    np.save(path, VECTOR.astype(np.float16))
    found = read_vector(path, Place("mlp_out", 1))
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, VECTOR)
    np.save(path, np.outer(np.arange(1, 6), VECTOR))
    np.testing.assert_array_equal(read_vector(path, PLACE), 4 * VECTOR)
    for place in (Place("resid_post", 5), Place("mlp_out", 1)):
        with pytest.raises(ProbesteerError, match="it has the outputs of 5 blocks"):
            read_vector(path, place)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "v.npy"
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ProbesteerError, match="not an array of numbers"):
        read_vector(path, PLACE)
    np.save(path, np.array(["a", "b"]))
    with pytest.raises(ProbesteerError, match="not an array of numbers"):
        read_vector(path, PLACE)


def test_safetensors_are_found_by_name_place_or_being_alone(tmp_path: Path) -> None:
    path = tmp_path / "v.safetensors"
    arrays = {
        "resid_post.003.lda": VECTOR,
        "resid_post.002.lda": 2 * VECTOR,
        "resid_post.002.logistic": 3 * VECTOR,
        "resid_pre.003": 4 * VECTOR,
    }
    save_file({name: array.astype(np.float32) for name, array in arrays.items()}, path)
    np.testing.assert_array_equal(read_vector(path, PLACE), VECTOR)
    np.testing.assert_array_equal(read_vector(path, Place("resid_pre", 3)), 4 * VECTOR)
    second = Place("resid_post", 2)
    np.testing.assert_array_equal(read_vector(path, second, "resid_post.002.logistic"), 3 * VECTOR)
    for place, name in ((second, None), (Place("resid_post", 7), None), (PLACE, "steer")):
        with pytest.raises(ProbesteerError, match=f"no vector for {place.stem}"):
            read_vector(path, place, name)
    save_file({"steer": VECTOR.astype(np.float32)}, path)
    np.testing.assert_array_equal(read_vector(path, PLACE), VECTOR)
    save_file({"resid_post.001.lda": VECTOR.astype(np.float32)}, path)
    with pytest.raises(ProbesteerError, match=r"no vector for resid_post.003"):
        read_vector(path, PLACE)


@pytest.mark.parametrize(
    "array", [np.zeros(3), np.array([1.0, np.nan]), np.ones((2, 2, 2)), np.float64(3.0)]
)
def test_numbers_that_are_no_direction_are_refused(array: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", array)
    with pytest.raises(ProbesteerError, match="where one vector, finite and not zero, is needed"):
        read_vector(tmp_path / "v.npy", PLACE)


def test_missing_files_and_other_kinds(tmp_path: Path) -> None:
    with pytest.raises(ProbesteerError, match="missing"):
        read_vector(tmp_path / "absent.npy", PLACE)
    (tmp_path / "v.pt").write_bytes(b"")
    with pytest.raises(ProbesteerError, match="unknown kind"):
        read_vector(tmp_path / "v.pt", PLACE)
