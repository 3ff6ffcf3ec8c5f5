"""What is stored is what the model computes for each text alone, in the order of the examples."""

import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

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


def test_another_position_is_another_request(load_tiny: Load, tmp_path: Path) -> None:
    loaded = load_tiny("gpt2")
    last = fill(loaded, tmp_path, request()).read(EMBEDDING).copy()
    mean = fill(loaded, tmp_path, request(position="mean")).read(EMBEDDING)
    assert not np.allclose(last, mean)
    np.testing.assert_allclose(mean, one_at_a_time(loaded, "mean")[EMBEDDING], atol=1e-5)


def test_a_number_that_is_not_finite_names_layer_and_example(
    load_tiny: Load, tmp_path: Path
) -> None:
    loaded = load_tiny("gpt2")
    loaded.model.transformer.h[1].mlp.c_fc.bias[0] = math.nan
    with pytest.raises(ProbesteerError) as caught:
        fill(loaded, tmp_path / "cache", request())
    # Row 4 is the longest text, and so the first batch.
    assert str(caught.value) == (
        "examples.csv: row 4: its activation at layer 1 of model gpt2 is not finite; "
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


def test_a_model_that_padding_leaks_into_is_read_without(load_tiny: Load, tmp_path: Path) -> None:
    loaded = load_tiny("bert")
    encoder = loaded.model.base_model
    without_mask = encoder.forward
    encoder.forward = lambda input_ids, attention_mask=None, **options: without_mask(
        input_ids=input_ids, **options
    )
    cache = fill(loaded, tmp_path, request(), batch_tokens=100)
    for place, expected in one_at_a_time(loaded, "last").items():
        np.testing.assert_allclose(cache.read(place), expected, atol=1e-5)
