"""GGUF control vectors: what other programs read of them, and at which block they push."""

import json
from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch

from probesteer.directions.given import read_vector
from probesteer.errors import ProbesteerError
from probesteer.export.control_vectors import write_control_vector
from probesteer.export.gguf_writing import write_gguf
from probesteer.export.steered import Steered
from probesteer.models.loading import LoadedModel
from probesteer.places import EMBEDDING, Place
from tests.unit.export.exported import made_up, outputs

Load = Callable[[str], LoadedModel]
BLOCKS = 5
IDS = torch.tensor([[5, 9, 3, 7, 20]])


def vectors_of(path: Path) -> dict[str, np.ndarray]:
    """As repeng's `ControlVector.import_gguf` reads them, by the gguf package."""
    return {tensor.name: np.array(tensor.data) for tensor in gguf.GGUFReader(path).tensors}


def test_the_gguf_package_reads_what_was_written(tmp_path: Path) -> None:
    path, directions = tmp_path / "mood.gguf", outputs(1, 3)
    write_control_vector(path, directions, BLOCKS, "llama", origin={"concept": "mood"})
    found = vectors_of(path)
    assert list(found) == ["direction.1", "direction.2", "direction.3", "direction.4"]
    for direction in directions:
        pushed = found[f"direction.{direction.place.layer}"]
        assert pushed.dtype == np.float32
        np.testing.assert_array_equal(pushed, direction.push(1, "gap").astype(np.float32))
    assert not found["direction.2"].any() and not found["direction.4"].any()
    fields = gguf.GGUFReader(path).fields
    assert fields["general.architecture"].contents() == "controlvector"
    assert fields["controlvector.model_hint"].contents() == "llama"
    assert fields["controlvector.layer_count"].contents() == 4
    assert "strength 1 adds one gap" in fields["general.description"].contents()
    assert fields["probesteer.unit"].contents() == "gap"
    assert json.loads(fields["probesteer.origin"].contents()) == {"concept": "mood"}
    statistics = json.loads(fields["probesteer.statistics"].contents())
    assert {layer: each["gap"] for layer, each in statistics.items()} == {"1": 3.0, "3": 5.0}


def test_the_bytes_are_those_that_the_gguf_package_writes(tmp_path: Path) -> None:
    vectors = {f"direction.{n}": np.arange(n, n + 7, dtype=np.float32) for n in (1, 2)}
    writer = gguf.GGUFWriter(tmp_path / "theirs.gguf", "controlvector")
    writer.add_string("controlvector.model_hint", "gpt2")
    writer.add_uint32("controlvector.layer_count", 2)
    for name, vector in vectors.items():
        writer.add_tensor(name, vector)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    metadata: dict[str, str | int] = {
        "general.architecture": "controlvector",
        "controlvector.model_hint": "gpt2",
        "controlvector.layer_count": 2,
    }
    write_gguf(tmp_path / "ours.gguf", metadata, vectors)
    ours, theirs = ((tmp_path / f"{name}.gguf").read_bytes() for name in ("ours", "theirs"))
    assert ours == theirs


def test_the_reader_of_this_project_gives_the_vector_back(tmp_path: Path) -> None:
    path, (direction,) = tmp_path / "one.gguf", outputs(2)
    write_control_vector(path, [direction], BLOCKS, "gpt2", unit="norm")
    found = read_vector(path, direction.place)
    np.testing.assert_array_equal(found.astype(np.float32), 4 * direction.vector)


@torch.no_grad()
@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_direction_n_is_added_to_the_output_of_block_n(
    kind: str, load_tiny: Load, tmp_path: Path
) -> None:
    loaded, (direction,) = load_tiny(kind), outputs(1)
    path = tmp_path / "one.gguf"
    write_control_vector(path, [direction], len(loaded.blocks), kind)
    vector = torch.from_numpy(vectors_of(path)["direction.1"])
    plain, entering = _entering(loaded)
    with Steered(loaded, direction, 1):
        steered, moved = _entering(loaded)
    # What enters block N + 1 is the output of block N; what enters block N is not pushed.
    assert torch.equal(moved[1], entering[1]) and torch.equal(moved[2], entering[2] + vector)
    assert not torch.equal(steered, plain)
    # As repeng does it: the output of the list's member of that number.
    block = (loaded.model.transformer.h if kind == "gpt2" else loaded.model.model.layers)[1]
    handle = block.register_forward_hook(lambda _, __, x: _moved(x, vector))
    added = loaded.model(IDS).logits
    handle.remove()
    assert torch.equal(steered, added)


def _entering(loaded: LoadedModel) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The logits, and what enters each block, [batch, tokens, d], seen by hooks of torch."""
    seen: list[torch.Tensor] = []
    hooks = [
        block.register_forward_pre_hook(lambda _, args: seen.append(args[0].clone()))
        for block in loaded.blocks
    ]
    logits = loaded.model(IDS).logits
    for hook in hooks:
        hook.remove()
    return logits, seen


def _moved(output: object, vector: torch.Tensor) -> object:
    if isinstance(output, tuple):
        return (output[0] + vector, *output[1:])
    assert isinstance(output, torch.Tensor)
    return output + vector


@pytest.mark.parametrize(
    "place",
    [Place("resid_post", 0), Place("resid_post", BLOCKS), EMBEDDING, Place("mlp_out", 2)],
)
def test_a_place_where_llama_cpp_adds_nothing_is_refused(place: Place, tmp_path: Path) -> None:
    with pytest.raises(ProbesteerError, match=f"can't push at {place.stem}, only .* blocks 1 to 4"):
        write_control_vector(tmp_path / "x.gguf", [made_up(place)], BLOCKS, "gpt2")
    assert not list(tmp_path.iterdir())


def test_none_or_two_at_one_block_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ProbesteerError, match="no direction to write"):
        write_control_vector(tmp_path / "x.gguf", [], BLOCKS, "gpt2")
    with pytest.raises(ProbesteerError, match=r"two directions at resid_post.002; choose one"):
        write_control_vector(tmp_path / "x.gguf", outputs(2, 2), BLOCKS, "gpt2")
