"""A cache that is there, in part or damaged: only what is missing is read from the model."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from probesteer.activations.cache import layer_file
from probesteer.activations.gathering import read_batch
from probesteer.activations.partial_layer import PartialLayer
from probesteer.files.digests import file_digest
from probesteer.models.loading import LoadedModel
from probesteer.places import EMBEDDING, Place
from tests.unit.activations.filling import fill, request

Load = Callable[[str], LoadedModel]


class Counter:
    """Counts what runs in a model."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read: set[Place] = set()
        original = read_batch

        def counted(*arguments: Any) -> dict[Place, Tensor]:
            read = original(*arguments)
            self.read.update(read)
            return read

        monkeypatch.setattr("probesteer.activations.shard_filling.read_batch", counted)


def digests(folder: Path) -> dict[str, str]:
    return {file.name: file_digest(file) for file in folder.iterdir()}


def test_a_full_cache_is_left_as_it_is(
    load_tiny: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load_tiny("gpt2")
    cache = fill(loaded, tmp_path, request())
    before, times = digests(tmp_path), layer_times(tmp_path, cache.places)
    counter = Counter(monkeypatch)
    fill(loaded, tmp_path, request())
    assert counter.read == set()
    assert digests(tmp_path) == before
    assert layer_times(tmp_path, cache.places) == times


def layer_times(folder: Path, places: list[Place]) -> list[int]:
    return [layer_file(folder, place).stat().st_mtime_ns for place in places]


def test_only_a_layer_that_is_gone_is_computed_again(
    load_tiny: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load_tiny("gpt2")
    fill(loaded, tmp_path, request(position="mean"))
    before = digests(tmp_path)
    gone = Place("resid_post", 1)
    layer_file(tmp_path, gone).unlink()
    (tmp_path / "manifest.json").unlink()
    counter = Counter(monkeypatch)
    fill(loaded, tmp_path, request(position="mean"))
    assert counter.read == {gone}
    assert digests(tmp_path) == before


@pytest.mark.parametrize("damage", ["body", "end", "truncated", "header", "empty"])
def test_a_damaged_layer_is_found_and_made_again(
    damage: str,
    load_tiny: Load,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    loaded = load_tiny("gpt2")
    fill(loaded, tmp_path, request())
    before = digests(tmp_path)
    path = layer_file(tmp_path, EMBEDDING)
    whole = bytearray(path.read_bytes())
    flipped = {"body": len(whole) - 100, "end": len(whole) - 1, "header": 30}
    if damage in flipped:
        whole[flipped[damage]] ^= 1
    path.write_bytes({"truncated": whole[:-7], "empty": bytearray()}.get(damage, whole))
    counter = Counter(monkeypatch)
    fill(loaded, tmp_path, request())
    assert counter.read == {EMBEDDING}
    assert digests(tmp_path) == before
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert [record.message for record in warnings] == [
        f"{path}: truncated or altered; it is made again"
    ]


@pytest.mark.parametrize(
    "field", ["model", "model_dtype", "tokenizer", "template", "dtype", "texts", "code"]
)
def test_another_request_is_never_taken_for_this_one(
    field: str, load_tiny: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load_tiny("gpt2")
    cache = fill(loaded, tmp_path, request())
    counter = Counter(monkeypatch)
    fill(loaded, tmp_path, request(**{field: "float16" if field == "dtype" else "other"}))
    assert counter.read == set(cache.places)


def test_more_places_are_added_to_those_that_are_there(
    load_tiny: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load_tiny("gpt2")
    before = fill(loaded, tmp_path, request())
    counter = Counter(monkeypatch)
    after = fill(loaded, tmp_path, request(), ("resid_pre", "resid_post"))
    assert counter.read == set(after.places) - set(before.places)
    assert len(counter.read) == 2


def test_a_fill_that_fails_leaves_no_manifest(
    load_tiny: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Layers that are finished stay, and the next fill finishes the others without the model."""
    loaded = load_tiny("gpt2")
    fill(loaded, tmp_path / "whole", request())
    folder = tmp_path / "stopped"
    original = PartialLayer.finish
    finished: list[str] = []

    def fail_at_the_third(layer: PartialLayer) -> None:
        if len(finished) == 2:
            raise OSError("No space left on device")
        finished.append(f"{layer.place.stem}.safetensors")
        original(layer)

    with monkeypatch.context() as patch:
        patch.setattr(PartialLayer, "finish", fail_at_the_third)
        with pytest.raises(OSError, match="No space left"):
            fill(loaded, folder, request())
    names = {file.name for file in folder.iterdir()}
    partial = {name for name in names if name.endswith(".partial")}
    assert len(partial) == 2
    assert names == {*finished, *partial, "journal.jsonl"}
    counter = Counter(monkeypatch)
    fill(loaded, folder, request())
    assert counter.read == set()
    assert digests(folder) == digests(tmp_path / "whole")
