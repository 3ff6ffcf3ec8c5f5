"""A reading divided among jobs, whose caches are put together again."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from probesteer.activations.cache import open_cache
from probesteer.activations.extraction import fill_cache
from probesteer.activations.merging import merge_caches, remove_part
from probesteer.activations.reading import Reading
from probesteer.errors import ProbesteerError
from probesteer.files.digests import file_digest
from probesteer.models.inputs import TextInputs
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import places_of
from probesteer.models.tokens import tokenize
from tests.tiny_models import TEXTS
from tests.unit.activations.filling import ORIGIN, fill, request, rows_of

Load = Callable[[str], LoadedModel]


def reading_of(loaded: LoadedModel, position: str) -> Reading:
    tokens = tokenize(loaded, TEXTS, "text")
    rows = rows_of(tokens, position)
    return Reading(TextInputs(tokens.ids), rows, Path("examples.csv"), np.arange(len(TEXTS)))


def fill_parts(loaded: LoadedModel, folder: Path, position: str, count: int) -> list[Path]:
    reading, manifests = reading_of(loaded, position), []
    places = places_of(len(loaded.blocks), ["resid_post"])
    for number in range(count):
        own, asked = folder / str(number), request(position=position)
        fill_cache(loaded, reading.part(number, count), places, own, asked, 40, ORIGIN)
        manifests.append(own / "manifest.json")
    return manifests


@pytest.mark.parametrize("position", ["last", "all", "mean", "span"])
@pytest.mark.parametrize("count", [2, 3, 8])
def test_the_parts_make_the_whole(
    count: int, position: str, load_tiny: Load, tmp_path: Path
) -> None:
    loaded = load_tiny("gpt2")
    whole = fill(loaded, tmp_path / "whole", request(position=position))
    merge_caches(fill_parts(loaded, tmp_path / "parts", position, count), tmp_path / "merged")
    merged = open_cache(tmp_path / "merged/manifest.json")
    for name in ("example", "token", "ids", "lengths"):
        np.testing.assert_array_equal(getattr(merged, name), getattr(whole, name))
    assert merged.places == whole.places
    for place in whole.places:
        np.testing.assert_allclose(merged.read(place), whole.read(place), atol=1e-5)
    assert {file.name for file in merged.folder.iterdir()} == {
        file.name for file in whole.folder.iterdir()
    }


def test_parts_have_about_as_many_tokens(load_tiny: Load) -> None:
    reading = reading_of(load_tiny("gpt2"), "last")
    parts = [reading.part(number, 3) for number in range(3)]
    assert np.concatenate([part.examples for part in parts]).tolist() == list(range(len(TEXTS)))
    tokens = [int(part.inputs.lengths.sum()) for part in parts]
    longest = int(reading.inputs.lengths.max())
    assert max(tokens) - min(tokens) <= longest
    alone = [reading.part(number, len(TEXTS)) for number in range(len(TEXTS))]
    assert [part.examples.tolist() for part in alone] == [[row] for row in range(len(TEXTS))]


def test_more_parts_than_examples_are_one_line(load_tiny: Load) -> None:
    with pytest.raises(ProbesteerError) as caught:
        reading_of(load_tiny("gpt2"), "last").part(0, 9)
    assert str(caught.value) == (
        "config: activations.shards: 9 jobs for the 8 examples of examples.csv; use fewer"
    )


def test_a_fault_names_the_row_of_the_whole_file(load_tiny: Load, tmp_path: Path) -> None:
    loaded = load_tiny("gpt2")
    part = reading_of(loaded, "last").part(1, 2)
    token = int(part.inputs.ids[-1][-1])  # type: ignore[attr-defined]
    loaded.model.transformer.wte.weight.data[token] = float("nan")
    places = places_of(len(loaded.blocks), ["resid_post"])
    with pytest.raises(ProbesteerError, match=r"^examples\.csv: row [5-9]: its activation at emb"):
        fill_cache(loaded, part, places, tmp_path, request(), 40, ORIGIN)


def test_an_altered_part_is_named(load_tiny: Load, tmp_path: Path) -> None:
    loaded = load_tiny("gpt2")
    manifests = fill_parts(loaded, tmp_path / "parts", "last", 2)
    layer = manifests[1].parent / "resid_post.001.safetensors"
    content = bytearray(layer.read_bytes())
    content[-1] ^= 1
    layer.write_bytes(content)
    with pytest.raises(ProbesteerError) as caught:
        merge_caches(manifests, tmp_path / "merged")
    assert str(caught.value) == (
        f"{layer}: missing, truncated or altered; delete the manifest beside it and run again"
    )
    assert not (tmp_path / "merged/manifest.json").exists()


def test_parts_of_another_request_are_named(load_tiny: Load, tmp_path: Path) -> None:
    loaded = load_tiny("gpt2")
    one = fill_parts(loaded, tmp_path / "one", "last", 2)
    other = fill_parts(loaded, tmp_path / "other", "mean", 2)
    with pytest.raises(ProbesteerError, match=r"1/manifest\.json: answers another request; delete"):
        merge_caches([one[0], other[1]], tmp_path / "merged")


def test_the_files_of_the_parts_go(load_tiny: Load, tmp_path: Path) -> None:
    loaded = load_tiny("gpt2")
    manifests = fill_parts(loaded, tmp_path / "parts", "last", 2)
    merge_caches(manifests, tmp_path / "merged")
    digests = {file: file_digest(file) for file in (tmp_path / "merged").iterdir()}
    for manifest in manifests:
        remove_part(manifest)
        assert list(manifest.parent.iterdir()) == [manifest]
    assert {file: file_digest(file) for file in (tmp_path / "merged").iterdir()} == digests
