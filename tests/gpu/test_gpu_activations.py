"""On a GPU in bfloat16 the activations are those of float32 on the CPU, within rounding."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from probesteer.models.loading import LoadedModel
from tests.unit.activations.filling import fill, request

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(
        not torch.cuda.is_available(),
        reason="torch finds no CUDA device; these compare a GPU with the CPU",
    ),
]


def on_gpu(loaded: LoadedModel, dtype: torch.dtype) -> LoadedModel:
    device = torch.device("cuda")
    return replace(loaded, model=loaded.model.to(device, dtype), device=device)


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-3), (torch.bfloat16, 4e-2), (torch.float16, 1e-2)]
)
@pytest.mark.parametrize("position", ["last", "mean", "all"])
@pytest.mark.parametrize("kind", ["gpt2", "llama", "bert"])
def test_the_gpu_agrees_with_the_cpu(
    kind: str,
    position: str,
    dtype: torch.dtype,
    tolerance: float,
    load_tiny: Callable[[str], LoadedModel],
    tmp_path: Path,
) -> None:
    asked = request(position=position)
    exact = fill(load_tiny(kind), tmp_path / "cpu", asked)
    rounded = fill(on_gpu(load_tiny(kind), dtype), tmp_path / "gpu", asked)
    for place in exact.places:
        expected, found = exact.read(place), rounded.read(place)
        difference = np.linalg.norm(found - expected) / np.linalg.norm(expected)
        assert difference <= tolerance


def test_the_gpu_gives_the_same_bytes_twice(
    load_tiny: Callable[[str], LoadedModel], tmp_path: Path
) -> None:
    loaded = on_gpu(load_tiny("llama"), torch.bfloat16)
    first, second = (fill(loaded, tmp_path / name, request()) for name in ("a", "b"))
    for place in first.places:
        assert np.array_equal(first.read(place), second.read(place))
