"""The cache inside a cache: what the same model computes before any training."""

import json
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from probesteer.activations import shards
from probesteer.activations.cache import (
    ActivationCache,
    discard_incomplete,
    layer_file,
    missing_files,
    open_cache,
)
from probesteer.activations.extraction import fill_cache
from probesteer.activations.merging import merge_caches, remove_part
from probesteer.activations.reading import Reading
from probesteer.errors import ProbesteerError
from probesteer.files.digests import file_digest
from probesteer.models.inputs import TextInputs
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import places_of
from probesteer.models.tokens import tokenize
from probesteer.models.untrained import reinitialise
from probesteer.places import EMBEDDING, Place
from tests.tiny_models import TEXTS
from tests.unit.activations.filling import (
    ORIGIN,
    Stopped,
    fill,
    one_at_a_time,
    request,
    rows_of,
    stop_after,
)

Load = Callable[[str], LoadedModel]


def fill_both(
    loaded: LoadedModel,
    folder: Path,
    position: str = "last",
    part: tuple[int, int] | None = None,
    batch_tokens: int = 40,
) -> ActivationCache:
    """Fill a cache with one inside; part: one of so many jobs."""
    tokens = tokenize(loaded, TEXTS, "text")
    rows = rows_of(tokens, position)
    reading = Reading(TextInputs(tokens.ids), rows, Path("examples.csv"), np.arange(len(TEXTS)))
    if part is not None:
        reading = reading.part(*part)
    places = places_of(len(loaded.blocks), ["resid_post"])
    asked = request(position=position)
    fill_cache(loaded, reading, places, folder, asked, batch_tokens, ORIGIN, untrained=True)
    return open_cache(folder / "manifest.json")


def digests(folder: Path) -> dict[str, str]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): file_digest(file) for file in files}


def inside(cache: ActivationCache) -> ActivationCache:
    assert cache.untrained is not None
    return cache.untrained


@pytest.mark.parametrize("position", ["last", "mean", "all", "span"])
@pytest.mark.parametrize("kind", ["gpt2", "llama", "bert"])
def test_it_is_what_the_untrained_model_gives_for_each_text_alone(
    kind: str, position: str, load_tiny: Load, tmp_path: Path
) -> None:
    cache = fill_both(load_tiny(kind), tmp_path, position)
    model = load_tiny(kind)
    trained = one_at_a_time(model, position)
    reinitialise(model)
    for place, rows in one_at_a_time(model, position).items():
        np.testing.assert_allclose(inside(cache).read(place), rows, atol=1e-6)
        assert np.abs(rows - trained[place]).max() > 0.1
    assert inside(cache).folder == tmp_path / "untrained"
    assert inside(cache).places == cache.places and inside(cache).causal == cache.causal
    for name in ("example", "token", "ids", "lengths"):
        np.testing.assert_array_equal(getattr(inside(cache), name), getattr(cache, name))
    assert inside(cache).untrained is None


def test_the_cache_around_it_is_the_same_to_the_byte(load_tiny: Load, tmp_path: Path) -> None:
    fill(load_tiny("gpt2"), tmp_path / "alone", request())
    fill_both(load_tiny("gpt2"), tmp_path / "both")
    alone, both = digests(tmp_path / "alone"), digests(tmp_path / "both")
    around = {name: digest for name, digest in both.items() if not name.startswith("untrained/")}
    assert around.pop("manifest.json") != alone.pop("manifest.json")
    assert around == alone
    first, second = (
        json.loads((tmp_path / name / "manifest.json").read_text()) for name in ("alone", "both")
    )
    assert first.pop("untrained") == {"manifest": None, "reason": None}
    assert second.pop("untrained") == {"manifest": "untrained/manifest.json", "reason": None}
    assert first == second
    assert open_cache(tmp_path / "alone/manifest.json").untrained is None


def test_the_same_request_gives_the_same_bytes(load_tiny: Load, tmp_path: Path) -> None:
    fill_both(load_tiny("llama"), tmp_path / "a")
    torch.rand(3)
    fill_both(load_tiny("llama"), tmp_path / "b")
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert len(digests(tmp_path / "a")) == 2 * 6


def test_neither_cache_is_taken_for_the_other(load_tiny: Load, tmp_path: Path) -> None:
    cache = fill_both(load_tiny("gpt2"), tmp_path)
    whole = digests(tmp_path)
    outer, inner = layer_file(tmp_path, EMBEDDING), layer_file(inside(cache).folder, EMBEDDING)
    content = outer.read_bytes()
    outer.write_bytes(inner.read_bytes())
    inner.write_bytes(content)
    fill_both(load_tiny("gpt2"), tmp_path)
    assert digests(tmp_path) == whole


@pytest.mark.parametrize("position", ["last", "all"])
def test_a_killed_fill_is_taken_up_in_either_cache(
    position: str, load_tiny: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "SHARD_BATCHES", 1)
    fill_both(load_tiny("gpt2"), tmp_path / "whole", position, batch_tokens=20)
    folder = tmp_path / "stopped"
    for shard in range(4):
        # The first stops are in the cache around; once it is full, the next are in the other.
        with monkeypatch.context() as patch:
            stop_after(shard, patch)
            with pytest.raises(Stopped):
                fill_both(load_tiny("gpt2"), folder, position, batch_tokens=20)
        assert not (folder / "manifest.json").exists()
    fill(load_tiny("gpt2"), folder, request(position=position), batch_tokens=20)
    (folder / "manifest.json").unlink()
    for shard in range(4):
        with monkeypatch.context() as patch:
            stop_after(shard, patch)
            with pytest.raises(Stopped):
                fill_both(load_tiny("gpt2"), folder, position, batch_tokens=20)
        assert (folder / "untrained/journal.jsonl").exists()
        assert not list(folder.rglob("manifest.json"))
    fill_both(load_tiny("gpt2"), folder, position, batch_tokens=20)
    assert digests(folder) == digests(tmp_path / "whole")


def test_only_what_is_missing_is_made_again(load_tiny: Load, tmp_path: Path) -> None:
    cache = fill_both(load_tiny("gpt2"), tmp_path)
    whole = digests(tmp_path)
    manifest, inner = tmp_path / "manifest.json", inside(cache).folder / "manifest.json"
    lost = [layer_file(inside(cache).folder, Place("resid_post", 1))]
    kept = layer_file(inside(cache).folder, EMBEDDING)
    times = kept.stat().st_mtime_ns
    assert missing_files(manifest) == []
    lost[0].unlink()
    assert missing_files(manifest) == lost
    assert discard_incomplete(manifest) == lost
    assert not manifest.exists() and not inner.exists()
    fill_both(load_tiny("gpt2"), tmp_path)
    assert digests(tmp_path) == whole
    assert kept.stat().st_mtime_ns == times
    inner.unlink()
    assert missing_files(manifest) == [inner]


def test_a_damaged_layer_is_found_and_made_again(
    load_tiny: Load, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = fill_both(load_tiny("gpt2"), tmp_path)
    whole = digests(tmp_path)
    path = layer_file(inside(cache).folder, EMBEDDING)
    damaged = bytearray(path.read_bytes())
    damaged[-1] ^= 1
    path.write_bytes(damaged)
    fill_both(load_tiny("gpt2"), tmp_path)
    assert digests(tmp_path) == whole
    said = [record.message for record in caplog.records]
    assert said == [f"{path}: truncated or altered; it is made again"]


@pytest.mark.parametrize("position", ["last", "all", "mean"])
def test_several_jobs_give_what_one_gives(position: str, load_tiny: Load, tmp_path: Path) -> None:
    whole = fill_both(load_tiny("gpt2"), tmp_path / "whole", position)
    manifests = []
    for number in range(3):
        own = tmp_path / f"part-{number}"
        fill_both(load_tiny("gpt2"), own, position, (number, 3))
        manifests.append(own / "manifest.json")
    merge_caches(manifests, tmp_path / "merged")
    merged = open_cache(tmp_path / "merged/manifest.json")
    for one, other in ((merged, whole), (inside(merged), inside(whole))):
        for name in ("example", "token", "ids", "lengths"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        for place in whole.places:
            np.testing.assert_allclose(one.read(place), other.read(place), atol=1e-5)
    assert digests(tmp_path / "merged").keys() == digests(tmp_path / "whole").keys()
    for manifest in manifests:
        remove_part(manifest)
        assert list(manifest.parent.iterdir()) == [manifest]


def test_an_altered_part_is_named(load_tiny: Load, tmp_path: Path) -> None:
    manifests = []
    for number in range(2):
        cache = fill_both(load_tiny("gpt2"), tmp_path / f"{number}", part=(number, 2))
        manifests.append(cache.folder / "manifest.json")
    path = layer_file(inside(cache).folder, EMBEDDING)
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    with pytest.raises(ProbesteerError, match="missing, truncated or altered; delete the manifest"):
        merge_caches(manifests, tmp_path / "merged")
    assert not (tmp_path / "merged/manifest.json").exists()


def test_of_quantised_weights_there_is_none(
    load_tiny: Load, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    loaded = load_tiny("gpt2")
    fill_both(load_tiny("gpt2"), tmp_path)
    loaded.model.hf_quantizer = object()
    cache = fill_both(loaded, tmp_path)
    assert cache.untrained is None and not (tmp_path / "untrained").exists()
    assert missing_files(tmp_path / "manifest.json") == []
    content = json.loads((tmp_path / "manifest.json").read_text())
    reason = "its weights are quantised"
    assert content["untrained"] == {"manifest": None, "reason": reason}
    said = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert said == [f"model gpt2: no activations of untrained weights: {reason}"]


def test_a_part_without_one_leaves_the_whole_without(load_tiny: Load, tmp_path: Path) -> None:
    first = fill_both(load_tiny("gpt2"), tmp_path / "0", part=(0, 2))
    loaded = load_tiny("gpt2")
    loaded.model.hf_quantizer = object()
    second = fill_both(loaded, tmp_path / "1", part=(1, 2))
    merge_caches([cache.folder / "manifest.json" for cache in (first, second)], tmp_path / "both")
    content = json.loads((tmp_path / "both/manifest.json").read_text())
    assert content["untrained"] == {"manifest": None, "reason": "its weights are quantised"}
    assert not (tmp_path / "both/untrained").exists()


def test_untrained_numbers_that_overflow_leave_the_others(
    load_tiny: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_large(loaded: LoadedModel) -> None:
        reinitialise(loaded)
        loaded.model.transformer.wte.weight *= 1e38
        loaded.model.transformer.wte.weight *= 1e38

    monkeypatch.setattr("probesteer.activations.extraction.reinitialise", too_large)
    cache = fill_both(load_tiny("gpt2"), tmp_path)
    assert cache.untrained is None and not (tmp_path / "untrained").exists()
    assert np.isfinite(cache.read(EMBEDDING)).all()
    content = json.loads((tmp_path / "manifest.json").read_text())
    assert "its activation at embedding of model gpt2 is not" in content["untrained"]["reason"]
