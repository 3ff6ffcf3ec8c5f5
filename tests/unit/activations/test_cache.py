"""The cache as files: what is missing, damaged or of another request is told apart."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from probesteer.activations.cache import (
    MANIFEST,
    ActivationCache,
    Request,
    discard_incomplete,
    has_layer,
    layer_file,
    layer_metadata,
    missing_files,
    open_cache,
    write_manifest,
    write_tokens,
)
from probesteer.errors import ProbesteerError
from probesteer.files.tensors import as_metadata
from probesteer.places import EMBEDDING, Place
from tests.unit.activations.filling import request

PLACES = [EMBEDDING, Place("resid_post", 0), Place("resid_post", 1)]


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """The manifest of a cache of three places, written without a model."""
    for number, place in enumerate(PLACES):
        data = np.full((4, 3), number, dtype=np.float32)
        checksum = hashlib.sha256(data.tobytes()).hexdigest()
        metadata = as_metadata(layer_metadata(request(), checksum))
        save_file({"activations": data}, layer_file(tmp_path, place), metadata)
    columns = ("example", "token", "ids", "lengths")
    write_tokens(tmp_path, {name: np.arange(4, dtype=np.int64) for name in columns})
    write_manifest(tmp_path, request(), PLACES, {"rows": 4, "causal": True})
    return tmp_path / MANIFEST


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(ProbesteerError) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_was_written_is_read(cache: Path) -> None:
    opened = open_cache(cache)
    assert opened.places == PLACES
    assert opened.folder == cache.parent
    assert opened.example.tolist() == opened.lengths.tolist() == [0, 1, 2, 3]
    for number, place in enumerate(PLACES):
        assert np.array_equal(opened.read(place), np.full((4, 3), number))


def test_a_place_that_is_not_in_the_cache_is_one_line(cache: Path) -> None:
    message = refusal(lambda: open_cache(cache).read(Place("resid_post", 7)))
    assert message == f"{cache.parent}: layer 7 is not in the cache"


@pytest.mark.parametrize(
    "content", [None, "", "{", "[]", "{}", '{"places": 3}', '{"places": [{"site": "x"}]}']
)
def test_what_is_no_manifest_is_one_line(content: str | None, cache: Path) -> None:
    cache.unlink() if content is None else cache.write_text(content)
    assert refusal(lambda: open_cache(cache)) == (
        f"{cache}: not a manifest; delete it and run again"
    )


def test_missing_or_broken_tokens_are_one_line(cache: Path) -> None:
    tokens = cache.parent / "tokens.safetensors"
    tokens.write_bytes(b"x")
    assert refusal(lambda: open_cache(cache)).startswith(f"{tokens}: not a whole safetensors file")
    tokens.unlink()
    assert refusal(lambda: open_cache(cache)).startswith(f"{tokens}: missing; run the stage")


def test_a_layer_that_is_gone_or_truncated_is_one_line(cache: Path) -> None:
    path = layer_file(cache.parent, EMBEDDING)
    path.write_bytes(path.read_bytes()[:-3])
    assert refusal(lambda: open_cache(cache).read(EMBEDDING)).startswith(f"{path}: truncated")
    path.unlink()
    assert refusal(lambda: open_cache(cache).read(EMBEDDING)).startswith(f"{path}: missing")


def test_a_layer_answers_its_own_request_only(cache: Path) -> None:
    folder = cache.parent
    assert has_layer(folder, EMBEDDING, request())
    assert not has_layer(folder, Place("resid_post", 2), request())
    for field in Request.__dataclass_fields__:
        assert not has_layer(folder, EMBEDDING, request(**{field: "other"}))


def test_no_flipped_bit_of_a_layer_goes_unnoticed(cache: Path) -> None:
    """Or else it does no harm: the numbers that are read are the same."""
    path = layer_file(cache.parent, EMBEDDING)
    whole = path.read_bytes()
    expected = open_cache(cache).read(EMBEDDING).copy()
    harmless = 0
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        if has_layer(cache.parent, EMBEDDING, request()):
            read = open_cache(cache).read(EMBEDDING)
            assert read.dtype == expected.dtype and np.array_equal(read, expected)
            harmless += 1
    assert harmless < 10  # bits of the spaces that pad the header


def test_a_layer_without_a_checksum_is_no_layer(cache: Path) -> None:
    metadata = {"probesteer": json.dumps({"request": request().digest})}
    data = np.zeros((4, 3), dtype=np.float32)
    save_file({"activations": data}, layer_file(cache.parent, EMBEDDING), metadata)
    assert not has_layer(cache.parent, EMBEDDING, request())


def test_every_field_of_a_request_is_in_its_digest() -> None:
    digests = {request().digest}
    digests |= {request(**{field: "other"}).digest for field in Request.__dataclass_fields__}
    assert len(digests) == 1 + len(Request.__dataclass_fields__)


def test_a_causal_model_has_seen_the_tokens_up_to_the_last_that_is_read() -> None:
    columns = {
        "example": np.array([0, 1, 1, 2]),
        "token": np.array([1, 0, 2, -1]),
        "ids": np.array([5, 6, 7, 8, 9, 10, 11, 12, 13]),
        "lengths": np.array([3, 4, 2]),
    }
    causal = ActivationCache(Path(), [EMBEDDING], True, **columns, untrained=None, checksums={})
    ids, lengths = causal.tokens_seen()
    assert ids.tolist() == [5, 6, 8, 9, 10, 12, 13]
    assert lengths.tolist() == [2, 3, 2]
    both_ways = ActivationCache(Path(), [EMBEDDING], False, **columns, untrained=None, checksums={})
    assert both_ways.tokens_seen()[0].tolist() == columns["ids"].tolist()


def test_missing_files_are_those_that_the_manifest_names(cache: Path) -> None:
    assert missing_files(cache) == []
    gone = [layer_file(cache.parent, PLACES[1]), cache.parent / "tokens.safetensors"]
    for path in gone:
        path.unlink()
    (cache.parent / "other.safetensors").touch()
    assert sorted(missing_files(cache)) == sorted(gone)


def test_an_unreadable_manifest_misses_itself(cache: Path) -> None:
    cache.write_text("{")
    assert missing_files(cache) == [cache]
    assert discard_incomplete(cache) == [cache]
    assert not cache.exists()


def test_an_incomplete_cache_loses_its_manifest_and_keeps_its_layers(cache: Path) -> None:
    gone = layer_file(cache.parent, PLACES[2])
    gone.unlink()
    assert discard_incomplete(cache) == [gone]
    assert not cache.exists()
    assert has_layer(cache.parent, PLACES[1], request())


def test_a_complete_cache_is_kept_and_none_is_none(cache: Path, tmp_path: Path) -> None:
    before = cache.read_bytes()
    assert discard_incomplete(cache) == []
    assert cache.read_bytes() == before
    assert discard_incomplete(tmp_path / "elsewhere" / MANIFEST) == []


def flipped(path: Path) -> None:
    """Change the last byte, which is one of the numbers."""
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def test_numbers_that_were_altered_are_not_read(cache: Path) -> None:
    flipped(layer_file(cache.parent, PLACES[1]))
    opened = open_cache(cache)
    assert np.array_equal(opened.read(PLACES[0]), np.zeros((4, 3)))
    told = refusal(lambda: opened.read(PLACES[1]))
    assert told.startswith(f"{layer_file(cache.parent, PLACES[1])}: not what its manifest names; ")


def test_a_layer_of_another_place_is_not_read(cache: Path) -> None:
    layer_file(cache.parent, PLACES[2]).replace(layer_file(cache.parent, PLACES[0]))
    told = refusal(lambda: open_cache(cache).read(PLACES[0]))
    assert f"{PLACES[0].stem}.safetensors: not what its manifest names" in told


def test_tokens_that_were_altered_are_not_read(cache: Path) -> None:
    flipped(cache.parent / "tokens.safetensors")
    told = refusal(lambda: open_cache(cache))
    assert told.startswith(f"{cache.parent / 'tokens.safetensors'}: not what its manifest names; ")


def test_a_folder_in_place_of_the_inner_manifest_is_named(cache: Path) -> None:
    content = json.loads(cache.read_text())
    content["untrained"] = {"manifest": "untrained/manifest.json", "reason": None}
    cache.write_text(json.dumps(content))
    inner = cache.parent / "untrained" / MANIFEST
    inner.mkdir(parents=True)
    assert refusal(lambda: discard_incomplete(cache)) == (
        f"{inner}: can't be written (Is a directory); mend that and run again"
    )
    inner.rmdir()
    assert discard_incomplete(cache) == [inner]
    assert not cache.exists()
