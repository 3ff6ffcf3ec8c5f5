"""Tensors are mapped as safetensors writes them; what is no such file is one line."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from probesteer.errors import ProbesteerError
from probesteer.files.tensors import map_tensor, read_metadata

DTYPES = [
    (torch.float64, np.float64),
    (torch.float32, np.float32),
    (torch.float16, np.float16),
    (torch.bfloat16, np.float32),
    (torch.int64, np.int64),
    (torch.int32, np.int32),
]


def raw_file(path: Path, header: Any, body: bytes = b"") -> None:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


@pytest.mark.parametrize(("stored", "expected"), DTYPES)
@pytest.mark.parametrize("shape", [(5, 3), (7,), (), (0, 4)])
def test_every_dtype_comes_back_to_the_bit(
    stored: torch.dtype, expected: type, shape: tuple[int, ...], tmp_path: Path
) -> None:
    torch.manual_seed(0)
    tensor = (torch.randn(shape) * 1000).to(stored)
    save_file({"first": torch.ones(3, dtype=torch.int32), "x": tensor}, tmp_path / "t")
    mapped = map_tensor(tmp_path / "t", "x")
    assert mapped.shape == shape
    assert mapped.dtype == expected
    wanted = tensor.float() if stored == torch.bfloat16 else tensor
    assert np.array_equal(mapped, wanted.numpy())


def test_bfloat16_keeps_its_special_values(tmp_path: Path) -> None:
    tensor = torch.tensor([torch.inf, -torch.inf, torch.nan, -0.0, 1e-40], dtype=torch.bfloat16)
    save_file({"x": tensor}, tmp_path / "t")
    mapped = map_tensor(tmp_path / "t", "x")
    assert np.array_equal(mapped, tensor.float().numpy(), equal_nan=True)
    assert np.signbit(mapped[3])


def test_it_is_mapped_not_read_and_can_not_be_written(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(4)}, tmp_path / "t")
    mapped = map_tensor(tmp_path / "t", "x")
    assert isinstance(mapped, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        mapped[0] = 1


def test_metadata_is_the_json_under_the_projects_key(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(1)}, tmp_path / "t", {"probesteer": '{"a": [1]}', "other": "b"})
    assert read_metadata(tmp_path / "t") == {"a": [1]}
    save_file({"x": torch.zeros(1)}, tmp_path / "t")
    assert read_metadata(tmp_path / "t") == {}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"1234567",
        b"only words, and enough of them",
        struct.pack("<Q", 1 << 60) + b"{}",
        struct.pack("<Q", 4) + b"[[]]",
        struct.pack("<Q", 1) + b"3",
        struct.pack("<Q", 4) + b"{{}}",
        struct.pack("<Q", 3) + b"\xff\xfe\xfd",
    ],
)
def test_what_is_no_safetensors_file_is_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_bytes(content)
    for read in (lambda: map_tensor(path, "x"), lambda: read_metadata(path)):
        with pytest.raises(ProbesteerError) as caught:
            read()
        assert str(caught.value) == (
            f"{path}: not a whole safetensors file; delete it and run again"
        )


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ProbesteerError, match=r"t: missing; run the stage that makes it$"):
        map_tensor(tmp_path / "t", "x")


@pytest.mark.parametrize("lost", [1, 40])
def test_a_truncated_file_is_one_line(lost: int, tmp_path: Path) -> None:
    path = tmp_path / "t"
    save_file({"x": torch.zeros(10)}, path)
    path.write_bytes(path.read_bytes()[:-lost])
    with pytest.raises(ProbesteerError, match=r"t: truncated; delete it and run again$"):
        map_tensor(path, "x")


@pytest.mark.parametrize(
    "entry",
    [
        None,
        3,
        {},
        {"dtype": "F8_E4M3", "shape": [4], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [1]},
        {"dtype": "F32", "shape": 1, "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": ["1"], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [-1, -1], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]},
        {"dtype": "F32", "shape": [1], "data_offsets": [0]},
        {"dtype": "F32", "shape": [1], "data_offsets": ["0", "4"]},
    ],
)
def test_a_faulty_entry_is_one_line(entry: Any, tmp_path: Path) -> None:
    path = tmp_path / "t"
    raw_file(path, {"x": entry}, bytes(8))
    with pytest.raises(ProbesteerError) as caught:
        map_tensor(path, "x")
    assert str(caught.value) == f"{path}: holds no readable tensor 'x'; delete it and run again"


def test_sizes_that_contradict_each_other_are_one_line(tmp_path: Path) -> None:
    path = tmp_path / "t"
    raw_file(path, {"x": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}, bytes(8))
    with pytest.raises(ProbesteerError, match="t: truncated"):
        map_tensor(path, "x")


@pytest.mark.parametrize("metadata", ['{"probesteer": "no json"}', '["a"]', '{"probesteer": "3"}'])
def test_faulty_metadata_is_one_line(metadata: str, tmp_path: Path) -> None:
    raw_file(tmp_path / "t", {"__metadata__": json.loads(metadata)})
    with pytest.raises(ProbesteerError, match="t: metadata not readable; delete it and run"):
        read_metadata(tmp_path / "t")
