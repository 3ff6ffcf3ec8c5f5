"""What is stored is what the model computes for each text alone, in the order of the examples."""

import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch import Tensor

from probesteer.activations.cache import layer_file, open_cache
from probesteer.errors import ProbesteerError
from probesteer.files.digests import file_digest
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import places_of
from probesteer.models.tokens import tokenize
from probesteer.places import EMBEDDING, Place
from tests.tiny_models import TEXTS, WIDTH
from tests.unit.activations.filling import ORIGIN, fill, one_at_a_time, request, rows_of

Load = Callable[[str], LoadedModel]


@pytest.mark.parametrize("position", ["last", "mean", "all", "span", "1", "-2"])
@pytest.mark.parametrize("kind", ["gpt2", "llama", "bert"])
def test_it_is_what_transformers_gives_for_each_text_alone(
    kind: str, position: str, load_tiny: Load, tmp_path: Path
) -> None:
    loaded = load_tiny(kind)
    cache = fill(loaded, tmp_path, request(position=position))
    expected = one_at_a_time(loaded, position)
    assert cache.places == list(expected)
    for place, rows in expected.items():
        stored = cache.read(place)
        assert stored.shape == rows.shape == (len(cache.example), WIDTH)
        # Texts differ by much more than this, so a wrong order shows.
        np.testing.assert_allclose(stored, rows, atol=1e-5)


@pytest.mark.parametrize("position", ["last", "mean", "all"])
def test_rows_say_which_example_and_token_they_are(
    position: str, load_tiny: Load, tmp_path: Path
) -> None:
    loaded = load_tiny("llama")
    cache = fill(loaded, tmp_path, request(position=position))
    tokens = tokenize(loaded, TEXTS, "text")
    lengths = [len(ids) for ids in tokens.ids]
    assert sorted(lengths) != lengths  # batches are not in the order of the examples
    assert cache.lengths.tolist() == lengths
    assert np.array_equal(cache.ids, np.concatenate(tokens.ids))
    if position == "all":  # token 0 is <s>
        pairs = [(text, token) for text, length in enumerate(lengths) for token in range(1, length)]
    else:
        last = [length - 1 if position == "last" else -1 for length in lengths]
        pairs = list(enumerate(last))
    assert list(zip(cache.example.tolist(), cache.token.tolist(), strict=True)) == pairs


@pytest.mark.parametrize("position", ["last", "mean", "all"])
@pytest.mark.parametrize("batch_tokens", [1, 25, 4096])
def test_the_size_of_batches_does_not_matter(
    position: str, batch_tokens: int, load_tiny: Load, tmp_path: Path
) -> None:
    loaded = load_tiny("gpt2")
    whole = fill(loaded, tmp_path / "a", request(position=position))
    other = fill(loaded, tmp_path / "b", request(position=position), batch_tokens=batch_tokens)
    for place in whole.places:
        np.testing.assert_allclose(whole.read(place), other.read(place), atol=1e-5)


def test_resid_pre_of_a_block_is_resid_post_of_the_one_before(
    load_tiny: Load, tmp_path: Path
) -> None:
    cache = fill(load_tiny("gpt2"), tmp_path, request(), ("resid_pre", "resid_post"))
    assert cache.places == places_of(3, ["resid_pre", "resid_post"])
    for layer in (1, 2):
        before = cache.read(Place("resid_post", layer - 1))
        assert np.array_equal(cache.read(Place("resid_pre", layer)), before)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_numbers_are_stored_in_the_dtype_asked_for(
    dtype: str, load_tiny: Load, tmp_path: Path
) -> None:
    loaded = load_tiny("gpt2")
    exact = fill(loaded, tmp_path / "exact", request())
    cache = fill(loaded, tmp_path / dtype, request(dtype=dtype))
    for place in cache.places:
        with safe_open(layer_file(cache.folder, place), "pt") as stored:
            tensor = stored.get_tensor("activations")
        assert tensor.dtype == getattr(torch, dtype)
        rounded = torch.from_numpy(exact.read(place).copy()).to(tensor.dtype)
        assert torch.equal(tensor, rounded)
        assert np.array_equal(cache.read(place).astype(np.float32), rounded.float().numpy())


def test_the_same_request_gives_the_same_bytes(load_tiny: Load, tmp_path: Path) -> None:
    for name in ("a", "b"):
        fill(load_tiny("llama"), tmp_path / name, request(position="mean"))
    first, second = (sorted((tmp_path / name).iterdir()) for name in ("a", "b"))
    assert [file.name for file in first] == [file.name for file in second]
    assert len(first) == 6  # four places, the tokens, the manifest
    assert [file_digest(file) for file in first] == [file_digest(file) for file in second]


class Counter:
    """Counts what runs in a model."""

    def __init__(self, loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
        from probesteer.activations import extraction

        self.read: set[Place] = set()
        original = extraction._read_layers

        def counted(loaded: LoadedModel, tokens: object, rows: object, places: list[Place],
                    *more: object) -> dict[Place, Tensor]:  # fmt: skip
            self.read.update(places)
            return original(loaded, tokens, rows, places, *more)  # type: ignore[arg-type]

        monkeypatch.setattr(extraction, "_read_layers", counted)


def digests(folder: Path) -> dict[str, str]:
    return {file.name: file_digest(file) for file in folder.iterdir()}


def test_a_full_cache_is_left_as_it_is(
    load_tiny: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load_tiny("gpt2")
    cache = fill(loaded, tmp_path, request())
    before, times = digests(tmp_path), layer_times(tmp_path, cache.places)
    counter = Counter(loaded, monkeypatch)
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
    counter = Counter(loaded, monkeypatch)
    fill(loaded, tmp_path, request(position="mean"))
    assert counter.read == {gone}
    assert digests(tmp_path) == before


@pytest.mark.parametrize("damage", ["body", "end", "truncated", "header", "empty"])
def test_a_damaged_layer_is_found_and_made_again(
    damage: str, load_tiny: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
    counter = Counter(loaded, monkeypatch)
    fill(loaded, tmp_path, request())
    assert counter.read == {EMBEDDING}
    assert digests(tmp_path) == before


@pytest.mark.parametrize(
    "field", ["model", "model_dtype", "tokenizer", "template", "dtype", "texts", "code"]
)
def test_another_request_is_never_taken_for_this_one(
    field: str, load_tiny: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load_tiny("gpt2")
    cache = fill(loaded, tmp_path, request())
    counter = Counter(loaded, monkeypatch)
    fill(loaded, tmp_path, request(**{field: "float16" if field == "dtype" else "other"}))
    assert counter.read == set(cache.places)


def test_another_position_is_another_request(load_tiny: Load, tmp_path: Path) -> None:
    loaded = load_tiny("gpt2")
    last = fill(loaded, tmp_path, request()).read(EMBEDDING).copy()
    mean = fill(loaded, tmp_path, request(position="mean")).read(EMBEDDING)
    assert not np.allclose(last, mean)
    np.testing.assert_allclose(mean, one_at_a_time(loaded, "mean")[EMBEDDING], atol=1e-5)


def test_more_places_are_added_to_those_that_are_there(
    load_tiny: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load_tiny("gpt2")
    before = fill(loaded, tmp_path, request())
    counter = Counter(loaded, monkeypatch)
    after = fill(loaded, tmp_path, request(), ("resid_pre", "resid_post"))
    assert counter.read == set(after.places) - set(before.places)
    assert len(counter.read) == 2


def test_a_number_that_is_not_finite_names_layer_and_example(
    load_tiny: Load, tmp_path: Path
) -> None:
    loaded = load_tiny("gpt2")
    loaded.model.transformer.h[1].mlp.c_fc.bias[0] = math.nan
    with pytest.raises(ProbesteerError) as caught:
        fill(loaded, tmp_path, request())
    assert str(caught.value) == (
        "examples.csv: row 2: its activation at layer 1 of model gpt2 is not finite; "
        "try dtype=float32 for the model and the activations"
    )
    assert list(tmp_path.iterdir()) == []


def test_of_a_faulty_token_the_example_is_named(load_tiny: Load, tmp_path: Path) -> None:
    loaded = load_tiny("llama")
    [red] = loaded.tokenizer.convert_tokens_to_ids(["red"])
    loaded.model.model.embed_tokens.weight[red] = math.inf
    [faulty] = [number for number, text in enumerate(TEXTS) if re.search(r"\bred\b", text)]
    assert faulty > 0
    with pytest.raises(ProbesteerError, match=f"row {faulty + 2}: its activation at embedding of"):
        fill(loaded, tmp_path, request(position="all"))


def test_a_stored_dtype_that_overflows_is_found(load_tiny: Load, tmp_path: Path) -> None:
    loaded = load_tiny("gpt2")
    loaded.model.transformer.wte.weight *= 1e6
    with pytest.raises(ProbesteerError, match="at embedding of model gpt2 is not finite; try"):
        fill(loaded, tmp_path, request(dtype="float16"))


def test_a_fill_that_fails_leaves_no_manifest(
    load_tiny: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Layers that are written stay, and the next fill goes on with the others."""
    from probesteer.activations import extraction

    loaded = load_tiny("gpt2")
    original = extraction._write_layer
    written: list[Place] = []

    def fail_at_the_third(folder: Path, place: Place, *more: object) -> None:
        if len(written) == 2:
            raise OSError("No space left on device")
        written.append(place)
        original(folder, place, *more)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(extraction, "_write_layer", fail_at_the_third)
        with pytest.raises(OSError, match="No space left"):
            fill(loaded, tmp_path, request())
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        f"{place.stem}.safetensors" for place in sorted(written, key=lambda place: place.stem)
    ]
    counter = Counter(loaded, monkeypatch)
    cache = fill(loaded, tmp_path, request())
    assert counter.read == set(cache.places) - set(written)


def test_no_hook_stays_in_the_model(load_tiny: Load, tmp_path: Path) -> None:
    loaded = load_tiny("gpt2")
    fill(loaded, tmp_path, request())
    assert all(not block._forward_hooks and not block._forward_pre_hooks for block in loaded.blocks)


def test_the_manifest_says_what_was_proven(load_tiny: Load, tmp_path: Path) -> None:
    import json

    loaded = load_tiny("gpt2")
    cache = fill(loaded, tmp_path, request())
    content = json.loads((tmp_path / "manifest.json").read_text())
    assert content["origin"] == ORIGIN
    assert content["request_digest"] == request().digest
    assert content["request"]["position"] == "last"
    assert (content["rows"], content["width"]) == (len(TEXTS), WIDTH)
    assert content["contract"]["places"] == [place.stem for place in cache.places]
    assert content["contract"]["batch_difference"] <= content["contract"]["tolerance"]
    assert open_cache(tmp_path / "manifest.json").places == cache.places


def test_rows_match_the_concepts_own_rows(load_tiny: Load, tmp_path: Path) -> None:
    loaded = load_tiny("opt")
    cache = fill(loaded, tmp_path, request(position="all"))
    rows = rows_of(tokenize(loaded, TEXTS, "text"), "all")
    assert np.array_equal(cache.example, rows.example)
    assert np.array_equal(cache.token, rows.token)
